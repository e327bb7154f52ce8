#include "plan/memory.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace engine {
namespace {

// Which inputs of a layer are kept because something that reads them is trained.
struct TrainedInputs {
    bool attention = false, output = false, mlp = false, down = false;
};

std::vector<TrainedInputs> trained_inputs(const ModelInfo& model, bool full,
                                          const std::vector<const MatrixInfo*>& selected) {
    std::vector<TrainedInputs> layers(static_cast<std::size_t>(model.layers), {full, full, full, full});
    for (const MatrixInfo* matrix : selected) {
        TrainedInputs& layer = layers[static_cast<std::size_t>(matrix->layer)];
        if (matrix->kind == "o")
            layer.output = true;
        else if (matrix->kind == "down")
            layer.down = true;
        else if (matrix->kind == "gate" || matrix->kind == "up")
            layer.mlp = true;
        else
            layer.attention = true;
    }
    return layers;
}

}  // namespace

MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               const std::vector<const MatrixInfo*>& selected, const MemoryCoefficients& c) {
    const auto bytes = [](double value) { return std::int64_t{std::llround(std::clamp(value, 0.0, 1e18))}; };
    const bool full = spec.method == Method::full;
    const std::int64_t seq_len = std::min(spec.data.seq_len, model.max_positions);
    const double tokens = static_cast<double>(spec.batch_size) * static_cast<double>(seq_len);
    const double hidden = static_cast<double>(model.hidden_size);
    const double inner = static_cast<double>(model.intermediate_size);
    const double q_width = static_cast<double>(model.heads * model.head_dim);
    const double kv_width = static_cast<double>(model.kv_heads * model.head_dim);
    const double scores = static_cast<double>(model.heads * seq_len);
    // Gated families normalise by the root mean square.
    const bool gated = std::find(model.kinds.begin(), model.kinds.end(), "gate") != model.kinds.end();

    double kept = 0;  // values per token over all layers of the graph
    double graph_layers = 0;
    // A trained bias, embedding or norm may lie below every adapter: then the graph spans all layers.
    const bool whole = !spec.lora.modules_to_save.empty() || spec.lora.bias == TrainBias::all;
    for (const TrainedInputs& layer : trained_inputs(model, full, selected)) {
        if (graph_layers == 0 && !whole && !layer.attention && !layer.output && !layer.mlp && !layer.down) continue;
        graph_layers += 1;
        kept += (gated ? c.rms_norm_inputs : c.layer_norm_inputs) * hidden +
                c.attention * (q_width + 2 * kv_width) + c.probabilities * scores +
                (gated ? c.mlp_gated : c.mlp_plain) * inner +
                c.trained_input * (layer.attention * hidden + layer.output * q_width + layer.mlp * hidden +
                                   layer.down * inner);
    }
    if (spec.lora.use_dora && !full)  // what m multiplies
        for (const MatrixInfo* matrix : selected) kept += static_cast<double>(matrix->out_features);
    const double live = std::max(c.live_probabilities * scores + c.live_hidden * hidden,
                                 c.live_hidden * hidden + c.live_mlp * inner);
    const double value_bytes = tokens * c.activation_bytes;
    const double vocabulary = static_cast<double>(model.vocab_size);
    const double logit_rows = std::min(tokens, static_cast<double>(c.logit_rows));
    double logit_bytes = c.logit_copies * logit_rows * vocabulary * 4;
    // A head that is trained has a gradient of its own size, built beside the one that is kept.
    const auto is_head = [](const std::string& module) { return module.ends_with("head") || module == "embed_out"; };
    const auto& saved = spec.lora.modules_to_save;
    if (full || std::any_of(saved.begin(), saved.end(), is_head)) logit_bytes += c.full_head_gradients * vocabulary * hidden * 4;
    const double graph_bytes =
        value_bytes * kept + graph_layers * c.mask_bytes * static_cast<double>(seq_len * seq_len);
    const double live_bytes = value_bytes * live;
    const bool cuda = spec.device.starts_with("cuda");
    const double allocator = cuda ? c.cuda_allocator : c.cpu_allocator;
    // Full training keeps float32 weights whatever the matrix products use.
    const double weight_bytes = spec.precision == Precision::bf16 && !full ? 2 : 4;

    MemoryForecast m;
    m.weights = bytes(weight_bytes * static_cast<double>(model.total_params));
    // The values of a fully trained model are its weights, already counted: only gradients come on top.
    m.adapters = bytes((full ? c.adapter_bytes / 2 : c.adapter_bytes) * static_cast<double>(trainable));
    m.optimizer = bytes(c.optimizer_bytes * static_cast<double>(trainable));
    // The logits are gone before the first layer runs backwards: only what exceeds them counts.
    m.activations = bytes(allocator * (graph_bytes + std::max(0.0, live_bytes - logit_bytes)));
    m.logits = bytes(allocator * (logit_bytes + value_bytes * c.hidden_copies * hidden));
    m.evaluation = bytes(allocator * (live_bytes + value_bytes * hidden + logit_bytes));
    m.overhead = bytes(cuda ? c.cuda_overhead : c.cpu_overhead);
    // A step and an evaluation never hold memory at the same time.
    m.total =
        m.weights + m.adapters + m.optimizer + std::max(m.activations + m.logits, m.evaluation) + m.overhead;
    return m;
}

}  // namespace engine
