#include "model/fused_ops.h"

#include <ATen/Parallel.h>

#include <limits>

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class RmsNorm : public torch::autograd::Function<RmsNorm> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, double eps) {
        const at::Tensor inverse = x.square().mean(-1, /*keepdim=*/true).add_(eps).rsqrt_();  // [..., 1]
        context->save_for_backward({x, weight, inverse});
        return (x * inverse).mul_(weight);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &inverse = saved[2];
        at::Tensor grad_x, grad_weight;
        const at::Tensor& grad = grads[0];
        if (context->needs_input_grad(1)) {
            grad_weight = (grad * x).mul_(inverse).flatten(0, -2).sum(0);
        }
        if (context->needs_input_grad(0)) {
            // dx = inv · (g - x · inv^2 · mean(g · x)), g = grad · weight
            grad_x = grad * weight;
            const at::Tensor mean = (grad_x * x).mean(-1, /*keepdim=*/true).mul_(inverse).mul_(inverse);
            grad_x.addcmul_(x, mean, -1).mul_(inverse);
        }
        return {grad_x, grad_weight, at::Tensor()};
    }
};

class SwiGlu : public torch::autograd::Function<SwiGlu> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& gate, const at::Tensor& up) {
        context->save_for_backward({gate, up});
        return at::silu(gate).mul_(up);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &gate = saved[0], &up = saved[1];
        return {at::silu_backward(grads[0] * up, gate), at::silu(gate).mul_(grads[0])};
    }
};

// y1 = x1 cos - x2 sin, y2 = x2 cos + x1 sin; direction -1 turns back.
at::Tensor turn(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, double direction) {
    const int64_t half = x.size(-1) / 2;
    at::Tensor y = at::empty_like(x);
    const at::Tensor c = cos.narrow(-1, 0, half), s = sin.narrow(-1, 0, half);
    const at::Tensor x1 = x.narrow(-1, 0, half), x2 = x.narrow(-1, half, half);
    at::Tensor y1 = y.narrow(-1, 0, half), y2 = y.narrow(-1, half, half);
    at::mul_out(y1, x1, c).addcmul_(x2, s, -direction);
    at::mul_out(y2, x2, c).addcmul_(x1, s, direction);
    return y;
}

