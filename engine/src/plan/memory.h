// Forecast of the peak memory of a run.
//
// What the automatic differentiation keeps was counted operation by operation for this engine's training step
// (model/decoder.cpp, model/ops.cpp); Korthikanti et al. 2022 (arXiv:2205.05198, section 4) do the same for
// another one. A frozen matrix keeps no input, so what is kept depends on which matrices carry an adapter,
// and layers below the lowest adapter keep nothing.
#pragma once

#include <engine/plan.h>

#include <cstdint>
#include <vector>

namespace engine {

// Checked on 2 cores by counting the live allocations of real steps (GPT-2 small 4x256 and 1x1024, smaller
// GPT-2 and Llama shapes, adapters on q,v and on everything, full training): the counted part is within 5 %.
struct MemoryCoefficients {
    // Values kept per token and layer, each in multiples of its width.
    double layer_norm_inputs = 2;  // of hidden_size: what the two norms read
    double rms_norm_inputs = 4;    // the same and its scaled form
    double attention = 1;          // of q, k and v together: operands of the score product
    double probabilities = 1;      // of heads * seq_len
    double mlp_plain = 1;          // of intermediate_size: before the activation
    double mlp_gated = 3;          // gate, its activation, up
    double trained_input = 1;      // what a trained matrix reads; one copy for q, k, v and one for gate, up
    double mask_bytes = 1;         // of seq_len^2 per layer
    // Held by the one layer that is being computed backwards, while the logits are gone.
    double live_probabilities = 3;
    double live_hidden = 4;
    double live_mlp = 3;
    // Rows of logits that exist at once (cross_entropy_rows in model/ops.cpp), and copies of them.
    std::int64_t logit_rows = 256;
    double logit_copies = 3;
    double hidden_copies = 3;        // of hidden_size per token: last norm, picked rows, their gradient
    double full_head_gradients = 3;  // of [vocab, hidden]: full training builds the head's gradient whole
    double activation_bytes = 4;
    double adapter_bytes = 8;    // value and gradient
    double optimizer_bytes = 8;  // two moments
    // The C library's heap keeps what a step freed (runtime.cpp keeps it there on purpose, for speed) and
    // fragments: measured 1.5 to 1.85 of what is live. A GPU's allocator wastes little.
    double cpu_allocator = 1.85;
    double cuda_allocator = 1.1;
    double cpu_overhead = 200e6;   // program, libtorch, buffers of the matrix products
    double cuda_overhead = 900e6;  // context, kernels, workspaces
};

// selected: the matrices that carry adapters (none with Method::full). trainable: values trained.
MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               const std::vector<const MatrixInfo*>& selected,
                               const MemoryCoefficients& coefficients = {});

}  // namespace engine
