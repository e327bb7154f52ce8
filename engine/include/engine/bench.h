// Measurements of this machine: matrix products and training steps. Synchronous; call on a compute thread.
#pragma once

#include <filesystem>

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

// The rows of a file as training takes them, laid end to end, against the same rows each filled up to one length: the same
// step, in turn.
struct DataBenchRequest {
    std::filesystem::path file;
    std::filesystem::path model;  // folder with the tokenizer and, for conversations, the chat template
    std::string shape;            // of the step: shape_names() or a model folder; empty: model
    std::string prompt_template = "{prompt}\n";
    std::string targets = "q,v";
    int64_t rank = 4;
    int64_t batch_size = 8;
    int64_t padded_length = 512;  // longer rows are cut to it
    int64_t steps = 3;            // timed, after one warm-up
    Precision precision = Precision::f32;
    std::string device = "auto";
};
struct DataBenchResult {
    int64_t rows = 0;
    double tokens_per_row = 0;
    double load_ms = 0;     // reading and tokenising the file, without a cache
    double collate_us = 0;  // putting a batch together, median over an epoch
    double packed_ms = 0, padded_ms = 0;                                // medians of a step
    double packed_tokens_per_second = 0, padded_tokens_per_second = 0;  // of text; padding is not counted; medians
    double speedup = 0;                                                 // median of the steps' own ratios
    double largest_loss_difference = 0;  // between the two, relative
};
Result<DataBenchResult> bench_data(const DataBenchRequest& request);

}  // namespace engine
