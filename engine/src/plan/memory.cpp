#include "plan/memory.h"

#include <algorithm>
#include <cmath>

namespace engine {

MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               int lowest_layer, const MemoryCoefficients& c) {
    const auto bytes = [](double value) { return static_cast<std::int64_t>(std::llround(value)); };
    const std::int64_t seq_len = std::min(spec.data.seq_len, model.max_positions);
    const double tokens = static_cast<double>(spec.batch_size) * static_cast<double>(seq_len);
    const double q_width = static_cast<double>(model.heads * model.head_dim);
    const double kv_width = static_cast<double>(model.kv_heads * model.head_dim);
    const bool gated = std::find(model.kinds.begin(), model.kinds.end(), "gate") != model.kinds.end();

    const double per_token =
        c.hidden * static_cast<double>(model.hidden_size) + c.attention * (q_width + 2 * kv_width) +
        c.context * q_width +
        (gated ? c.mlp_gated : c.mlp_plain) * static_cast<double>(model.intermediate_size) +
        c.probabilities * static_cast<double>(model.heads) * static_cast<double>(seq_len);
    const double layer_bytes = tokens * per_token * c.activation_bytes;
    const double graph_layers = static_cast<double>(model.layers - lowest_layer);
    const double logit_copy = tokens * static_cast<double>(model.vocab_size) * c.logit_bytes;

    MemoryForecast m;
    const bool full = spec.method == Method::full;
    // Full training keeps float32 weights whatever the matrix products use.
    const double weight_bytes = spec.precision == Precision::bf16 && !full ? 2 : 4;
    m.weights = bytes(weight_bytes * static_cast<double>(model.total_params));
    // The values of a fully trained model are its weights, already counted: only gradients come on top.
    m.adapters = bytes((full ? c.adapter_bytes / 2 : c.adapter_bytes) * static_cast<double>(trainable));
    m.optimizer = bytes(c.optimizer_bytes * static_cast<double>(trainable));
    m.activations = bytes(c.allocator * layer_bytes * (graph_layers + c.live_layer));
    m.logits = bytes(c.allocator * c.logits * logit_copy);
    m.evaluation = bytes(c.allocator * (layer_bytes * c.live_layer + c.evaluation_logits * logit_copy));
    m.overhead = bytes(spec.device.starts_with("cuda") ? c.cuda_overhead : c.cpu_overhead);
    // A step and an evaluation never hold memory at the same time.
    m.total =
        m.weights + m.adapters + m.optimizer + std::max(m.activations + m.logits, m.evaluation) + m.overhead;
    return m;
}

}  // namespace engine
