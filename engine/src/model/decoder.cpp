#include "model/decoder.h"

#include <algorithm>
#include <utility>

#include "model/device_attention.h"
#include "model/encoder.h"
#include "model/recompute.h"
#include "model/slot_outputs.h"

namespace engine {
namespace {

// The position of each of the new tokens in its sequence, [T] int64 on the CPU.
at::Tensor positions_of(int64_t tokens, const ForwardOptions& options) {
    const int64_t seen = options.cache ? options.cache->length : 0;
    at::Tensor positions = at::arange(seen, seen + tokens, at::kLong);
    for (std::size_t s = 0; s + 1 < options.offsets.size(); ++s) {
        const int64_t begin = options.offsets[s];
        positions.narrow(0, begin, options.offsets[s + 1] - begin).sub_(begin);
    }
    return positions;
}

// Whether a text that grows so long has other angles from its first token on, and must be computed anew.
bool changes_angles(const RopeConfig& rope, int64_t before, int64_t after) {
    return after > rope.original_max_positions && (rope.scaling == RopeScaling::dynamic || before <= rope.original_max_positions);
}

// Each of several sequences has its own length.
RotaryTable rotary_of(const RopeConfig& rope, const at::Tensor& positions, at::IntArrayRef offsets, const c10::Device& device) {
    if (!rope.depends_on_length() || offsets.empty()) return rotary_table(rope, positions, device);
    std::vector<at::Tensor> cos, sin;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
        const RotaryTable each = rotary_table(rope, positions.narrow(0, offsets[s], offsets[s + 1] - offsets[s]), device);
        cos.push_back(each.cos);
        sin.push_back(each.sin);
    }
    return {at::cat(cos), at::cat(sin)};
}

}  // namespace

Decoder::Decoder(Architecture architecture, DecoderWeights weights, Precision precision, c10::Device device)
    : architecture_(std::move(architecture)),
      weights_(std::move(weights)),
      compute_type_(precision == Precision::bf16 ? at::kBFloat16 : at::kFloat),
      device_(device) {}

at::Tensor Decoder::embed(const at::Tensor& ids, const at::Tensor& positions,
                          const ForwardOptions& options) const {
    at::Tensor x = at::embedding(weights_.embedding, ids).to(at::kFloat);
    if (options.adapters) x = options.adapters->add_to_embedding(ids, weights_.embedding, x);
    if (architecture_.embedding_scale != 1) {
        // Rounded as the reference rounds it: to the type that it computes in.
        x = x * at::scalar_tensor(architecture_.embedding_scale).to(compute_type_).item<float>();
    }
    if (weights_.embedding_in.defined()) x = project(x, weights_.embedding_in, {}, compute_type_);
    if (architecture_.positions != PositionKind::learned) return x;
    const int64_t tokens = ids.size(1);
    if (architecture_.positions_skip_padding && options.key_mask.defined()) {
        const at::Tensor mask = options.key_mask.to(at::kLong);
        const at::Tensor counted = (mask.cumsum(1) * mask).narrow(1, mask.size(1) - tokens, tokens);
        return x + at::embedding(weights_.position_embedding, counted + (architecture_.position_offset - 1));
    }
    return x + at::embedding(weights_.position_embedding,
                             (positions + architecture_.position_offset).to(device_));
}

