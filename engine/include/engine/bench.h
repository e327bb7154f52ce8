// Measurements of this machine: matrix products and training steps. Synchronous; call on a compute thread.
#pragma once

#include "engine/experiment_spec.h"

namespace engine {

struct GemmBenchRequest {
    int64_t m = 1024, k = 768, n = 3072;
    Precision precision = Precision::f32;
    std::string device = "auto";
    int64_t repeats = 20;
};
struct GemmBenchResult {
    double median_ms = 0;
    double min_ms = 0;
    double max_ms = 0;
    double gemm_gflops = 0;  // 2·m·k·n / median
};
Result<GemmBenchResult> bench_gemm(const GemmBenchRequest& request);

struct TrainBenchRequest {
    std::string shape = "gpt2";     // shape_names(), or a model folder
    std::string targets = "q,v";
    int64_t rank = 4;
    int64_t batch_size = 4;
    int64_t seq_len = 256;
    int64_t steps = 5;              // timed, after one warm-up
    double trained_fraction = 1.0;  // of the tokens that carry a label
    Method method = Method::lora;
    Precision precision = Precision::f32;
    std::string device = "auto";
};
struct TrainBenchResult {
    double tokens_per_second = 0;  // median
    double step_ms = 0;            // median
    double step_ms_min = 0;
    double step_ms_max = 0;
    double forward_ms = 0, backward_ms = 0, optimizer_ms = 0;  // medians
    int64_t peak_memory_bytes = 0;
    double flops_per_step = 0;     // counted: matrix products that the step cannot avoid
    double gemm_gflops = 0;        // measured here at the model's own shapes
    double fraction_of_gemm = 0;   // flops_per_step / step time / gemm rate
};
Result<TrainBenchResult> bench_train(const TrainBenchRequest& request);

}  // namespace engine
