#include "model/ops.h"

#include "model/device_attention.h"
#include "model/few_rows.h"
#include "model/fused_ops.h"
#include "model/rows_of_tensors.h"
#include "runtime/device.h"

#include <limits>

namespace engine {

at::Tensor activate(const at::Tensor& x, Activation activation) {
    switch (activation) {
        case Activation::gelu: return at::gelu(x);
        case Activation::gelu_tanh: return fused_gelu_tanh(x);
        case Activation::silu: return at::silu(x);
        case Activation::relu: return at::relu(x);
        case Activation::tanh: return at::tanh(x);
    }
    throw std::logic_error("activation without a case");
}

at::Tensor gate_and_multiply(const at::Tensor& gate, const at::Tensor& up, Activation activation) {
    return activation == Activation::silu ? fused_swiglu(gate, up) : activate(gate, activation) * up;
}

at::Tensor project(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   at::ScalarType compute_type) {
    if (is_few_rows(x) && weight.scalar_type() == compute_type && serves_few_rows(weight)) return project_few_rows(x, weight, bias);
    if (compute_type == at::kFloat) return at::linear(x, weight, bias);
    const at::Tensor y = at::linear(x.to(compute_type), weight.to(compute_type)).to(at::kFloat);
    return bias.defined() ? y + bias : y;
}

RotaryTable rotary_table(const RopeConfig& rope, const at::Tensor& positions, const c10::Device& device) {
    const int64_t length = rope.depends_on_length() && positions.numel() > 0 ? positions.max().item<int64_t>() + 1 : 0;
    const auto inverse = inverse_frequencies(rope, length);
    const at::Tensor frequencies =
        at::tensor(at::ArrayRef<float>(inverse), at::kFloat);  // [rotary_dim / 2]
    const at::Tensor angles = at::outer(positions.to(at::kFloat), frequencies);
    const at::Tensor both = at::cat({angles, angles}, -1);
    at::Tensor cos = both.cos(), sin = both.sin();
    if (rope.attention_factor != 1) {
        cos.mul_(rope.attention_factor);
        sin.mul_(rope.attention_factor);
    }
    return {send(cos, device), send(sin, device)};
}

at::Tensor rotate(const at::Tensor& x, const RotaryTable& table) {
    const int64_t rotary_dim = table.cos.size(-1), rest = x.size(-1) - rotary_dim;
    if (rest == 0) return fused_rotate(x, table);
    return at::cat({fused_rotate(x.narrow(-1, 0, rotary_dim), table), x.narrow(-1, rotary_dim, rest)}, -1);
}

namespace {

// Sequences laid end to end, where there is no kernel that walks them: neighbours of equal length make one batch.
at::Tensor attention_in_runs(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale, int64_t window,
                             at::IntArrayRef offsets) {
    std::vector<at::Tensor> parts;
    const auto length = [&](std::size_t s) { return offsets[s + 1] - offsets[s]; };
    const std::size_t sequences = offsets.size() - 1;
    for (std::size_t first = 0, last; first < sequences; first = last) {
        for (last = first + 1; last < sequences && length(last) == length(first);) ++last;
        const auto run = [&](const at::Tensor& heads) {  // [1, H, N, D] -> [count, H, length, D]
            return heads.narrow(2, offsets[first], offsets[last] - offsets[first])
                .unflatten(2, {static_cast<int64_t>(last - first), length(first)})
                .squeeze(0)
                .transpose(0, 1);
        };
        parts.push_back(causal_attention(run(q), run(k), run(v), scale, {}, window).flatten(0, 1));
    }
    return at::cat(parts).unsqueeze(0);
}

}  // namespace

at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                            const at::Tensor& key_mask, int64_t window, at::IntArrayRef offsets) {
    if (!key_mask.defined() && offsets.empty() && serves_few_queries(q, k, v)) return attend_few_queries(q, k, v, scale, window);
    if (window > 0 && q.size(2) == 1 && k.size(2) > window) {
        // One new token: the keys outside its window need not be looked at.
        const int64_t first = k.size(2) - window;
        return causal_attention(q, k.narrow(2, first, window), v.narrow(2, first, window), scale,
                                key_mask.defined() ? key_mask.narrow(1, first, window) : key_mask);
    }
    const int64_t batch = q.size(0), heads = q.size(1), tokens = q.size(2), width = q.size(3);
    const int64_t kv_heads = k.size(1), keys = k.size(2), group = heads / kv_heads;
    if (tokens > 1 && tokens == keys && !key_mask.defined() && in_rows(q)) {
        return fused_causal_attention(q, k, v, scale, window, offsets);
    }
    if (!offsets.empty()) return attention_in_runs(q, k, v, scale, window, offsets);
    if (!q.is_cpu() && has_device_attention() && tokens > 1 && tokens == keys && !key_mask.defined() &&
        (window == 0 || window >= tokens)) {
        return device_attention(q, k, v, scale);
    }
    // Queries that share a key-value head become rows of one product.
    const auto rows_of = [&](const at::Tensor& heads, int64_t rows) {
        return (heads.scalar_type() == at::kBFloat16 ? heads.to(at::kFloat) : heads).reshape({batch * kv_heads, rows, width});
    };
    const at::Tensor queries = rows_of(q, group * tokens), key_rows = rows_of(k, keys), value_rows = rows_of(v, keys);
    at::Tensor scores = at::bmm(queries * scale, key_rows.transpose(1, 2));
    const double lowest = std::numeric_limits<float>::lowest();
    if (tokens > 1) {
        const at::Tensor all = at::ones({tokens, keys}, scores.options().dtype(at::kBool));
        at::Tensor unseen = at::triu(all, keys - tokens + 1);  // the future
        if (window > 0 && keys > window) unseen.logical_or_(at::tril(all, keys - tokens - window));
        scores = scores.view({batch * kv_heads, group, tokens, keys}).masked_fill(unseen, lowest);
    }
    if (key_mask.defined()) {
        const at::Tensor hidden = key_mask.logical_not().view({batch, 1, 1, keys});
        scores = scores.view({batch, kv_heads * group, tokens, keys}).masked_fill(hidden, lowest);
    }
    const at::Tensor weights = at::softmax(scores.view({batch * kv_heads, group * tokens, keys}), -1);
    return at::bmm(weights, value_rows)
        .view({batch, heads, tokens, width})
        .transpose(1, 2)
        .reshape({batch, tokens, heads * width});
}

}  // namespace engine
