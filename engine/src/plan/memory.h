// Forecast of the peak memory of a run.
//
// Per layer the graph keeps, for each of the batch * seq_len tokens, some vectors of the width of the
// residual stream, of the query and key/value widths and of the MLP, and per head the attention probabilities
// (Korthikanti et al. 2022, arXiv:2205.05198, section 4, counts the same for half precision). Layers below
// the lowest adapter keep nothing. The coefficients below describe the training step of this engine.
#pragma once

#include <engine/plan.h>

#include <cstdint>

namespace engine {

struct MemoryCoefficients {
    // Values kept per token and layer, in multiples of the width.
    double hidden = 6;         // inputs of both norms, their outputs, the outputs of attention and MLP
    double attention = 2;      // of q, k and v together: after the projection and after the rotation
    double context = 1;        // of heads * head_dim: what o reads
    double mlp_plain = 2;      // of the MLP width: before and after the activation
    double mlp_gated = 4;      // gate, its activation, up, their product
    double probabilities = 2;  // of heads * seq_len: after the mask and after the softmax
    // While one layer runs backwards: gradients beside what it keeps, as a share of a layer's values.
    double live_layer = 1;
    double logits = 3;  // copies of [tokens, vocab]: logits, log-probabilities, gradient
    double evaluation_logits = 2;
    // Bytes.
    double activation_bytes = 4;  // float32 residual stream
    double logit_bytes = 4;
    double adapter_bytes = 8;      // value and gradient
    double optimizer_bytes = 8;    // two moments
    double cpu_overhead = 300e6;   // program, libtorch, BLAS buffers
    double cuda_overhead = 900e6;  // context, kernels, cuBLAS workspace
    double allocator = 1.05;       // on activations and logits: rounding and fragmentation
};

// trainable: adapter values, or all parameters for Method::full. lowest_layer: of the lowest adapter.
MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               int lowest_layer, const MemoryCoefficients& coefficients = {});

}  // namespace engine
