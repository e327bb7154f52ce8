#include "command.h"
#include "format.h"
#include "output.h"

#include <engine/compute.h>

namespace commands {

namespace {

struct ClassifyCommand {
    std::string model;
    std::string adapter;
    std::string text;
    std::optional<std::string> second;
    std::string dtype = "f32";
    engine::ClassifyRequest request;
};

int classify(const ClassifyCommand& command, Session& session) {
    auto& workbench = session.workbench();
    auto request = command.request;
    request.model = workbench.resolve_model(command.model).value();
    if (!command.adapter.empty()) request.adapter = workbench.resolve_adapter(command.adapter).value().path;
    request.precision = engine::precision_from(command.dtype).value();
    request.texts = {{command.text, command.second}};
    const auto results = engine::classify(request).value();
    const engine::Classified& result = results.front();
    Json scores = Json::object();
    Facts facts;
    std::string labels;
    for (const auto& score : result.scores) scores[score.name] = score.value;
    for (const auto& label : result.labels) labels += (labels.empty() ? "" : ", ") + label;
    if (session.json) {
        print_json({{"labels", result.labels}, {"scores", scores}});
        return 0;
    }
    if (!labels.empty()) facts.add("label", labels);
    for (const auto& score : result.scores) facts.add(score.name, number_text(score.value, 4));
    facts.print();
    return 0;
}

}  // namespace

void add_classify(CLI::App& app, Action& action) {
    auto options = std::make_shared<ClassifyCommand>();
    auto* command = app.add_subcommand("classify", "Labels, or the number, that a classifier gives a text");
    command->add_option("model", options->model, "Model folder")->required();
    command->add_option("--adapter", options->adapter, "Catalog id, name or PEFT folder");
    command->add_option("--text", options->text, "The text, or the first of a pair")->required();
    command->add_option("--second", options->second, "The second text of a pair");
    command->add_option("--seq-len", options->request.seq_len, "Longest text in tokens (default 512, or the context)");
    command->add_option("--dtype", options->dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", options->request.device, "auto, cpu or cuda:N (default auto)");
    on_run(command, action, options, classify);
}

}  // namespace commands
