#include "command.h"
#include "format.h"
#include "timing_json.h"

#include <engine/runtime.h>

namespace commands {

namespace {

std::string rate_text(const engine::KernelRow& row) {
    if (row.gflops > 0)
        return number_text(row.gflops) + " GFLOP/s, " + number_text(100 * row.fraction_of_gemm, 3) +
               " % of the products";
    return number_text(row.gb_per_second) + " GB/s, " + number_text(100 * row.fraction_of_memory, 3) +
           " % of memory";
}

int bench_kernels(const engine::KernelBenchRequest& given, Session& session) {
    auto request = given;
    if (request.shape.starts_with("builtin:"))
        request.shape = session.workbench().resolve_model(request.shape).value().string();
    engine::prepare_compute_thread();
    const auto result = engine::bench_kernels(request).value();
    if (session.json) {
        Json rows = Json::array();
        for (const auto& row : result.rows)
            rows.push_back({{"name", row.name},
                            {"training", row.training},
                            {"ours", timing_json(row.ours)},
                            {"aten", timing_json(row.aten)},
                            {"speedup", row.speedup},
                            {"gflops", row.gflops},
                            {"fraction_of_gemm", row.fraction_of_gemm},
                            {"gb_per_second", row.gb_per_second},
                            {"fraction_of_memory", row.fraction_of_memory}});
        print_json({{"shape", request.shape},
                    {"batch_size", request.batch_size},
                    {"seq_len", request.seq_len},
                    {"gemm_gflops", result.gemm_gflops},
                    {"memory_gb_per_second", result.memory_gb_per_second},
                    {"kernels", rows}});
        return 0;
    }
    Table table({"Operation", "Pass", "Ours", "ATen", "Gain", "Rate"});
    for (const auto& row : result.rows)
        table.add({row.name, row.training ? "forward and backward" : "forward",
                   number_text(row.ours.median_ms) + " ms", number_text(row.aten.median_ms) + " ms",
                   number_text(row.speedup, 3) + " times", rate_text(row)});
    table.print();
    Facts facts;
    facts.add("Products", number_text(result.gemm_gflops) + " GFLOP/s on their own");
    facts.add("Memory", number_text(result.memory_gb_per_second) + " GB/s");
    facts.print();
    return 0;
}

}  // namespace

void add_bench_kernels(CLI::App* bench, Action& action) {
    auto request = std::make_shared<engine::KernelBenchRequest>();
    auto* command =
        bench->add_subcommand("kernels", "Each operation of a step against the same in libtorch's own");
    command->add_option("--shape", request->shape,
                        "gpt2, gpt2-medium, ..., builtin:NAME or a model folder (default gpt2)");
    command->add_option("--batch-size", request->batch_size, "Rows (default 4)");
    command->add_option("--seq-len", request->seq_len, "Tokens per row (default 256)");
    command->add_option("--repeats", request->repeats, "Timed rounds after one to warm up (default 7)");
    on_run(command, action, request, bench_kernels);
}

}  // namespace commands