class Rotate : public torch::autograd::Function<Rotate> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cos,
                              const at::Tensor& sin) {
        context->save_for_backward({cos, sin});
        return turn(x, cos, sin, 1);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        return {turn(grads[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
    }
};

// Queries of one block: large enough for efficient products, small enough to skip most of the future and stay in the cache.
constexpr int64_t query_block = 128;

// Runs body(batch, kv_head) for every pair, spread over the cores; inside, products run on one core each.
template <class Body>
void for_each_head(int64_t batch, int64_t kv_heads, const Body& body) {
    at::parallel_for(0, batch * kv_heads, 1, [&](int64_t begin, int64_t end) {
        at::AutoDispatchBelowADInplaceOrView no_autograd;
        for (int64_t i = begin; i < end; ++i) body(i / kv_heads, i % kv_heads);
    });
}

class CausalAttention : public torch::autograd::Function<CausalAttention> {
  public:
    // q [B, H, T, D], k, v [B, K, T, D] -> [B, T, H, D]
    static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                              double scale, int64_t window) {
        const int64_t batch = q.size(0), heads = q.size(1), tokens = q.size(2), kv_heads = k.size(1);
        const int64_t group = heads / kv_heads;
        at::Tensor out = at::empty({batch, tokens, heads, q.size(3)}, q.options());
        at::Tensor log_sums = at::empty({batch, heads, tokens}, q.options());
        const at::Tensor future = future_mask(q.options());
        for_each_head(batch, kv_heads, [&](int64_t b, int64_t kv) {
            const at::Tensor keys = k.select(0, b).select(0, kv), values = v.select(0, b).select(0, kv);
            for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
                const at::Tensor queries = q.select(0, b).select(0, h);
                for (int64_t begin = 0; begin < tokens; begin += query_block) {
                    const int64_t count = std::min(query_block, tokens - begin);
                    const KeyRange seen = keys_of_block(begin, count, window);
                    at::Tensor scores = block_scores(queries, keys, begin, count, seen, scale, future, window);
                    const at::Tensor log_sum = at::logsumexp(scores, 1, /*keepdim=*/true);
                    scores.sub_(log_sum).exp_();
                    log_sums.select(0, b).select(0, h).narrow(0, begin, count).copy_(log_sum.squeeze(1));
                    at::Tensor target = out.select(0, b).narrow(0, begin, count).select(1, h);
                    at::mm_out(target, scores, values.narrow(0, seen.first, seen.count));
                }
            }
        });
        context->save_for_backward({q, k, v, out, log_sums});
        context->saved_data["scale"] = scale;
        context->saved_data["window"] = window;
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &log_sums = saved[4];
        const double scale = context->saved_data["scale"].toDouble();
        const int64_t window = context->saved_data["window"].toInt();
        const at::Tensor grad = grads[0].contiguous();  // [B, T, H, D]
        const int64_t batch = q.size(0), heads = q.size(1), tokens = q.size(2), width = q.size(3), kv_heads = k.size(1);
        const int64_t group = heads / kv_heads;
        const bool want_q = context->needs_input_grad(0), want_k = context->needs_input_grad(1),
                   want_v = context->needs_input_grad(2);
        // Laid out as the projections made them, so that the reshape behind the transpose costs nothing.
        const auto like_rows = [&](bool wanted, int64_t rows) {
            return wanted ? at::zeros({batch, tokens, rows, width}, q.options()) : at::Tensor();
        };
        const at::Tensor grad_q = like_rows(want_q, heads), grad_k = like_rows(want_k, kv_heads),
                         grad_v = like_rows(want_v, kv_heads);
        const at::Tensor future = future_mask(q.options());
        for_each_head(batch, kv_heads, [&](int64_t b, int64_t kv) {
            const at::Tensor keys = k.select(0, b).select(0, kv), values = v.select(0, b).select(0, kv);
            const auto rows_of = [&](const at::Tensor& tensor, int64_t head, int64_t begin, int64_t count) {
                return tensor.select(0, b).narrow(0, begin, count).select(1, head);
            };
            for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
                const at::Tensor queries = q.select(0, b).select(0, h);
                for (int64_t begin = 0; begin < tokens; begin += query_block) {
                    const int64_t count = std::min(query_block, tokens - begin);
                    const KeyRange seen = keys_of_block(begin, count, window);
                    at::Tensor weights = block_scores(queries, keys, begin, count, seen, scale, future, window);
                    weights.sub_(log_sums.select(0, b).select(0, h).narrow(0, begin, count).unsqueeze(1)).exp_();
                    const at::Tensor grad_rows = rows_of(grad, h, begin, count);
                    if (want_v) rows_of(grad_v, kv, seen.first, seen.count).addmm_(weights.t(), grad_rows);
                    if (!want_q && !want_k) continue;
                    at::Tensor grad_scores = at::mm(grad_rows, values.narrow(0, seen.first, seen.count).t());
                    const at::Tensor dot = (grad_rows * rows_of(out, h, begin, count)).sum(1, /*keepdim=*/true);
                    grad_scores.sub_(dot).mul_(weights);
                    if (want_q) {
                        rows_of(grad_q, h, begin, count)
                            .addmm_(grad_scores, keys.narrow(0, seen.first, seen.count), 1, scale);
                    }
                    if (want_k) {
                        rows_of(grad_k, kv, seen.first, seen.count)
                            .addmm_(grad_scores.t(), queries.narrow(0, begin, count), 1, scale);
                    }
                }
            }
        });
        const auto heads_first = [](const at::Tensor& rows) { return rows.defined() ? rows.transpose(1, 2) : rows; };
        return {heads_first(grad_q), heads_first(grad_k), heads_first(grad_v), at::Tensor(), at::Tensor()};
    }

  private:
    static at::Tensor future_mask(const at::TensorOptions& options) {
        return at::ones({query_block, query_block}, options.dtype(at::kBool)).triu_(1);
    }

    struct KeyRange {
        int64_t first, count;
    };

    // The keys that queries [begin, begin + count) see: up to the last query, from the window of the first one on.
    static KeyRange keys_of_block(int64_t begin, int64_t count, int64_t window) {
        const int64_t first = window > 0 ? std::max<int64_t>(0, begin - window + 1) : 0;
        return {first, begin + count - first};
    }

    // Scores of queries [begin, begin + count) against the keys they see: [count, seen.count].
    static at::Tensor block_scores(const at::Tensor& queries, const at::Tensor& keys, int64_t begin, int64_t count,
                                   KeyRange seen, double scale, const at::Tensor& future, int64_t window) {
        constexpr float never = -std::numeric_limits<float>::infinity();
        at::Tensor scores =
            at::mm(queries.narrow(0, begin, count), keys.narrow(0, seen.first, seen.count).t()).mul_(scale);
        scores.narrow(1, begin - seen.first, count).masked_fill_(future.narrow(0, 0, count).narrow(1, 0, count), never);
        // Query r stands at begin + r and sees key c, at seen.first + c, unless that is `window` or more behind.
        const int64_t behind = begin - window - seen.first;
        if (window > 0 && behind + count > 0) {
            scores.masked_fill_(at::ones({count, seen.count}, future.options()).tril_(behind), never);
        }
        return scores;
    }
};

}  // namespace

at::Tensor fused_rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
    return RmsNorm::apply(x, weight, eps);
}

at::Tensor fused_swiglu(const at::Tensor& gate, const at::Tensor& up) { return SwiGlu::apply(gate, up); }

at::Tensor fused_rotate(const at::Tensor& x, const RotaryTable& table) { return Rotate::apply(x, table.cos, table.sin); }

at::Tensor fused_causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                  int64_t window) {
    return CausalAttention::apply(q, k, v, scale, window).flatten(2);
}

}  // namespace engine
