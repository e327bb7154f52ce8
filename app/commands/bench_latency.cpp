#include "command.h"
#include "format.h"
#include "timing_json.h"

#include <engine/runtime.h>

namespace commands {

namespace {

struct LatencyCommand {
    engine::LatencyBenchRequest request;
    std::string dtype = "f32";
};

std::string change_text(double ratio) {
    const double percent = 100 * (ratio - 1);
    return (percent < 0 ? "" : "+") + number_text(percent, 2) + " %";
}

int bench_latency(const LatencyCommand& command, Session& session) {
    auto request = command.request;
    request.precision = engine::precision_from(command.dtype).value();
    if (request.shape.starts_with("builtin:"))
        request.shape = session.workbench().resolve_model(request.shape).value().string();
    engine::prepare_compute_thread();
    const auto result = engine::bench_latency(request).value();
    if (session.json) {
        Json rows = Json::array();
        for (const auto& row : result.rows)
            rows.push_back({{"context", row.context},
                            {"tokens", row.tokens},
                            {"base", timing_json(row.base)},
                            {"merged", timing_json(row.merged)},
                            {"unmerged", timing_json(row.unmerged)},
                            {"merged_to_base", row.merged_to_base},
                            {"unmerged_to_merged", row.unmerged_to_merged}});
        print_json({{"shape", request.shape},
                    {"batch_size", request.batch_size},
                    {"step_ms", result.step_ms},
                    {"tokens_per_second", result.tokens_per_second},
                    {"peak_memory_bytes", result.peak_memory_bytes},
                    {"token_bytes", result.token_bytes},
                    {"memory_gb_per_second", result.memory_gb_per_second},
                    {"fraction_of_memory", result.fraction_of_memory},
                    {"rows", rows}});
        return 0;
    }
    Table table({"Tokens", "Behind", "Base", "Merged", "Unmerged", "Unmerged to merged"});
    for (const auto& row : result.rows)
        table.add({std::to_string(row.tokens), std::to_string(row.context),
                   number_text(row.base.median_ms) + " ms", number_text(row.merged.median_ms) + " ms",
                   number_text(row.unmerged.median_ms) + " ms", change_text(row.unmerged_to_merged)});
    table.print();
    Facts facts;
    facts.add("Speed", number_text(result.tokens_per_second) + " tokens/s");
    facts.add("Peak memory", bytes_text(result.peak_memory_bytes) + " (base and a merged copy)");
    if (result.memory_gb_per_second > 0)
        facts.add("Reading", bytes_text(static_cast<int64_t>(result.token_bytes)) + " a token, at " +
                                 number_text(100 * result.fraction_of_memory, 3) + " % of the " +
                                 number_text(result.memory_gb_per_second) + " GB/s that memory gives");
    facts.print();
    return 0;
}

}  // namespace

void add_bench_latency(CLI::App* bench, Action& action) {
    auto options = std::make_shared<LatencyCommand>();
    auto& request = options->request;
    auto* command = bench->add_subcommand(
        "latency", "Time to the next token: base, adapter merged into it, adapter beside it");
    command->add_option("--shape", request.shape,
                        "gpt2, gpt2-medium, ..., builtin:NAME or a model folder (default gpt2)");
    command->add_option("--targets", request.targets, "Matrices with an adapter (default q,v)");
    command->add_option("--rank", request.rank, "Rank (default 4)");
    command->add_option("--batch-size", request.batch_size, "Rows at a time (default 1)");
    command->add_option("--seq-len", request.lengths, "Lengths to measure (default 512,256,128)")
        ->delimiter(',');
    command->add_option("--tokens", request.tokens, "Single tokens behind each length (default 4)");
    command->add_option("--repeats", request.repeats, "Timed rounds after one to warm up (default 7)");
    command->add_option("--dtype", options->dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", request.device, "auto, cpu or cuda:N (default auto)");
    on_run(command, action, options, bench_latency);
}

}  // namespace commands
