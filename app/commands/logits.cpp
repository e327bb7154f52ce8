#include "command.h"
#include "output.h"

namespace commands {

namespace {

struct LogitsCommand {
    std::string model;
    std::string adapter;
    std::string input;
    std::string output;
    std::string dtype = "f32";
    std::string device = "auto";
};

engine::LogitsRequest request_from(const LogitsCommand& command, Session& session) {
    auto& workbench = session.workbench();
    engine::LogitsRequest request;
    request.model = workbench.resolve_model(command.model).value();
    if (!command.adapter.empty()) request.adapter = workbench.resolve_adapter(command.adapter).value().path;
    request.input = command.input;
    request.output = command.output;
    request.precision = engine::precision_from(command.dtype).value();
    request.device = command.device;
    engine::prepare_compute_thread();
    return request;
}

int report(const LogitsCommand& command, Session& session) {
    if (session.json)
        print_json({{"out", command.output}});
    else
        print_line("Written: " + command.output);
    return 0;
}

int logits(const LogitsCommand& command, Session& session) {
    (void)engine::compute_logits(request_from(command, session)).value();
    return report(command, session);
}

int gradients(const LogitsCommand& command, Session& session) {
    (void)engine::compute_gradients(request_from(command, session)).value();
    return report(command, session);
}

void add_options(CLI::App* command, LogitsCommand& options) {
    command->add_option("model", options.model, "Model folder or builtin:NAME")->required();
    command->add_option("--out", options.output, "Safetensors file to write")->required();
    command->add_option("--dtype", options.dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", options.device, "auto, cpu or cuda:N (default auto)");
}

}  // namespace

void add_logits(CLI::App& app, Action& action) {
    auto options = std::make_shared<LogitsCommand>();
    auto* command = app.add_subcommand("logits", "Compute the logits of a batch of token ids");
    add_options(command, *options);
    command->add_option("--adapter", options->adapter, "Catalog id, name or PEFT folder");
    command->add_option("--input", options->input, "Safetensors with input_ids and optional attention_mask")
        ->required();
    on_run(command, action, options, logits);

    auto gradient_options = std::make_shared<LogitsCommand>();
    auto* gradient =
        app.add_subcommand("gradients", "Compute the loss and its gradients at an adapter's values");
    add_options(gradient, *gradient_options);
    gradient->add_option("--adapter", gradient_options->adapter, "Catalog id, name or PEFT folder")
        ->required();
    gradient
        ->add_option("--input", gradient_options->input,
                     "Safetensors with input_ids, labels, optional attention_mask")
        ->required();
    on_run(gradient, action, gradient_options, gradients);
}

}  // namespace commands
