// Measurements of this machine: matrix products and training steps. Synchronous; call on a compute thread.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/experiment_spec.h"

namespace engine {

struct Timing {
    double median_ms = 0, min_ms = 0, max_ms = 0;
};

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
    double gemm_gflops = 0;    // 2·m·k·n / median: of the fastest library in libtorch
    double engine_gflops = 0;  // of the product that the engine uses, which may be that one
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
    BaseType base_type = BaseType::as_computed;  // with Method::lora
    int64_t recompute_layers = 0;
    std::string device = "auto";
};
struct TrainBenchResult {
    double tokens_per_second = 0;  // median
    double step_ms = 0;            // median
    double step_ms_min = 0;
    double step_ms_max = 0;
    double forward_ms = 0, backward_ms = 0, optimizer_ms = 0;  // medians
    int64_t peak_memory_bytes = 0;
    int64_t memory_floor_bytes = 0;  // MemoryForecast::floor (plan.h)
    double flops_per_step = 0;     // counted: matrix products that the step cannot avoid
    double gemm_gflops = 0, engine_gflops = 0;  // measured here at the model's own shapes, see GemmBenchResult
    double fraction_of_gemm = 0, fraction_of_engine = 0;  // flops_per_step / step time / each rate
};
Result<TrainBenchResult> bench_train(const TrainBenchRequest& request);

// A step of each of several adapters over one base: batches stacked as runs that train together stack them, against the same
// batches one by one, in turn.
struct TogetherBenchRequest {
    TrainBenchRequest step;  // of each adapter; Method::lora
    int64_t adapters = 8;
    int64_t stacked_tokens = 0;  // in one pass at most; 0: as runs do
};
struct TogetherBenchResult {
    int64_t stacked_tokens = 0;
    Timing together, in_turn;  // all adapters
    double together_tokens_per_second = 0, in_turn_tokens_per_second = 0;  // medians
    double speedup = 0;                                                    // median of the rounds' own ratios
    int64_t memory_of_one_bytes = 0;  // peak while one adapter trained
    int64_t peak_memory_bytes = 0;    // peak with all of them
};
Result<TogetherBenchResult> bench_together(const TogetherBenchRequest& request);

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

// Time to the next token of the base, of base and adapter merged, and of the adapter beside the base, in turn (Hu et al. 2021,
// arXiv:2106.09685, Table 1 compares these). Random weights.
struct LatencyBenchRequest {
    std::string shape = "gpt2";  // shape_names(), or a model folder
    std::string targets = "q,v";
    int64_t rank = 4;
    int64_t batch_size = 1;
    std::vector<int64_t> lengths = {512, 256, 128};
    int64_t repeats = 7;  // timed, after one to warm up
    int64_t tokens = 4;   // one after the other in a repeat, behind each length
    Precision precision = Precision::f32;
    std::string device = "auto";
};
struct LatencyRow {
    int64_t context = 0;  // tokens in the cache of keys and values
    int64_t tokens = 0;   // new ones in one pass; logits of the last
    Timing base, merged, unmerged;
    double merged_to_base = 0, unmerged_to_merged = 0;  // medians of the rounds' own ratios
};
struct LatencyBenchResult {
    std::vector<LatencyRow> rows;   // for each length the whole of it at once, then single tokens behind it
    double step_ms = 0;             // a token of the base behind the last length
    double tokens_per_second = 0;   // the same
    int64_t peak_memory_bytes = 0;  // base and merged copy
    double token_bytes = 0;         // of weights that a token has to read
    double memory_gb_per_second = 0, fraction_of_memory = 0;  // CPU: what reading gives here, and the token's part of it
};
Result<LatencyBenchResult> bench_latency(const LatencyBenchRequest& request);

// The operations of a step on their own, each against the same in ATen's operations, in turn, on the CPU in f32.
struct KernelBenchRequest {
    std::string shape = "gpt2";  // shape_names(), or a model folder
    int64_t batch_size = 4;
    int64_t seq_len = 256;
    int64_t repeats = 7;  // timed, after one to warm up
};
struct KernelRow {
    std::string name;
    bool training = false;  // forward and backward; otherwise forward without a graph
    Timing ours, aten;
    double speedup = 0;                              // of the medians
    double gflops = 0, fraction_of_gemm = 0;         // where products are the limit, else 0
    double gb_per_second = 0, fraction_of_memory = 0;  // where reading and writing is, else 0
};
struct KernelBenchResult {
    double gemm_gflops = 0;           // measured here at the model's own shapes
    double memory_gb_per_second = 0;  // of reading, measured here
    std::vector<KernelRow> rows;
};
Result<KernelBenchResult> bench_kernels(const KernelBenchRequest& request);

}  // namespace engine
