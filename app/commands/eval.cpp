#include "command.h"
#include "format.h"
#include "output.h"
#include "spec_options.h"

#include <engine/compute.h>

#include <algorithm>

namespace commands {

namespace {

struct EvalCommand {
    std::string model;
    std::string adapter;
    std::vector<std::string> metrics{"loss", "perplexity"};
    std::optional<std::string> prompt_template, chat_template;
    std::optional<int64_t> seq_len;
    engine::EvaluateRequest request;
    std::string dtype = "f32";
};

struct Metric {
    const char* name;
    const char* definition;
    double engine::EvaluateResult::*value;
};
constexpr Metric known_metrics[] = {{"loss",
                                     "negative log-likelihood (natural logarithm) summed over the trained "
                                     "tokens, then divided by their number",
                                     &engine::EvaluateResult::loss},
                                    {"perplexity", "exp(loss)", &engine::EvaluateResult::perplexity}};

const Metric& find_metric(const std::string& name) {
    for (const auto& metric : known_metrics)
        if (name == metric.name) return metric;
    engine::fail_input("Metric '" + name + "' (--metrics) is not known. It may be loss or perplexity.");
}

int eval(const EvalCommand& command, Session& session) {
    std::vector<Metric> metrics;
    for (const auto& name : command.metrics) metrics.push_back(find_metric(name));
    auto& workbench = session.workbench();
    auto request = command.request;
    request.model = workbench.resolve_model(command.model).value();
    request.seq_len = default_seq_len(workbench, command.model);
    request.cache_dir = workbench.paths().token_cache_dir();
    if (!command.adapter.empty()) {
        const auto adapter = workbench.resolve_adapter(command.adapter).value();
        request.adapter = adapter.path;
        request.chat_template = engine::carried_chat_template(adapter.path);
        if (adapter.spec) {  // rows cut and framed as in training
            request.prompt_template = adapter.spec->data.prompt_template;
            request.seq_len = adapter.spec->data.seq_len;
        }
    }
    if (command.prompt_template) request.prompt_template = *command.prompt_template;
    if (command.chat_template) request.chat_template = *command.chat_template;
    if (command.seq_len) request.seq_len = *command.seq_len;
    request.precision = engine::precision_from(command.dtype).value();
    engine::prepare_compute_thread();
    const auto result = engine::evaluate(request, session.stop_token()).value();

    Json values = Json::object(), definitions = Json::object();
    Facts facts;
    for (const auto& metric : metrics) {
        if (!result.metrics.empty() && metric.name == std::string("perplexity")) continue;
        values[metric.name] = result.*metric.value;
        definitions[metric.name] = metric.definition;
        facts.add(metric.name, number_text(result.*metric.value, 6));
    }
    // A classifier: its loss is the mean over rows, and other figures say how good it is.
    if (!result.metrics.empty() && definitions.contains("loss")) definitions["loss"] = "mean over the rows, as in training";
    for (const auto& metric : result.metrics) {
        values[metric.name] = metric.value;
        facts.add(metric.name, number_text(metric.value, 6));
    }
    if (session.json) {
        print_json({{"metrics", values},
                    {"definitions", definitions},
                    {"rows", result.rows},
                    {"tokens", result.tokens}});
        return 0;
    }
    facts.add("rows", count_text(result.rows));
    facts.add("tokens", count_text(result.tokens));
    facts.print();
    return 0;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
    auto options = std::make_shared<EvalCommand>();
    auto& request = options->request;
    auto* command = app.add_subcommand("eval", "Loss and perplexity, or the figures of a classifier, on a data file");
    command->add_option("model", options->model, "Model folder or builtin:NAME")->required();
    command->add_option("--data", request.data, "Data file")->required();
    command->add_option("--adapter", options->adapter, "Catalog id, name or PEFT folder");
    command->add_option("--metrics", options->metrics, "loss, perplexity (default both)")->delimiter(',');
    command->add_option("--template", options->prompt_template,
                        "Text in front of the completion, with {prompt}");
    command->add_option("--chat-template", options->chat_template,
                        "Jinja file for conversations (default: the adapter's or the model's own)");
    command->add_option("--seq-len", options->seq_len, "Longest row in tokens");
    command->add_option("--batch-size", request.batch_size, "Rows at a time (default 8)");
    command->add_option("--dtype", options->dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", request.device, "auto, cpu or cuda:N (default auto)");
    on_run(command, action, options, eval);
}

}  // namespace commands
