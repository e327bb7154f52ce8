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
    // Rows of logits that exist at once (model/cross_entropy.cpp).
    std::int64_t logit_rows = 176;
    // Of hidden_size in f32 per token: what the last norm reads, its result, the trained rows, their gradient.
    double head_inputs = 4;
    // While one layer runs backwards: of intermediate_size, and of hidden_size in f32.
    double live_inner = 3, live_hidden = 8;
    // Of [vocab, hidden] in f32: a trained head's gradient is built beside the one that is kept.
    double full_head_gradients = 2.5;
    // Freed blocks kept for the next step (runtime/tensor_memory.cpp) and malloc's heap, at most.
    double cpu_cache = 56e6;
    // What making the adapters took stays in malloc's heap, as much as their moments take but at most this.
    double cpu_setup = 64e6;
    double cpu_overhead = 207e6;   // program, libtorch, buffers of the matrix products
    double cuda_allocator = 1.1;   // of what is live
    double cuda_overhead = 900e6;  // context, kernels, workspaces
};

// selected: the matrices that carry adapters (none with Method::full). trainable: values trained.
MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               const std::vector<const MatrixInfo*>& selected,
                               const MemoryCoefficients& coefficients = {});

}  // namespace engine
