#include "model/encoder.h"

#include <algorithm>
#include <cmath>

#include "model/fused_ops.h"
#include "model/recompute.h"
#include "model/rows_of_tensors.h"
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

// all [B, H, T, rows], index [longest, longest] of a distance's row -> [B, H, T, T].
at::Tensor gathered(const at::Tensor& all, const at::Tensor& index) {
    const int64_t tokens = all.size(2);
    const at::Tensor part = index.narrow(0, 0, tokens).narrow(1, 0, tokens);
    return all.gather(3, part.expand({all.size(0), all.size(1), tokens, tokens}));
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

Encoder::Positions Encoder::positions(const TextRows& texts, const c10::Device& device) const {
    if (!architecture_.relative) return {};
    const RelativeAttention& kind = *architecture_.relative;
    const at::Tensor row = relative_rows(kind, texts.longest());
    const int64_t farthest = texts.longest() > 0 ? row.max().item<int64_t>() : 0, last = 2 * kind.span - 1;
    const int64_t first = std::clamp<int64_t>(kind.span - farthest, 0, last), end = std::clamp(kind.span + farthest, first, last) + 1;
    at::Tensor rows = weights_.relative_embedding;
    if (weights_.relative_norm.weight.defined()) rows = norm(rows, weights_.relative_norm);
    const auto from_first = [&](const at::Tensor& index) { return (index.clamp(0, last) - first).to(device); };
    return {rows.narrow(0, first, end - first), from_first(row + kind.span), from_first(kind.span - row)};
}

at::Tensor Encoder::forward(const at::Tensor& ids, const ForwardOptions& options) const {
    const TextRows texts(ids, options.key_mask);
    at::Tensor x = texts.pack(embed(ids, options));
    const at::Tensor embeddings = architecture_.convolution ? x : at::Tensor();
    const Positions places = positions(texts, ids.device());
    const auto keep_state = [&] {
        if (options.hidden_states) options.hidden_states->push_back(texts.unpack(x));
    };
    keep_state();
    // Trained positions are shared by all layers: their graph cannot be walked once a layer.
    Recomputation recomputation(places.rows.defined() && places.rows.requires_grad() ? 0 : recompute_layers_);
    for (int64_t index = 0; index < architecture_.layers; ++index) {
        x = recomputation.run(x, [encoder = *this, index, texts, places, adapters = options.adapters](const at::Tensor& in) {
            return encoder.layer(index, in, texts, places, adapters);
        });
        if (index == 0 && architecture_.convolution) x = convolve(embeddings, x, texts);
        keep_state();
    }
    return texts.unpack(x);
}

at::Tensor Encoder::layer(int64_t layer, const at::Tensor& x, const TextRows& texts, const Positions& positions,
                          const AdapterSet* adapters) const {
    const LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
    const ProjectionContext inner{adapters, compute_type_, compute_type_}, outer{adapters, compute_type_};
    const at::Tensor attended = norm(attention(layer, x, texts, positions, adapters), weights.attention_norm);
    const int first = static_cast<int>(architecture_.attention_in.size()) + 1;
    const SlotOutputs up(architecture_.mlp_in, weights.mlp_in, layer, first, {attended}, inner);
    const SlotOutputs down({architecture_.mlp_out}, {weights.mlp_out}, layer, first + static_cast<int>(architecture_.mlp_in.size()),
                           {up["up"], nullptr, {}, attended, architecture_.activation}, outer);
    return norm(down["down"], weights.mlp_norm);
}

// Padding gives the convolution nothing and takes nothing from it.
at::Tensor Encoder::convolve(const at::Tensor& embeddings, const at::Tensor& x, const TextRows& texts) const {
    const Convolution& conv = *architecture_.convolution;
    const at::Tensor kept = texts.mask().defined() ? texts.mask().to(at::kFloat).unsqueeze(2) : at::Tensor();
    at::Tensor y = texts.unpack(embeddings);
    if (kept.defined()) y = y * kept;
    y = at::conv1d(y.to(compute_type_).transpose(1, 2), weights_.convolution.weight.to(compute_type_),
                   weights_.convolution.bias.to(compute_type_), 1, (conv.kernel - 1) / 2, 1, conv.groups)
            .transpose(1, 2)
            .to(at::kFloat);
    if (kept.defined()) y = y * kept;
    return norm(x + activate(texts.pack(y), conv.activation), weights_.convolution_norm);
}

at::Tensor Encoder::attention(int64_t layer, const at::Tensor& x, const TextRows& texts, const Positions& positions,
                              const AdapterSet* adapters) const {
    const LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
    const SlotOutputs slots(architecture_.attention_in, weights.attention_in, layer, 0, {x}, {adapters, compute_type_, compute_type_});
    const auto heads_of = [&](const char* kind) {  // [rows, H, D]
        return slots[kind].flatten(0, -2).unflatten(1, {architecture_.heads, architecture_.head_dim});
    };
    const at::Tensor q = heads_of("q"), k = heads_of("k"), v = heads_of("v");
    double scale = architecture_.attention_scale(layer);
    at::Tensor mixed;
    if (positions.rows.defined()) {
        const RelativeAttention& kind = *architecture_.relative;
        const int64_t kinds = 1 + kind.content_to_position + kind.position_to_content;  // of scores that are summed
        std::vector<at::Tensor> tables;
        if (kind.content_to_position)
            tables.push_back(projected_positions(layer, "k", weights.position_key, positions.rows, adapters));
        if (kind.position_to_content)
            tables.push_back(projected_positions(layer, "q", weights.position_query, positions.rows, adapters));
        mixed = attention_within_texts(texts, q, k, v, scale / std::sqrt(static_cast<double>(kinds)), tables, positions.rows.size(0),
                                       [kind, positions](const at::Tensor& qs, const at::Tensor& ks, const std::vector<at::Tensor>& table) {
                                           at::Tensor sum = at::zeros({}, qs.options());
                                           if (kind.content_to_position)
                                               sum = sum + gathered(times_table(qs, table.front()), positions.of_keys);
                                           if (kind.position_to_content)
                                               sum = sum + gathered(times_table(ks, table.back()), positions.of_queries).transpose(2, 3);
                                           return sum;
                                       });
    } else if (weights.distance_embedding.defined()) {
        const DistanceEmbedding& distances = *architecture_.distances;
        mixed = attention_within_texts(texts, q, k, v, scale, {weights.distance_embedding}, 2 * texts.longest(),
                                       [&distances](const at::Tensor& qs, const at::Tensor& ks, const std::vector<at::Tensor>& table) {
                                           return distance_scores(distances, table.front(), qs, ks);
                                       });
    } else if (in_rows(q)) {
        const auto across = [](const at::Tensor& rows) { return rows.unsqueeze(0).transpose(1, 2); };
        mixed = fused_full_attention(across(q), across(k), across(v), scale, texts.offsets()).squeeze(0);
    } else {
        mixed = attention_within_texts(texts, q, k, v, scale);
    }
    mixed = mixed.view({x.size(0), x.size(1), mixed.size(1)});
    const SlotOutputs output({architecture_.attention_out}, {weights.attention_out}, layer,
                             static_cast<int>(architecture_.attention_in.size()), {mixed, nullptr, {}, x}, {adapters, compute_type_});
    return output["o"];
}

// Through a projection of their own, or through that of the content, adapters included.
at::Tensor Encoder::projected_positions(int64_t layer, std::string_view slot, const LinearWeights& own, const at::Tensor& rows,
                                        const AdapterSet* adapters) const {
    at::Tensor projected;
    if (own.weight.defined()) {
        projected = project(rows, own.weight, own.bias, compute_type_);
    } else {
        std::size_t index = 0;
        for (const auto holds = [&](const Slot& held) { return held.kind == slot; };
             std::none_of(architecture_.attention_in[index].slots.begin(), architecture_.attention_in[index].slots.end(), holds);)
            ++index;
        const SlotOutputs slots({architecture_.attention_in[index]},
                                {weights_.layers[static_cast<std::size_t>(layer)].attention_in[index]}, layer, static_cast<int>(index),
                                {rows.unsqueeze(0)}, {adapters, compute_type_});
        projected = slots[slot];
    }
    return projected.reshape({1, rows.size(0), architecture_.heads, architecture_.head_dim}).permute({0, 2, 3, 1});
}

}  // namespace engine
