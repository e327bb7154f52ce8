#include "model/fused_ops.h"
#include "model/row_kernels.h"

#include <ATen/Parallel.h>

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Queries of one block: large enough for efficient products, small enough to skip most of the future and stay
// in the cache.
constexpr int64_t query_block = 128;

// Queries [begin, begin + count) of one head of one sequence and the keys [first_key, first_key + keys) that any of them
// sees: up to the last query, from the window of the first one on.
struct Block {
    int64_t begin, count, first_key, keys, window;

    Block(int64_t first, int64_t tokens, int64_t window_size)
        : begin(first),
          count(std::min(query_block, tokens - first)),
          first_key(window_size > 0 ? std::max<int64_t>(0, begin - window_size + 1) : 0),
          keys(begin + count - first_key),
          window(window_size) {}

    rows::SeenKeys seen(int64_t row) const {
        const int64_t position = begin + row - first_key;
        return {window > 0 ? std::max<int64_t>(0, position - window + 1) : 0, position + 1};
    }
};

// Runs body(first token, tokens, kv_head) for every sequence and head, spread over the cores; inside, products
// run on one core each. Heads go first: however unequal the sequences, every core gets about the same work.
template <class Body>
void for_each_head(at::IntArrayRef offsets, int64_t kv_heads, const Body& body) {
    const auto sequences = static_cast<int64_t>(offsets.size()) - 1;
    at::parallel_for(0, sequences * kv_heads, 1, [&](int64_t begin, int64_t end) {
        at::AutoDispatchBelowADInplaceOrView no_autograd;
        for (int64_t i = begin; i < end; ++i) {
            const auto s = static_cast<std::size_t>(i % sequences);
            body(offsets[s], offsets[s + 1] - offsets[s], i / sequences);
        }
    });
}

// Rows [begin, begin + count) of one head of [N, heads, D].
at::Tensor head_rows(const at::Tensor& tensor, int64_t head, int64_t begin, int64_t count) {
    return tensor.narrow(0, begin, count).select(1, head);
}

// Raw products of the block's queries with its keys, [count, keys].
at::Tensor raw_scores(const at::Tensor& queries, const at::Tensor& keys, const Block& block) {
    return at::mm(queries.narrow(0, block.begin, block.count),
                  keys.narrow(0, block.first_key, block.keys).t());
}

