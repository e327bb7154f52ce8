#include "model/encoder.h"

#include <cmath>
#include <limits>

#include "model/recompute.h"
#include "model/slot_outputs.h"

namespace engine {

namespace {

// Products of queries, and of keys, with the vector of each distance [B, H, T, T].
at::Tensor distance_scores(const DistanceEmbedding& distances, const at::Tensor& table, const at::Tensor& q, const at::Tensor& k) {
    const int64_t tokens = q.size(2);
    const at::Tensor rows = table.narrow(0, distances.positions - tokens, 2 * tokens - 1);  // of distances 1 - T to T - 1
    const at::Tensor places = at::arange(tokens, q.options().dtype(at::kLong));
    const auto gathered = [&](const at::Tensor& heads, const at::Tensor& distance) {
        const at::Tensor all = at::matmul(heads, rows.t());  // [B, H, T, 2 T - 1]
        return all.gather(3, (distance + (tokens - 1)).expand({all.size(0), all.size(1), tokens, tokens}));
    };
    const at::Tensor distance = places.unsqueeze(1) - places.unsqueeze(0);  // query - key
    at::Tensor scores = gathered(q, distance);
    if (distances.with_key) scores = scores + gathered(k, -distance).transpose(2, 3);
    return scores;
}

// heads [B, H, T, D] times one table for all texts [1, H, D, rows] -> [B, H, T, rows]. A product over the texts would keep a
// copy of the table for each of them.
at::Tensor times_table(const at::Tensor& heads, const at::Tensor& table) {
    const int64_t batch = heads.size(0), count = heads.size(1), tokens = heads.size(2);
    return at::bmm(heads.permute({1, 0, 2, 3}).reshape({count, batch * tokens, heads.size(3)}), table.squeeze(0))
        .view({count, batch, tokens, table.size(3)})
        .permute({1, 0, 2, 3});
}

}  // namespace

at::Tensor relative_rows(const RelativeAttention& relative, int64_t tokens) {
    const at::Tensor places = at::arange(tokens, at::kLong);
    const at::Tensor distance = places.unsqueeze(1) - places.unsqueeze(0);  // query - key
    if (!relative.logarithmic) return distance;
    const int64_t middle = relative.span / 2;
    const at::Tensor near = distance.abs() <= middle;
    const at::Tensor far = distance.abs().clamp_min(middle).to(at::kFloat) / static_cast<float>(middle);
    const double range = std::log(static_cast<double>(relative.max_distance - 1) / static_cast<double>(middle));
    const at::Tensor row = at::ceil(far.log() / static_cast<float>(range) * static_cast<float>(middle - 1)) + static_cast<float>(middle);
    return at::where(near, distance, row.to(at::kLong) * distance.sign());
}

at::Tensor Encoder::embed(const at::Tensor& ids, const ForwardOptions& options) const {
    at::Tensor x = at::embedding(weights_.embedding, ids).to(at::kFloat);
    if (options.adapters) x = options.adapters->add_to_embedding(ids, weights_.embedding, x);
    const int64_t batch = ids.size(0), tokens = ids.size(1);
    if (weights_.token_type_embedding.defined()) {
        const at::Tensor types = options.token_types.defined() ? options.token_types : at::zeros_like(ids);
        x = x + at::embedding(weights_.token_type_embedding, types);
    }
    if (weights_.position_embedding.defined()) {
        at::Tensor places = at::arange(tokens, ids.options()).expand({batch, tokens});
        if (architecture_.positions_skip_padding && options.key_mask.defined()) {
            // Padding has the place in front of the first one.
            const at::Tensor mask = options.key_mask.to(at::kLong);
            places = mask.cumsum(1) * mask - 1;
        }
        x = x + at::embedding(weights_.position_embedding, places + architecture_.position_offset);
    }
    return norm(x, weights_.embedding_norm);
}

at::Tensor Encoder::forward(const at::Tensor& ids, const ForwardOptions& options) const {
    at::Tensor x = embed(ids, options);
    const at::Tensor embeddings = architecture_.convolution ? x : at::Tensor();
    at::Tensor relative;
    if (architecture_.relative) {
        relative = weights_.relative_embedding;
        if (weights_.relative_norm.weight.defined()) relative = norm(relative, weights_.relative_norm);
    }
    if (options.hidden_states) options.hidden_states->push_back(x);
    // Trained positions are shared by all layers: their graph cannot be walked once a layer.
    Recomputation recomputation(relative.defined() && relative.requires_grad() ? 0 : recompute_layers_);
    for (int64_t index = 0; index < architecture_.layers; ++index) {
        x = recomputation.run(
            x, [encoder = *this, index, relative, options](const at::Tensor& in) { return encoder.layer(index, in, relative, options); });
        if (index == 0 && architecture_.convolution) x = convolve(embeddings, x, options);
        if (options.hidden_states) options.hidden_states->push_back(x);
    }
    return x;
}

at::Tensor Encoder::layer(int64_t layer, const at::Tensor& x, const at::Tensor& relative, const ForwardOptions& options) const {
    const LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
    const ProjectionContext context{options.adapters, compute_type_};
    const at::Tensor attended = norm(attention(layer, x, relative, options), weights.attention_norm);
    const int first = static_cast<int>(architecture_.attention_in.size()) + 1;
    const SlotOutputs up(architecture_.mlp_in, weights.mlp_in, layer, first, {attended}, context);
    const SlotOutputs down({architecture_.mlp_out}, {weights.mlp_out}, layer, first + static_cast<int>(architecture_.mlp_in.size()),
                           {activate(up["up"], architecture_.activation), nullptr, {}, attended}, context);
    return norm(down["down"], weights.mlp_norm);
}

// Padding gives the convolution nothing and takes nothing from it.
at::Tensor Encoder::convolve(const at::Tensor& embeddings, const at::Tensor& x, const ForwardOptions& options) const {
    const Convolution& conv = *architecture_.convolution;
    const at::Tensor kept = options.key_mask.defined() ? options.key_mask.to(at::kFloat).unsqueeze(2) : at::Tensor();
    at::Tensor y = kept.defined() ? embeddings * kept : embeddings;
    y = at::conv1d(y.to(compute_type_).transpose(1, 2), weights_.convolution.weight.to(compute_type_),
                   weights_.convolution.bias.to(compute_type_), 1, (conv.kernel - 1) / 2, 1, conv.groups)
            .transpose(1, 2)
            .to(at::kFloat);
    if (kept.defined()) y = y * kept;
    return norm(x + activate(y, conv.activation), weights_.convolution_norm);
}

at::Tensor Encoder::attention(int64_t layer, const at::Tensor& x, const at::Tensor& relative,
                              const ForwardOptions& options) const {
    const LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
    const int64_t batch = x.size(0), tokens = x.size(1);
    const SlotOutputs slots(architecture_.attention_in, weights.attention_in, layer, 0, {x}, {options.adapters, compute_type_});
    const auto heads_of = [&](const char* kind) {
        return slots[kind].reshape({batch, tokens, architecture_.heads, architecture_.head_dim}).transpose(1, 2);
    };
    const at::Tensor q = heads_of("q"), k = heads_of("k"), v = heads_of("v");
    at::Tensor scores = at::matmul(q, k.transpose(2, 3));
    if (weights.distance_embedding.defined())
        scores = scores + distance_scores(*architecture_.distances, weights.distance_embedding, q, k);
    int64_t kinds = 1;  // of scores that are summed
    if (relative.defined()) {
        scores = scores + position_scores(layer, q, k, relative, options);
        kinds += architecture_.relative->content_to_position + architecture_.relative->position_to_content;
    }
    scores = scores * (architecture_.attention_scale(layer) / std::sqrt(static_cast<double>(kinds)));
    if (options.key_mask.defined()) {
        const at::Tensor hidden = options.key_mask.logical_not().view({batch, 1, 1, tokens});
        scores = scores.masked_fill(hidden, std::numeric_limits<float>::lowest());
    }
    const at::Tensor mixed = at::matmul(at::softmax(scores, -1), v).transpose(1, 2).flatten(2);
    const SlotOutputs output({architecture_.attention_out}, {weights.attention_out}, layer,
                             static_cast<int>(architecture_.attention_in.size()), {mixed, nullptr, {}, x},
                             {options.adapters, compute_type_});
    return output["o"];
}

at::Tensor Encoder::position_scores(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& relative,
                                    const ForwardOptions& options) const {
    const RelativeAttention& kind = *architecture_.relative;
    const LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
    const int64_t tokens = q.size(2), rows = 2 * kind.span;
    // Positions go through projections of their own, or through those of the content, adapters included.
    std::optional<SlotOutputs> slots;
    const auto heads_of = [&](const char* slot, const LinearWeights& own) {  // [1, H, D, rows]
        at::Tensor projected;
        if (own.weight.defined()) {
            projected = project(relative, own.weight, own.bias, compute_type_);
        } else {
            if (!slots)
                slots.emplace(architecture_.attention_in, weights.attention_in, layer, 0,
                              ProjectionSource{relative.unsqueeze(0)}, ProjectionContext{options.adapters, compute_type_});
            projected = (*slots)[slot];
        }
        return projected.reshape({1, rows, architecture_.heads, architecture_.head_dim}).permute({0, 2, 3, 1});
    };
    const at::Tensor row = relative_rows(kind, tokens).to(q.device());
    const auto gathered = [&](const at::Tensor& all, const at::Tensor& index) {
        return all.gather(3, index.clamp(0, rows - 1).expand({all.size(0), all.size(1), tokens, tokens}));
    };
    at::Tensor sum = at::zeros({}, q.options());
    if (kind.content_to_position) sum = sum + gathered(times_table(q, heads_of("k", weights.position_key)), row + kind.span);
    if (kind.position_to_content) {
        sum = sum + gathered(times_table(k, heads_of("q", weights.position_query)), kind.span - row).transpose(2, 3);
    }
    return sum;
}

}  // namespace engine
