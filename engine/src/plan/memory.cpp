#include "plan/memory.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>

namespace engine {
namespace {

// Which inputs of a layer are kept because something that reads them is trained.
struct TrainedInputs {
    bool attention = false, output = false, mlp = false, down = false;
    double fused_rows = 0;  // of slices of larger stored matrices
};

std::vector<TrainedInputs> trained_inputs(const ModelInfo& model, bool full,
                                          const std::vector<const MatrixInfo*>& selected) {
    std::vector<TrainedInputs> layers(static_cast<std::size_t>(model.layers), {full, full, full, full});
    for (const MatrixInfo* matrix : selected) {
        TrainedInputs& layer = layers[static_cast<std::size_t>(matrix->layer)];
        if (matrix->fused) layer.fused_rows += static_cast<double>(matrix->out_features);
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

// Whether the activation is a part of the operation of the last matrix (model/fused_projections.h).
bool gelu_in_down(const ModelInfo& model, const ExperimentSpec& spec) {
    const bool gated = std::find(model.kinds.begin(), model.kinds.end(), "gate") != model.kinds.end();
    return model.activation == "gelu_tanh" && !gated && !spec.device.starts_with("cuda") && !spec.lora.use_dora && spec.base_type == BaseType::as_computed;
}

// Bytes that one token leaves behind in one layer for the backward pass.
double kept_by_layer(const ModelInfo& model, const ExperimentSpec& spec, const TrainedInputs& trained,
                     double scores) {
    const bool cuda = spec.device.starts_with("cuda");
    const double hidden = static_cast<double>(model.hidden_size),
                 inner = static_cast<double>(model.intermediate_size);
    const double q = static_cast<double>(model.heads * model.head_dim),
                 kv = static_cast<double>(model.kv_heads * model.head_dim);
    const bool gated = std::find(model.kinds.begin(), model.kinds.end(), "gate") != model.kinds.end();
    const bool fused =
        std::any_of(model.matrices.begin(), model.matrices.end(),
                    [](const MatrixInfo& matrix) { return matrix.kind == "q" && matrix.fused; });
    const double value = spec.precision == Precision::bf16 ? 2 : 4;  // what lies between two products
    // The attention of the CPU reads bf16 as the product leaves it.
    const double head_value = !model.encoder && (cuda || model.head_norms) ? 4 : value;
    double bytes = 4 * hidden * (model.parallel_block ? 1 : 2);  // what the norms read
    bytes += head_value * (q + 2 * kv);
    // Turned or normalised copies of q and k, beside the product that v is a part of (interleaved, v is a
    // copy as well).
    if (model.rotary && fused && model.family != "gpt_neox") bytes += head_value * (q + kv);
    if (model.head_norms) bytes += 4 * (q + kv);
    bytes += value * inner * (gated ? 2 : 1);
    if (gated && model.activation != "silu")
        bytes += value * inner;  // the activation is an operation of its own
    if (trained.output) bytes += head_value * q;
    // What down reads: ReLU keeps it anyway, and its own operation computes GELU again.
    if (trained.down && model.activation != "relu" && !gelu_in_down(model, spec)) bytes += value * inner;
    // Without a kernel that walks the keys, every score is kept: raw, masked and as a weight.
    if (cuda && !model.encoder) bytes += 4 * scores * 3;
    if (model.encoder) {
        // The norms come behind the sums: what reads their results keeps them.
        bytes += 4 * static_cast<double>(model.heads);  // the logarithm of each row's sum
        if (trained.attention) bytes += 4 * hidden;
        if (trained.mlp) bytes += 4 * hidden;
    }
    if (spec.base_type != BaseType::as_computed) {
        // Products on such a base are operations of their own: the adapters keep what they read, in f32.
        if (trained.attention) bytes += 4 * hidden;
        if (trained.mlp) bytes += 4 * hidden;
        if (trained.output) bytes += (4 - head_value) * q;
        if (trained.down) bytes += (4 - value) * inner;
        // What is not adapted of a fused product holds all of it, beside the sums of what is.
        double fused_rows = 0;
        for (const MatrixInfo& matrix : model.matrices)
            if (matrix.layer == 0 && matrix.fused) fused_rows += static_cast<double>(matrix.out_features);
        if (value == 4 && trained.fused_rows < fused_rows) bytes += 4 * trained.fused_rows;
    }
    return bytes;
}

// Bytes of the frozen matrices of the layers in 8 or 4 bits (model/quantized.h), and their values.
struct QuantizedWeights {
    double bytes = 0, values = 0;
    double largest = 0;  // values of the largest one, which a product has whole beside it
};

QuantizedWeights quantized_weights(const ModelInfo& model, BaseType type) {
    std::map<std::string, double> sizes, rows;  // slices of a stored matrix are one
    for (const MatrixInfo& matrix : model.matrices) {
        sizes[matrix.name] += static_cast<double>(matrix.in_features) * static_cast<double>(matrix.out_features);
        rows[matrix.name] += static_cast<double>(matrix.out_features);
    }
    QuantizedWeights sum;
    for (const auto& [name, values] : sizes) {
        // int8: a scale for each row. nf4: for 64 values one byte, for 256 of these a scale.
        sum.bytes += type == BaseType::int8 ? values + 4 * rows[name] : values * (0.5 + 1.0 / 64 + 4.0 / (64 * 256));
        sum.values += values;
        sum.largest = std::max(sum.largest, values);
    }
    return sum;
}

// Of the attention of an encoder with relative positions (model/encoder.cpp, model/text_rows.cpp).
struct RelativeBytes {
    double kept = 0;  // in each layer: the positions as its keys' and queries' projections make them, in f32
    double live = 0;  // while the scores of some texts are computed again
    double again = 0;  // beside it where the layer around them is computed again as well
};

RelativeBytes relative_bytes(const ModelInfo& model, double batch, double seq_len, bool cuda, const MemoryCoefficients& c) {
    if (!model.encoder || (model.relative_span == 0 && !cuda)) return {};
    const double heads = static_cast<double>(model.heads), span = static_cast<double>(model.relative_span);
    const double rows = std::min(2 * span, 2 * seq_len);
    const double of_a_text = heads * seq_len * std::max(rows, seq_len);
    const double texts = std::clamp(std::floor((cuda ? c.cuda_scores : c.relative_scores) / of_a_text), 1.0, std::max(1.0, batch));
    return {4 * c.kept_positions * rows * heads * static_cast<double>(model.head_dim * model.relative_tables),
            4 * texts * (c.live_positions * of_a_text + c.live_scores * heads * seq_len * seq_len),
            4 * heads * static_cast<double>(model.head_dim) * (3 * batch * seq_len + 2 * rows * static_cast<double>(model.relative_tables))};
}

}  // namespace

MemoryForecast forecast_memory(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t trainable,
                               const std::vector<const MatrixInfo*>& selected, const MemoryCoefficients& c) {
    const auto bytes = [](double value) { return std::int64_t{std::llround(std::clamp(value, 0.0, 1e18))}; };
    const bool full = spec.method == Method::full, cuda = spec.device.starts_with("cuda");
    const std::int64_t seq_len = std::min(spec.data.seq_len, model.max_positions);
    const double tokens = static_cast<double>(spec.batch_size) * static_cast<double>(seq_len);
    const double hidden = static_cast<double>(model.hidden_size),
                 inner = static_cast<double>(model.intermediate_size);
    const double scores = static_cast<double>(model.heads) * static_cast<double>(seq_len);
    const RelativeBytes relative =
        relative_bytes(model, static_cast<double>(spec.batch_size), static_cast<double>(seq_len), cuda, c);
    const double value = spec.precision == Precision::bf16 ? 2 : 4;

    double graph_bytes = 0, layers = 0;
    double again_bytes = 0;  // of the layer that keeps most when it is computed again
    std::int64_t recomputed = 0;
    // A trained bias, embedding or norm may lie below every adapter: then the graph spans all layers.
    const bool whole = !spec.lora.modules_to_save.empty() || spec.lora.bias == TrainBias::all;
    for (const TrainedInputs& layer : trained_inputs(model, full, selected)) {
        if (layers == 0 && !whole && !layer.attention && !layer.output && !layer.mlp && !layer.down) continue;
        layers += 1;
        const double kept = tokens * kept_by_layer(model, spec, layer, scores) + relative.kept;
        // The lowest of them has no gradient to pass on and is kept; the others, from there up, as the spec says.
        const bool again = layers > (whole || full ? 0 : 1) && recomputed < spec.recompute_layers;
        recomputed += again ? 1 : 0;
        graph_bytes += again ? tokens * 4 * hidden : kept;
        if (again) again_bytes = std::max(again_bytes, kept + relative.again);
    }
    if (!full) {
        for (const MatrixInfo* matrix : selected) {
            graph_bytes += tokens * 4 * static_cast<double>(spec.lora.rank);  // x A^T
            // DoRA goes the plain way: the product, the scaled sum, and what it read.
            if (spec.lora.use_dora)
                graph_bytes +=
                    tokens * 4 * static_cast<double>(2 * matrix->out_features + matrix->in_features);
        }
    }
    const bool gated = std::find(model.kinds.begin(), model.kinds.end(), "gate") != model.kinds.end();
    const double in_mlp = tokens * (gated ? 3 : gelu_in_down(model, spec) ? 1 : 2) * value * inner;
    const double in_block = recomputed > 0 && relative.live > 0 ? in_mlp + relative.live : std::max(in_mlp, relative.live);
    const double live_bytes =
        in_block + tokens * (c.live_hidden * 4 * hidden + (cuda && !model.encoder ? 3 * 4 * scores : 0));
    // A convolution keeps its sum in front of the norm, and multiplies copies of its weight.
    if (model.convolution_values > 0) graph_bytes += tokens * 4 * hidden + 2 * 4 * static_cast<double>(model.convolution_values);
    const double vocabulary = static_cast<double>(model.labels > 0 ? model.labels : model.vocab_size);
    double logit_bytes = std::min(tokens * value, c.logit_column_bytes) * vocabulary;
    // A head that is trained has a gradient of its own size, built beside the one that is kept.
    const auto is_head = [](const std::string& module) {
        return module.ends_with("head") || module == "embed_out";
    };
    const auto& saved = spec.lora.modules_to_save;
    if (full || std::any_of(saved.begin(), saved.end(), is_head))
        logit_bytes += c.full_head_gradients * vocabulary * hidden * 4;
    // Full training multiplies bf16 copies of its f32 weights, of the head the largest, whose gradient is bf16 at first.
    if (full && value < 4) logit_bytes += 2 * value * vocabulary * hidden;
    const double head_bytes = tokens * 4 * c.head_inputs * hidden;
    const double allocator = cuda ? c.cuda_allocator : 1;
    // Full training keeps float32 weights whatever the matrix products use.
    const double weight_bytes = full ? 4 : value;

    MemoryForecast m;
    const QuantizedWeights quantized =
        spec.base_type == BaseType::as_computed || full ? QuantizedWeights{} : quantized_weights(model, spec.base_type);
    m.weights =
        bytes(weight_bytes * (static_cast<double>(model.total_params) - quantized.values) + quantized.bytes);
    // The values of a fully trained model are its weights, already counted: only gradients come on top.
    m.adapters = bytes((full ? 4.0 : 8.0) * static_cast<double>(trainable));
    m.optimizer = bytes(8.0 * static_cast<double>(trainable));
    // The logits are gone before the first layer runs backwards, and the graph before the update, which has the squares of the
    // gradients beside them: only what exceeds what was there before counts.
    const double at_head = logit_bytes + head_bytes, in_layer = again_bytes + live_bytes;
    const double at_update = 4 * static_cast<double>(trainable) - graph_bytes;
    m.activations = bytes(allocator * (graph_bytes + value * quantized.largest +
                                       std::max({0.0, in_layer - at_head, at_update - at_head})));
    m.logits = bytes(allocator * at_head);
    m.evaluation = bytes(allocator * (live_bytes + tokens * 4 * hidden + logit_bytes));
    const double kept_blocks = std::min(full ? c.cpu_cache_full : c.cpu_cache, graph_bytes + logit_bytes);
    double largest = 0;
    for (const MatrixInfo& matrix : model.matrices)
        largest = std::max(largest, 4 * static_cast<double>(matrix.in_features) * static_cast<double>(matrix.out_features));
    const double texts = spec.data.train_path.empty() ? 0 : c.cpu_texts;
    const double packed = value < 4 ? c.cpu_packed_bf16 : std::min(c.cpu_packed_f32, 6 * largest) + c.inner_packed * tokens * 4 * inner;
    const double of_adapters = full ? 0 : c.cpu_adapters * static_cast<double>(trainable);
    m.overhead = bytes(cuda ? c.cuda_overhead : c.cpu_overhead + texts + kept_blocks + packed + of_adapters);
    // A step and an evaluation never hold memory at the same time.
    m.total =
        m.weights + m.adapters + m.optimizer + std::max(m.activations + m.logits, m.evaluation) + m.overhead;
    return m;
}

}  // namespace engine
