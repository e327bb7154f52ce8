#include "command.h"
#include "format.h"
#include "output.h"

#include <engine/bench.h>
#include <engine/runtime.h>

namespace commands {

namespace {

struct DataBenchCommand {
    engine::DataBenchRequest request;
    std::string file, model;
    std::string dtype = "f32";
};

int bench_data(const DataBenchCommand& command, Session& session) {
    auto request = command.request;
    request.file = command.file;
    request.model = session.workbench().resolve_model(command.model).value();
    request.precision = engine::precision_from(command.dtype).value();
    if (request.shape.starts_with("builtin:"))
        request.shape = session.workbench().resolve_model(request.shape).value().string();
    engine::prepare_compute_thread();
    const auto result = engine::bench_data(request).value();
    if (session.json) {
        print_json({{"rows", result.rows},
                    {"tokens_per_row", result.tokens_per_row},
                    {"padded_length", request.padded_length},
                    {"load_ms", result.load_ms},
                    {"collate_us", result.collate_us},
                    {"packed_ms", result.packed_ms},
                    {"padded_ms", result.padded_ms},
                    {"packed_tokens_per_second", result.packed_tokens_per_second},
                    {"padded_tokens_per_second", result.padded_tokens_per_second},
                    {"speedup", result.speedup},
                    {"largest_loss_difference", result.largest_loss_difference}});
        return 0;
    }
    Facts facts;
    facts.add("Rows",
              count_text(result.rows) + " of " + number_text(result.tokens_per_row) + " tokens on average");
    facts.add("Tokenising", number_text(result.load_ms) + " ms");
    facts.add("A batch", number_text(result.collate_us) + " us to put together");
    facts.add("Packed", number_text(result.packed_tokens_per_second) + " tokens of text/s, " +
                            number_text(result.packed_ms) + " ms a step");
    facts.add("Padded to " + std::to_string(request.padded_length),
              number_text(result.padded_tokens_per_second) + " tokens of text/s, " +
                  number_text(result.padded_ms) + " ms a step");
    facts.add("Gain", number_text(result.speedup, 3) + " times; the losses agree to " +
                          number_text(result.largest_loss_difference, 2));
    facts.print();
    return 0;
}

}  // namespace

void add_bench_data(CLI::App* bench, Action& action) {
    auto options = std::make_shared<DataBenchCommand>();
    auto& request = options->request;
    auto* command = bench->add_subcommand(
        "data",
        "Training steps on a file's rows laid end to end against the same rows filled up to one length");
    command->add_option("file", options->file, "Training data")->required();
    command->add_option("--model", options->model, "Model folder or builtin:NAME with the tokenizer")
        ->required();
    command->add_option("--shape", request.shape,
                        "gpt2, gpt2-medium, ... or a model folder (default: the model)");
    command->add_option("--template", request.prompt_template,
                        "Text in front of the completion, with {prompt}");
    command->add_option("--targets", request.targets, "Matrices to adapt (default q,v)");
    command->add_option("--rank", request.rank, "Rank (default 4)");
    command->add_option("--batch-size", request.batch_size, "Rows per step (default 8)");
    command->add_option("--padded-length", request.padded_length,
                        "Tokens per row when filled up (default 512)");
    command->add_option("--steps", request.steps,
                        "Timed steps of each kind after one to warm up (default 3)");
    command->add_option("--dtype", options->dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", request.device, "auto, cpu or cuda:N (default auto)");
    on_run(command, action, options, bench_data);
}

}  // namespace commands
