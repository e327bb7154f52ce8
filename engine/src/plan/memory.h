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

struct MemoryCoefficients {
    // Values kept per token and layer, each in multiples of its width.
    double norm_inputs = 2;    // of hidden_size: what the two norms read
    double attention = 1;      // of q, k and v together: operands of the score product
    double probabilities = 1;  // of heads * seq_len
    double mlp_plain = 1;      // of intermediate_size: before the activation
    double mlp_gated = 3;      // gate, its activation, up
    // Kept only for a matrix that is trained: what q k v read, o, the MLP's inputs, down, each once.
    double trained_input = 1;
    // Held by the one layer that is being computed, forwards or backwards.
    double live_probabilities = 3;
    double live_hidden = 6;
    double live_mlp = 3;
    // Rows of logits that exist at once, and copies of them: logits, exponentials.
    std::int64_t logit_rows = 256;
    double logit_copies = 2;
    double hidden_copies = 3;  // of hidden_size per token: last norm, picked rows, their gradient
    double activation_bytes = 4;
    double adapter_bytes = 8;      // value and gradient
    double optimizer_bytes = 8;    // two moments
    double cpu_overhead = 300e6;   // program, libtorch, buffers of the matrix products
    double cuda_overhead = 900e6;  // context, kernels, workspaces
    double allocator = 1.05;       // rounding and fragmentation
};

// selected: the matrices that carry adapters (none with Method::full). trainable: values trained.
MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               const std::vector<const MatrixInfo*>& selected,
                               const MemoryCoefficients& coefficients = {});

}  // namespace engine