class CausalAttention : public torch::autograd::Function<CausalAttention> {
  public:
    // q [N, H, D], k, v [N, K, D] -> [N, H, D]; sequence s is rows [offsets[s], offsets[s + 1])
    static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const std::vector<int64_t>& offsets, double scale,
                              int64_t window) {
        const int64_t total = q.size(0), heads = q.size(1), kv_heads = k.size(1), group = heads / kv_heads;
        at::Tensor out = at::empty({total, heads, q.size(2)}, q.options());
        at::Tensor log_sums = at::empty({heads, total}, q.options());
        float* const sums = log_sums.data_ptr<float>();
        for_each_head(offsets, kv_heads, [&](int64_t first, int64_t tokens, int64_t kv) {
            const at::Tensor keys = head_rows(k, kv, first, tokens), values = head_rows(v, kv, first, tokens);
            for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
                const at::Tensor queries = head_rows(q, h, first, tokens);
                float* const head_sums = sums + h * total + first;
                for (int64_t begin = 0; begin < tokens; begin += query_block) {
                    const Block block(begin, tokens, window);
                    const at::Tensor scores = raw_scores(queries, keys, block);
                    float* row = scores.data_ptr<float>();
                    for (int64_t r = 0; r < block.count; ++r, row += block.keys) {
                        head_sums[begin + r] =
                            rows::softmax_row(row, block.keys, block.seen(r), static_cast<float>(scale));
                    }
                    at::Tensor target = head_rows(out, h, first + begin, block.count);
                    at::mm_out(target, scores, values.narrow(0, block.first_key, block.keys));
                }
            }
        });
        context->save_for_backward({q, k, v, out, log_sums});
        context->saved_data["offsets"] = offsets;
        context->saved_data["scale"] = scale;
        context->saved_data["window"] = window;
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &log_sums = saved[4];
        const std::vector<int64_t> offsets = context->saved_data["offsets"].toIntVector();
        const double scale = context->saved_data["scale"].toDouble();
        const int64_t window = context->saved_data["window"].toInt();
        const at::Tensor grad = grads[0].contiguous();  // [N, H, D]
        const int64_t total = q.size(0), heads = q.size(1), width = q.size(2), kv_heads = k.size(1);
        const int64_t group = heads / kv_heads;
        const bool want_q = context->needs_input_grad(0), want_k = context->needs_input_grad(1),
                   want_v = context->needs_input_grad(2);
        const auto zeros = [&](bool wanted) {
            return wanted ? at::zeros({total, kv_heads, width}, q.options()) : at::Tensor();
        };
        const at::Tensor grad_q = want_q ? at::empty({total, heads, width}, q.options()) : at::Tensor(),
                         grad_k = zeros(want_k), grad_v = zeros(want_v);
        const float *sums = log_sums.data_ptr<float>(), *outputs = out.data_ptr<float>(),
                    *d = grad.data_ptr<float>();
        for_each_head(offsets, kv_heads, [&](int64_t first, int64_t tokens, int64_t kv) {
            const at::Tensor keys = head_rows(k, kv, first, tokens), values = head_rows(v, kv, first, tokens);
            for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
                const at::Tensor queries = head_rows(q, h, first, tokens);
                const float* const head_sums = sums + h * total + first;
                for (int64_t begin = 0; begin < tokens; begin += query_block) {
                    const Block block(begin, tokens, window);
                    const at::Tensor weights = raw_scores(queries, keys, block);
                    const at::Tensor grad_rows = head_rows(grad, h, first + begin, block.count);
                    at::Tensor grad_scores;
                    if (want_q || want_k) {
                        grad_scores = at::mm(grad_rows, values.narrow(0, block.first_key, block.keys).t());
                    }
                    for (int64_t r = 0; r < block.count; ++r) {
                        float* const row = weights.data_ptr<float>() + r * block.keys;
                        const auto factor = static_cast<float>(scale);
                        if (!grad_scores.defined()) {
                            rows::softmax_row_again(row, block.keys, block.seen(r), factor,
                                                    head_sums[begin + r]);
                            continue;
                        }
                        const int64_t at = ((first + begin + r) * heads + h) * width;
                        rows::softmax_row_backward(row, grad_scores.data_ptr<float>() + r * block.keys,
                                                   block.keys, block.seen(r), factor, head_sums[begin + r],
                                                   rows::dot(d + at, outputs + at, width));
                    }
                    const int64_t first_key = first + block.first_key;
                    if (want_v) head_rows(grad_v, kv, first_key, block.keys).addmm_(weights.t(), grad_rows);
                    if (want_q) {
                        head_rows(grad_q, h, first + begin, block.count)
                            .addmm_(grad_scores, keys.narrow(0, block.first_key, block.keys), 0, scale);
                    }
                    if (want_k) {
                        head_rows(grad_k, kv, first_key, block.keys)
                            .addmm_(grad_scores.t(), queries.narrow(0, begin, block.count), 1, scale);
                    }
                }
            }
        });
        return {grad_q, grad_k, grad_v, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor fused_causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                  int64_t window, at::IntArrayRef offsets) {
    const int64_t batch = q.size(0), tokens = q.size(2);
    std::vector<int64_t> sequences = offsets.vec();
    if (sequences.empty()) {
        for (int64_t b = 0; b <= batch; ++b) sequences.push_back(b * tokens);
    }
    // As the projections made them: a view, not a copy.
    const auto rows_of = [](const at::Tensor& heads) { return heads.transpose(1, 2).flatten(0, 1); };
    return CausalAttention::apply(rows_of(q), rows_of(k), rows_of(v), sequences, scale, window)
        .view({batch, tokens, q.size(1) * q.size(3)});
}

}  // namespace engine
