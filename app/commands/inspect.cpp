#include "command.h"
#include "format.h"
#include "output.h"

namespace commands {

namespace {

struct InspectCommand {
    std::string model;
};

Json matrix_json(const engine::MatrixInfo& matrix) {
    return {{"name", matrix.name},
            {"layer", matrix.layer},
            {"kind", matrix.kind},
            {"in_features", matrix.in_features},
            {"out_features", matrix.out_features},
            {"fused", matrix.fused}};
}

Json exports_json(const engine::ModelInfo& model) {
    Json exports = Json::array();
    if (model.path.empty()) return exports;
    const auto choices = engine::possible_exports(model.path).value();
    for (const auto& choice : choices)
        exports.push_back({{"format", engine::name_of(choice.format)},
                           {"possible", choice.possible},
                           {"reason", choice.reason.empty() ? Json() : Json(choice.reason)},
                           {"notes", choice.notes}});
    return exports;
}

Json model_json(const engine::ModelInfo& model) {
    Json matrices = Json::array();
    for (const auto& matrix : model.matrices) matrices.push_back(matrix_json(matrix));
    return {{"path", model.path.string()},
            {"architecture", model.architecture},
            {"task", model.task},
            {"family", model.family},
            {"layers", model.layers},
            {"hidden_size", model.hidden_size},
            {"intermediate_size", model.intermediate_size},
            {"heads", model.heads},
            {"kv_heads", model.kv_heads},
            {"head_dim", model.head_dim},
            {"vocab_size", model.vocab_size},
            {"max_positions", model.max_positions},
            {"total_params", model.total_params},
            {"tied_embeddings", model.tied_embeddings},
            {"dtype", model.dtype},
            {"weight_bytes", model.weight_bytes},
            {"has_weights", model.has_weights},
            {"tokenizer", model.tokenizer.empty() ? Json() : Json(model.tokenizer)},
            {"tokenizer_problem", model.tokenizer_problem.empty() ? Json() : Json(model.tokenizer_problem)},
            {"kinds", model.kinds},
            {"exports", exports_json(model)},
            {"matrices", matrices}};
}

// One line for each kind: every layer of a decoder has the same shapes.
void print_matrices(const engine::ModelInfo& model) {
    Table table({"MATRIX", "IN", "OUT", "LAYERS", "PARAMETERS AT RANK 1"});
    for (const auto& kind : model.kinds) {
        int64_t count = 0, parameters = 0;
        const engine::MatrixInfo* first = nullptr;
        for (const auto& matrix : model.matrices) {
            if (matrix.kind != kind) continue;
            if (!first) first = &matrix;
            ++count;
            parameters += engine::lora_params(matrix, 1);
        }
        if (first)
            table.add({kind + (first->fused ? " (fused)" : ""), std::to_string(first->in_features),
                       std::to_string(first->out_features), std::to_string(count), count_text(parameters)});
    }
    table.print();
}

int inspect(const InspectCommand& command, Session& session) {
    auto& workbench = session.workbench();
    const auto model = workbench.inspect(command.model).value();
    if (session.json) {
        print_json(model_json(model));
        return 0;
    }
    Facts facts;
    facts.add("Model", model.name);
    facts.add("Architecture", model.architecture);
    if (model.labels > 0)
        facts.add("Task", model.task + (model.new_head ? ", with a head that training starts anew"
                                                       : ", " + count_text(model.labels) + " labels"));
    facts.add("Layers", std::to_string(model.layers));
    facts.add("Hidden size", std::to_string(model.hidden_size));
    facts.add("Heads", std::to_string(model.heads) +
                           (model.kv_heads != model.heads
                                ? " (" + std::to_string(model.kv_heads) + " for keys and values)"
                                : ""));
    facts.add("Vocabulary", count_text(model.vocab_size));
    facts.add("Context", count_text(model.max_positions) + " tokens");
    facts.add("Parameters", count_text(model.total_params));
    facts.add("Tied embeddings", yes_no(model.tied_embeddings));
    facts.add("Weights", model.has_weights ? model.dtype + ", " + bytes_text(model.weight_bytes) : "none");
    facts.add("Tokenizer", model.tokenizer.empty() ? "none" : model.tokenizer);
    facts.add("Tokenizer problem", model.tokenizer_problem);
    if (!model.path.empty()) {
        const auto choices = engine::possible_exports(model.path).value();
        for (const auto& choice : choices) {
            std::string text = choice.possible ? "yes" : "no: " + choice.reason;
            for (const auto& note : choice.notes) text += (choice.possible && text == "yes" ? ". " : " ") + note;
            facts.add(std::string("Export as ") + engine::name_of(choice.format), text);
        }
    }
    facts.add("Folder", model.path.string());
    facts.print();
    print_line("");
    print_matrices(model);
    return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
    auto options = std::make_shared<InspectCommand>();
    auto* command = app.add_subcommand("inspect", "Say what a model folder holds, from its headers alone");
    command->add_option("model", options->model, "Model folder, builtin:NAME or shape:NAME")->required();
    on_run(command, action, options, inspect);
}

}  // namespace commands