at::Tensor Decoder::forward(const at::Tensor& ids, const ForwardOptions& options) const {
    if (architecture_.encoder) return Encoder(architecture_, weights_, compute_type_, recompute_layers_).forward(ids, options);
    const int64_t tokens = ids.size(1);
    if (options.cache && architecture_.positions == PositionKind::rotary && architecture_.rope.depends_on_length()) {
        KeyValueCache& cache = *options.cache;
        const int64_t seen = cache.length;
        const bool known = seen == 0 || (cache.ids.defined() && cache.ids.size(1) >= seen);  // a cache may be filled otherwise
        cache.ids = !known ? at::Tensor() : seen == 0 ? ids : at::cat({cache.ids.narrow(1, 0, seen), ids}, 1);
        if (seen > 0 && known && changes_angles(architecture_.rope, seen, seen + tokens)) {
            cache.length = 0;
            const at::Tensor all = std::exchange(cache.ids, {});
            const at::Tensor x = forward(all, options);
            const int64_t wanted = options.last_only ? 1 : tokens;
            return x.narrow(1, x.size(1) - wanted, wanted);
        }
    }
    if (options.cache) options.cache->reserve(options.cache->length + tokens);
    const at::Tensor positions = positions_of(tokens, options);
    RotaryTable rotary;
    if (architecture_.positions == PositionKind::rotary)
        rotary = rotary_of(architecture_.rope, positions, options.offsets, device_);
    at::Tensor x = embed(ids, positions, options);
    if (options.hidden_states) options.hidden_states->push_back(x);
    Recomputation recomputation(recompute_layers_);
    for (int64_t index = 0; index < architecture_.layers; ++index) {
        x = recomputation.run(x, [this, index, rotary, options](const at::Tensor& in) { return layer(index, in, rotary, options); });
        if (options.hidden_states && index + 1 < architecture_.layers) options.hidden_states->push_back(x);
    }
    if (weights_.final_norm.weight.defined()) x = normalize(x, weights_.final_norm, rule());
    if (weights_.embedding_out.defined()) x = project(x, weights_.embedding_out, {}, compute_type_);
    if (options.hidden_states) options.hidden_states->push_back(x);
    if (options.cache) options.cache->length += tokens;
    return x;
}

at::Tensor Decoder::layer(int64_t layer, const at::Tensor& x, const RotaryTable& rotary, const ForwardOptions& options) const {
    const at::Tensor attended = attention(layer, x, rotary, options);
    const int64_t left = attended.size(1);  // tokens, fewer than before in the last layer with last_only
    return mlp(layer, architecture_.parallel_block ? x.narrow(1, x.size(1) - left, left) : attended, attended, options);
}

at::Tensor Decoder::attention(int64_t layer, const at::Tensor& x, const RotaryTable& rotary,
                              const ForwardOptions& options) const {
    const LayerWeights& weights = weights_.layers[layer];
    const int64_t batch = x.size(0), tokens = x.size(1);
    // The attention over whole sequences reads bf16 as it comes; everything else works in f32.
    const bool whole = (x.is_cpu() || has_device_attention()) && tokens > 1 && !options.cache && !options.key_mask.defined() &&
                       !weights.q_norm.weight.defined();
    const SlotOutputs slots(architecture_.attention_in, weights.attention_in, layer, 0,
                            {x, architecture_.post_norm ? nullptr : &weights.attention_norm, rule()},
                            {options.adapters, compute_type_, whole ? compute_type_ : at::kFloat});
    const auto heads_of = [&](const char* kind, int64_t heads, const NormWeights& each) {
        at::Tensor y = slots[kind].reshape({batch, tokens, heads, architecture_.head_dim});
        if (each.weight.defined()) y = normalize(y, each, rule());
        return y.transpose(1, 2);  // [B, heads, T, D]
    };
    at::Tensor q = heads_of("q", architecture_.heads, weights.q_norm);
    at::Tensor k = heads_of("k", architecture_.kv_heads, weights.k_norm);
    at::Tensor v = heads_of("v", architecture_.kv_heads, {});
    if (rotary.cos.defined()) {
        q = rotate(q, rotary);
        k = rotate(k, rotary);
    }
    if (options.cache) {
        KeyValueCache& cache = *options.cache;
        cache.k[layer].narrow(2, cache.length, tokens).copy_(k);
        cache.v[layer].narrow(2, cache.length, tokens).copy_(v);
        k = cache.k[layer].narrow(2, 0, cache.length + tokens);
        v = cache.v[layer].narrow(2, 0, cache.length + tokens);
    }
    at::Tensor residual = x;
    if (options.last_only && layer + 1 == architecture_.layers) {
        // Nobody reads the other tokens of the last layer but as keys and values.
        q = q.narrow(2, tokens - 1, 1);
        residual = x.narrow(1, tokens - 1, 1);
    }
    const at::Tensor mixed = causal_attention(q, k, v, architecture_.attention_scale(layer), options.key_mask,
                                              architecture_.window(layer), options.offsets);
    const SlotOutputs output({architecture_.attention_out}, {weights.attention_out}, layer,
                             static_cast<int>(architecture_.attention_in.size()), {mixed, nullptr, {}, residual},
                             {options.adapters, compute_type_});
    return architecture_.post_norm ? normalize(output["o"], weights.attention_norm, rule()) : output["o"];
}

