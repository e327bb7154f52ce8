#include "command.h"
#include "format.h"
#include "output.h"
#include "spec_options.h"
#include "timing_json.h"

#include <engine/bench.h>

namespace commands {

namespace {

struct GemmCommand {
    engine::GemmBenchRequest request;
    std::string shape;
    int64_t batch_size = 4;
    int64_t seq_len = 256;
    std::string dtype = "f32";
};

struct TrainBenchCommand {
    engine::TrainBenchRequest request;
    std::string method = "lora";
    int64_t adapters = 1;
    int64_t stacked_tokens = 0;
    std::string dtype = "f32";
    std::string base_dtype, recompute_layers;
};

int bench_gemm(const GemmCommand& command, Session& session) {
    auto request = command.request;
    request.precision = engine::precision_from(command.dtype).value();
    if (!command.shape.empty()) {  // the product of the first feed-forward matrix of that model
        const auto shape = engine::inspect_shape(command.shape).value();
        request.m = command.batch_size * command.seq_len;
        request.k = shape.hidden_size;
        request.n = shape.intermediate_size;
    }
    engine::prepare_compute_thread();
    const auto result = engine::bench_gemm(request).value();
    if (session.json) {
        print_json({{"m", request.m},
                    {"k", request.k},
                    {"n", request.n},
                    {"median_ms", result.median_ms},
                    {"min_ms", result.min_ms},
                    {"max_ms", result.max_ms},
                    {"gemm_gflops", result.gemm_gflops},
                    {"engine_gflops", result.engine_gflops}});
        return 0;
    }
    Facts facts;
    facts.add("Product", std::to_string(request.m) + " x " + std::to_string(request.k) + " x " +
                             std::to_string(request.n));
    facts.add("Time", number_text(result.median_ms) + " ms (" + number_text(result.min_ms) + " to " +
                          number_text(result.max_ms) + ")");
    facts.add("Rate", number_text(result.gemm_gflops) + " GFLOP/s by libtorch's libraries, " +
                          number_text(result.engine_gflops) + " as the engine does it");
    facts.print();
    return 0;
}

int bench_together(const engine::TogetherBenchRequest& request, Session& session) {
    const auto result = engine::bench_together(request).value();
    const double memory = static_cast<double>(result.peak_memory_bytes) / static_cast<double>(result.memory_of_one_bytes);
    if (session.json) {
        print_json({{"shape", request.step.shape},
                    {"adapters", request.adapters},
                    {"stacked_tokens", result.stacked_tokens},
                    {"together_ms", timing_json(result.together)},
                    {"in_turn_ms", timing_json(result.in_turn)},
                    {"together_tokens_per_second", result.together_tokens_per_second},
                    {"in_turn_tokens_per_second", result.in_turn_tokens_per_second},
                    {"speedup", result.speedup},
                    {"memory_of_one_bytes", result.memory_of_one_bytes},
                    {"peak_memory_bytes", result.peak_memory_bytes},
                    {"memory_ratio", memory}});
        return 0;
    }
    Facts facts;
    facts.add("Together", number_text(result.together_tokens_per_second) + " tokens/s, " +
                              number_text(result.together.median_ms) + " ms for a step of all " +
                              std::to_string(request.adapters));
    facts.add("In turn", number_text(result.in_turn_tokens_per_second) + " tokens/s, " +
                             number_text(result.in_turn.median_ms) + " ms");
    facts.add("Speed-up", number_text(result.speedup, 3));
    facts.add("Peak memory", bytes_text(result.peak_memory_bytes) + ", " + number_text(memory, 3) + " of the " +
                                 bytes_text(result.memory_of_one_bytes) + " of one");
    facts.print();
    return 0;
}

int bench_train(const TrainBenchCommand& command, Session& session) {
    auto request = command.request;
    request.method = engine::method_from(command.method).value();
    request.precision = engine::precision_from(command.dtype).value();
    if (!command.recompute_layers.empty()) request.recompute_layers = std::max<int64_t>(0, layers_from(command.recompute_layers));
    if (!command.base_dtype.empty()) request.base_type = engine::base_type_from(command.base_dtype).value();
    if (request.shape.starts_with("builtin:"))
        request.shape = session.workbench().resolve_model(request.shape).value().string();
    engine::prepare_compute_thread();
    if (command.adapters > 1) return bench_together({request, command.adapters, command.stacked_tokens}, session);
    const auto result = engine::bench_train(request).value();
    if (session.json) {
        print_json({{"shape", request.shape},
                    {"tokens_per_second", result.tokens_per_second},
                    {"step_ms", result.step_ms},
                    {"step_ms_min", result.step_ms_min},
                    {"step_ms_max", result.step_ms_max},
                    {"forward_ms", result.forward_ms},
                    {"backward_ms", result.backward_ms},
                    {"optimizer_ms", result.optimizer_ms},
                    {"peak_memory_bytes", result.peak_memory_bytes},
                    {"memory_floor_bytes", result.memory_floor_bytes},
                    {"flops_per_step", result.flops_per_step},
                    {"gemm_gflops", result.gemm_gflops},
                    {"fraction_of_gemm", result.fraction_of_gemm},
                    {"engine_gflops", result.engine_gflops},
                    {"fraction_of_engine", result.fraction_of_engine}});
        return 0;
    }
    Facts facts;
    facts.add("Speed", number_text(result.tokens_per_second) + " tokens/s");
    facts.add("Step", number_text(result.step_ms) + " ms (" + number_text(result.step_ms_min) + " to " +
                          number_text(result.step_ms_max) + ")");
    facts.add("  forward", number_text(result.forward_ms) + " ms");
    facts.add("  backward", number_text(result.backward_ms) + " ms");
    facts.add("  optimizer", number_text(result.optimizer_ms) + " ms");
    facts.add("Peak memory", bytes_text(result.peak_memory_bytes) + " (" + bytes_text(result.memory_floor_bytes) +
                                 " at least, with every layer computed twice)");
    const auto reaches = [](double gflops, double fraction) {
        return number_text(gflops) + " GFLOP/s on their own; the step reaches " + number_text(100 * fraction, 3) + " % of that";
    };
    facts.add("Products", "libtorch's libraries " + reaches(result.gemm_gflops, result.fraction_of_gemm));
    facts.add("", "the engine " + reaches(result.engine_gflops, result.fraction_of_engine));
    facts.print();
    return 0;
}

void add_gemm(CLI::App* bench, Action& action) {
    auto options = std::make_shared<GemmCommand>();
    auto& request = options->request;
    auto* command = bench->add_subcommand("gemm", "Rate of a matrix product m x k x n");
    command->add_option("--shape", options->shape,
                        "Take k and n from this model's feed-forward layer, m from the batch");
    command->add_option("--batch-size", options->batch_size, "With --shape (default 4)");
    command->add_option("--seq-len", options->seq_len, "With --shape (default 256)");
    command->add_option("--m", request.m, "Rows (default 1024)");
    command->add_option("--k", request.k, "Inner size (default 768)");
    command->add_option("--n", request.n, "Columns (default 3072)");
    command->add_option("--repeats", request.repeats, "Timed repetitions (default 20)");
    command->add_option("--dtype", options->dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", request.device, "auto, cpu or cuda:N (default auto)");
    on_run(command, action, options, bench_gemm);
}

void add_bench_train(CLI::App* bench, Action& action) {
    auto options = std::make_shared<TrainBenchCommand>();
    auto& request = options->request;
    auto* command =
        bench->add_subcommand("train", "Time of a training step beside what the matrix products alone need");
    command->add_option("--shape", request.shape,
                        "gpt2, gpt2-medium, ..., builtin:NAME or a model folder (default gpt2)");
    command->add_option("--method", options->method, "lora or full (default lora)");
    command->add_option("--targets", request.targets, "Matrices to adapt (default q,v)");
    command->add_option("--rank", request.rank, "Rank (default 4)");
    command->add_option("--adapters", options->adapters,
                        "That many over one base, together against in turn (default 1)");
    command->add_option("--stacked-tokens", options->stacked_tokens,
                        "With --adapters: tokens of one pass at most (default: as runs do)");
    command->add_option("--batch-size", request.batch_size, "Rows per step (default 4)");
    command->add_option("--seq-len", request.seq_len, "Tokens per row (default 256)");
    command->add_option("--recompute-layers", options->recompute_layers,
                        "Layers computed again in the backward pass instead of kept in memory: all or a number (default 0)");
    command->add_option("--base-dtype", options->base_dtype,
                        "int8 or nf4: the frozen matrices of the layers in 8 or 4 bits (default: as --dtype)");
    command->add_option("--steps", request.steps, "Timed steps after one to warm up (default 5)");
    command->add_option("--trained-fraction", request.trained_fraction,
                        "Of the tokens that carry a loss (default 1)");
    command->add_option("--dtype", options->dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", request.device, "auto, cpu or cuda:N (default auto)");
    on_run(command, action, options, bench_train);
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("bench", "Measure this machine");
    command->require_subcommand(1);
    add_gemm(command, action);
    add_bench_train(command, action);
    add_bench_data(command, action);
    add_bench_latency(command, action);
    add_bench_kernels(command, action);
}

}  // namespace commands
