// Forecast of the peak memory of a run.
//
// What the backward pass needs was counted operation by operation for this engine's training step
// (model/decoder.cpp, model/fused_projections.h, model/causal_attention.cpp, model/cross_entropy.cpp);
// Korthikanti et al. 2022 (arXiv:2205.05198, section 4) do the same for another one. Layers below the lowest
// adapter keep nothing.
#pragma once

#include <engine/plan.h>

#include <cstdint>
#include <vector>

namespace engine {

// Fitted to the peaks that tests/bench/memory prints beside the forecast; a forecast should never be below the peak.
struct MemoryCoefficients {
    // Of one column of the logits that exist at once: 176 rows in f32, 352 in bf16 (model/cross_entropy.cpp).
    double logit_column_bytes = 704;
    // Of hidden_size in f32 per token: what the last norm reads, its result, the trained rows, their gradient.
    double head_inputs = 4;
    // Of hidden_size in f32 per token, while one layer runs backwards.
    double live_hidden = 2;
    // Scores that exist at once where an encoder has relative positions (model/text_rows.cpp); while they are computed again and
    // walked back, how many tensors of them and how many of those with all positions.
    double relative_scores = 4 << 20, cuda_scores = 64 << 20, live_scores = 4, live_positions = 2.5;
    // Of the projected positions of a layer, with what else its many layers were measured to leave (48 of 1536, 32 of 512).
    double kept_positions = 1.75;
    // Of [vocab, hidden] in f32: a trained head's gradient is built beside the one that is kept.
    double full_head_gradients = 2;
    // Freed blocks beside the peak (runtime/tensor_memory.cpp), which counts sizes rounded up: those of whole models more.
    double cpu_cache = 17e6, cpu_cache_full = 32e6;
    double cpu_overhead = 178e6;  // 128 MB of libraries, the rest malloc's heap
    // What the matrix products copy their factors into, and what that leaves in malloc's heap: in f32 it grows with the largest
    // matrix up to this, and by the inner values of all tokens.
    double cpu_packed_f32 = 40e6, cpu_packed_bf16 = 16e6, inner_packed = 1;
    double cpu_texts = 20e6;  // what a file of texts adds: rows, tokens, batches of ever other lengths
    double cpu_adapters = 2;  // bytes of each trained value: what the products of adapters make of them
    double cuda_allocator = 1.1;   // of what is live
    double cuda_overhead = 900e6;  // context, kernels, workspaces

    // Without any allowance: what nothing gets by with less of.
    static MemoryCoefficients least() {
        MemoryCoefficients c;
        c.cpu_overhead = 160e6;
        c.cpu_cache = c.cpu_cache_full = c.cpu_adapters = 0;
        c.cpu_packed_f32 = c.cpu_packed_bf16 = c.inner_packed = c.cpu_texts = 0;
        c.kept_positions = 1;
        c.cuda_allocator = 1;
        c.cuda_overhead = 0;
        return c;
    }
};

// selected: the matrices that carry adapters (none with Method::full). trainable: values trained.
MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               const std::vector<const MatrixInfo*>& selected,
                               const MemoryCoefficients& coefficients = {});

}  // namespace engine