at::Tensor Decoder::mlp(int64_t layer, const at::Tensor& x, const at::Tensor& residual,
                        const ForwardOptions& options) const {
    const LayerWeights& weights = weights_.layers[layer];
    const NormWeights& norm = weights.mlp_norm.weight.defined() ? weights.mlp_norm : weights.attention_norm;
    const int first = static_cast<int>(architecture_.attention_in.size()) + 1;
    const SlotOutputs slots(architecture_.mlp_in, weights.mlp_in, layer, first,
                            {x, architecture_.post_norm ? nullptr : &norm, rule()},
                            {options.adapters, compute_type_, compute_type_});
    ProjectionSource inner{slots["up"], nullptr, {}, residual};
    if (architecture_.gated_mlp) {
        inner.x = gate_and_multiply(slots["gate"], slots["up"], architecture_.activation);
    } else {
        inner.activation = architecture_.activation;
    }
    const SlotOutputs output({architecture_.mlp_out}, {weights.mlp_out}, layer,
                             first + static_cast<int>(architecture_.mlp_in.size()), inner, {options.adapters, compute_type_});
    return architecture_.post_norm ? normalize(output["down"], norm, rule()) : output["down"];
}

at::Tensor Decoder::classify(const at::Tensor& hidden, const at::Tensor& mask) const {
    const int64_t batch = hidden.size(0), tokens = hidden.size(1);
    at::Tensor picked;
    if (architecture_.encoder) {
        picked = hidden.select(1, 0);
    } else if (!mask.defined()) {
        picked = hidden.select(1, tokens - 1);
    } else {
        const at::Tensor places = at::arange(tokens, hidden.options().dtype(at::kLong));
        const at::Tensor last = (mask.to(hidden.device(), at::kLong) * places).amax(1);
        picked = hidden.flatten(0, 1).index_select(0, at::arange(batch, last.options()) * tokens + last);
    }
    if (weights_.head_dense.weight.defined()) {
        picked =
            activate(project(picked, weights_.head_dense.weight, weights_.head_dense.bias, compute_type_),
                     architecture_.head_activation);
    }
    return logits(picked);
}

at::Tensor Decoder::next_logits(const at::Tensor& ids, KeyValueCache& cache, const AdapterSet* adapters) const {
    ForwardOptions options;
    options.adapters = adapters;
    options.cache = &cache;
    options.last_only = true;
    return logits(forward(ids, options)).select(1, 0);
}

void KeyValueCache::reserve(int64_t tokens) {
    if (tokens <= capacity) return;
    capacity = std::max(tokens, 2 * capacity);
    for (auto* side : {&k, &v}) {
        for (at::Tensor& kept : *side) {
            std::vector<int64_t> shape = kept.sizes().vec();
            shape[2] = capacity;
            const at::Tensor larger = at::empty(shape, kept.options());
            larger.narrow(2, 0, length).copy_(kept.narrow(2, 0, length));
            kept = larger;
        }
    }
}

KeyValueCache Decoder::new_cache(int64_t batch, int64_t capacity) const {
    KeyValueCache cache;
    cache.capacity = capacity;
    const auto options = at::TensorOptions().dtype(at::kFloat).device(device_);
    for (int64_t layer = 0; layer < architecture_.layers; ++layer) {
        cache.k.push_back(
            at::empty({batch, architecture_.kv_heads, capacity, architecture_.head_dim}, options));
        cache.v.push_back(at::empty_like(cache.k.back()));
    }
    return cache;
}

}  // namespace engine
