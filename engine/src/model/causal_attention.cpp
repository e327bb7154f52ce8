#include "model/fused_ops.h"
#include "model/rows_of_tensors.h"

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Queries of one block: large enough for efficient products, small enough to skip most of the future and stay
// in the cache.
constexpr int64_t query_block = 128;

// Queries [begin, begin + count) of one head of one sequence and the keys [first_key, first_key + keys) that
// any of them sees: up to the last query, from the window of the first one on.
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

// Runs body(first token, tokens, kv_head) for every sequence and head, spread over the cores; inside,
// products run on one core each. Heads go first: however unequal the sequences, every core gets about the
// same work.
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

// The same as f32, in which all products are formed: a copy of bf16 rows, small enough to stay in the cache.
at::Tensor head_values(const at::Tensor& tensor, int64_t head, int64_t begin, int64_t count) {
    return head_rows(tensor, head, begin, count).to(at::kFloat);
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
        const at::Tensor out = at::empty({total, heads, q.size(2)}, q.options());
        const at::Tensor log_sums = at::empty({heads, total}, q.options().dtype(at::kFloat));
        float* const sums = log_sums.data_ptr<float>();
        for_each_head(offsets, kv_heads, [&](int64_t first, int64_t tokens, int64_t kv) {
            const at::Tensor keys = head_values(k, kv, first, tokens),
                             values = head_values(v, kv, first, tokens);
            for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
                const at::Tensor queries = head_values(q, h, first, tokens);
                float* const head_sums = sums + h * total + first;
                for (int64_t begin = 0; begin < tokens; begin += query_block) {
                    const Block block(begin, tokens, window);
                    const at::Tensor scores = raw_scores(queries, keys, block);
                    float* row = scores.data_ptr<float>();
                    for (int64_t r = 0; r < block.count; ++r, row += block.keys) {
                        head_sums[begin + r] =
                            rows::softmax_row(row, block.keys, block.seen(r), static_cast<float>(scale));
                    }
                    head_rows(out, h, first + begin, block.count)
                        .copy_(at::mm(scores, values.narrow(0, block.first_key, block.keys)));
                }
            }
        });
        context->save_for_backward({q, k, v, log_sums});
        context->saved_data["offsets"] = offsets;
        context->saved_data["scale"] = scale;
        context->saved_data["window"] = window;
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &log_sums = saved[3];
        const std::vector<int64_t> offsets = context->saved_data["offsets"].toIntVector();
        const double scale = context->saved_data["scale"].toDouble();
        const int64_t window = context->saved_data["window"].toInt();
        const at::Tensor& grad = grads[0];  // [N, H, D]
        const int64_t group = q.size(1) / k.size(1), total = q.size(0);
        const bool want_q = context->needs_input_grad(0), want_k = context->needs_input_grad(1),
                   want_v = context->needs_input_grad(2);
        const auto gradient_of = [](const at::Tensor& tensor, bool wanted) {
            return wanted ? at::empty(tensor.sizes(), tensor.options()) : at::Tensor();
        };
        const at::Tensor grad_q = gradient_of(q, want_q), grad_k = gradient_of(k, want_k),
                         grad_v = gradient_of(v, want_v);
        const float* const sums = log_sums.data_ptr<float>();
        const auto factor = static_cast<float>(scale);
        for_each_head(offsets, k.size(1), [&](int64_t first, int64_t tokens, int64_t kv) {
            const at::Tensor keys = head_values(k, kv, first, tokens),
                             values = head_values(v, kv, first, tokens);
            // Summed over the blocks, and over the queries' heads that share keys and values.
            const at::Tensor head_grad_k =
                want_k ? at::zeros_like(keys, keys.options(), at::MemoryFormat::Contiguous) : at::Tensor();
            const at::Tensor head_grad_v =
                want_v ? at::zeros_like(values, values.options(), at::MemoryFormat::Contiguous)
                       : at::Tensor();
            for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
                const at::Tensor queries = head_values(q, h, first, tokens),
                                 head_grad = head_values(grad, h, first, tokens);
                const float* const head_sums = sums + h * total + first;
                for (int64_t begin = 0; begin < tokens; begin += query_block) {
                    const Block block(begin, tokens, window);
                    const at::Tensor weights = raw_scores(queries, keys, block);
                    const at::Tensor grad_rows = head_grad.narrow(0, begin, block.count);
                    at::Tensor grad_scores;
                    if (want_q || want_k) {
                        grad_scores = at::mm(grad_rows, values.narrow(0, block.first_key, block.keys).t());
                    }
                    for (int64_t r = 0; r < block.count; ++r) {
                        float* const row = weights.data_ptr<float>() + r * block.keys;
                        if (grad_scores.defined()) {
                            rows::softmax_row_backward(row, grad_scores.data_ptr<float>() + r * block.keys,
                                                       block.keys, block.seen(r), factor,
                                                       head_sums[begin + r]);
                        } else {
                            rows::softmax_row_again(row, block.keys, block.seen(r), factor,
                                                    head_sums[begin + r]);
                        }
                    }
                    if (want_v)
                        head_grad_v.narrow(0, block.first_key, block.keys).addmm_(weights.t(), grad_rows);
                    if (want_q) {
                        head_rows(grad_q, h, first + begin, block.count)
                            .copy_(
                                at::mm(grad_scores, keys.narrow(0, block.first_key, block.keys)).mul_(scale));
                    }
                    if (want_k) {
                        head_grad_k.narrow(0, block.first_key, block.keys)
                            .addmm_(grad_scores.t(), queries.narrow(0, begin, block.count), 1, scale);
                    }
                }
            }
            if (want_k) head_rows(grad_k, kv, first, tokens).copy_(head_grad_k);
            if (want_v) head_rows(grad_v, kv, first, tokens).copy_(head_grad_v);
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
