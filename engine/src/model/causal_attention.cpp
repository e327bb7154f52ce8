#include "model/attention_heads.h"
#include "model/fused_ops.h"
#include "model/rows_of_tensors.h"
#include "model/tile_attention.h"

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The values of a row must lie side by side; a view of a fused projection's output is fine, an expanded
// gradient is not.
at::Tensor innermost_contiguous(const at::Tensor& x) {
    return x.stride(-1) == 1 ? x : x.contiguous();
}

// One head of [N, heads, D], from a row on.
template <class T>
RowsOf<T> head_rows(const at::Tensor& tensor, int64_t head, int64_t row) {
    auto* const data = reinterpret_cast<T*>(tensor.data_ptr());
    return {data + row * tensor.stride(0) + head * tensor.stride(1), tensor.stride(0)};
}

// use(the type that computes a head of these values fastest here)
template <class Use>
void with_head_of(const at::Tensor& q, const Use& use) {
    if (q.scalar_type() == at::kFloat) {
        use(std::type_identity<AttentionHead<float>>{});
    } else if (tile_unit()) {
        use(std::type_identity<TileAttentionHead>{});
    } else {
        use(std::type_identity<AttentionHead<rows::bf16>>{});
    }
}

// What every head of every sequence has in common.
struct Attention {
    std::vector<int64_t> offsets;
    double scale = 1;
    int64_t window = 0;
    int64_t heads = 0, kv_heads = 0, width = 0;
    bool causal = true;

    HeadShape shape(int64_t tokens) const {
        return {tokens, width, window, static_cast<float>(scale), causal};
    }
    int64_t group() const { return heads / kv_heads; }

    // Runs body(first row, tokens, kv_head, workspace) for every sequence and head, spread over the cores.
    // Heads go first: however unequal the sequences, every core gets about the same work.
    template <class Head, class Body>
    void for_each_head(bool backward, const Body& body) const {
        const auto sequences = static_cast<int64_t>(offsets.size()) - 1;
        int64_t longest = 0;
        for (int64_t s = 0; s < sequences; ++s) longest = std::max(longest, offsets[s + 1] - offsets[s]);
        const int64_t workspace = Head::workspace(shape(longest), backward);
        at::parallel_for(0, sequences * kv_heads, 1, [&](int64_t begin, int64_t end) {
            const at::Tensor memory = at::empty({workspace}, at::kFloat);
            for (int64_t i = begin; i < end; ++i) {
                const auto s = static_cast<std::size_t>(i % sequences);
                body(offsets[s], offsets[s + 1] - offsets[s], i / sequences, memory.data_ptr<float>());
            }
        });
    }
};

template <class Head>
void attend(const Attention& all, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
            const at::Tensor& out, const at::Tensor& log_sums) {
    using T = typename Head::Value;
    all.for_each_head<Head>(false, [&](int64_t row, int64_t tokens, int64_t kv, float* workspace) {
        Head head(all.shape(tokens), head_rows<const T>(k, kv, row), head_rows<const T>(v, kv, row), false,
                  workspace);
        for (int64_t h = kv * all.group(); h < (kv + 1) * all.group(); ++h) {
            head.attend(head_rows<const T>(q, h, row), head_rows<T>(out, h, row),
                        log_sums.data_ptr<float>() + h * q.size(0) + row);
        }
    });
}

struct Gradients {
    at::Tensor q, k, v;
};

template <class Head>
void differentiate(const Attention& all, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                   const at::Tensor& log_sums, const at::Tensor& grad, const Gradients& to) {
    using T = typename Head::Value;
    all.for_each_head<Head>(true, [&](int64_t row, int64_t tokens, int64_t kv, float* workspace) {
        Head head(all.shape(tokens), head_rows<const T>(k, kv, row), head_rows<const T>(v, kv, row), true,
                  workspace);
        for (int64_t h = kv * all.group(); h < (kv + 1) * all.group(); ++h) {
            head.differentiate(head_rows<const T>(q, h, row), head_rows<const T>(grad, h, row),
                               log_sums.data_ptr<float>() + h * q.size(0) + row, head_rows<T>(to.q, h, row));
        }
        head.gradients_of_keys_and_values(head_rows<T>(to.k, kv, row), head_rows<T>(to.v, kv, row));
    });
}

class FusedAttention : public torch::autograd::Function<FusedAttention> {
  public:
    // q [N, H, D], k, v [N, K, D] -> [N, H, D]; sequence s is rows [offsets[s], offsets[s + 1])
    static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const std::vector<int64_t>& offsets, double scale,
                              int64_t window, bool causal) {
        const Attention all{offsets, scale, window, q.size(1), k.size(1), q.size(2), causal};
        const at::Tensor out = at::empty({q.size(0), q.size(1), q.size(2)}, q.options());
        const at::Tensor log_sums = at::empty({q.size(1), q.size(0)}, q.options().dtype(at::kFloat));
        with_head_of(q,
                     [&](auto head) { attend<typename decltype(head)::type>(all, q, k, v, out, log_sums); });
        context->save_for_backward({q, k, v, log_sums});
        context->saved_data["offsets"] = offsets;
        context->saved_data["scale"] = scale;
        context->saved_data["window"] = window;
        context->saved_data["causal"] = causal;
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
        const Attention all{context->saved_data["offsets"].toIntVector(),
                            context->saved_data["scale"].toDouble(),
                            context->saved_data["window"].toInt(),
                            q.size(1),
                            k.size(1),
                            q.size(2),
                            context->saved_data["causal"].toBool()};
        const at::Tensor grad = innermost_contiguous(grads[0]);
        const auto like = [](const at::Tensor& x) { return at::empty(x.sizes(), x.options()); };
        const Gradients to{like(q), like(k), like(v)};
        with_head_of(q, [&](auto head) {
            differentiate<typename decltype(head)::type>(all, q, k, v, saved[3], grad, to);
        });
        return {to.q, to.k, to.v, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

at::Tensor attend_sequences(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                            int64_t window, at::IntArrayRef offsets, bool causal) {
    const int64_t batch = q.size(0), tokens = q.size(2);
    std::vector<int64_t> sequences = offsets.vec();
    if (sequences.empty()) {
        for (int64_t b = 0; b <= batch; ++b) sequences.push_back(b * tokens);
    }
    // As the projections made them: a view, not a copy.
    const auto rows_of = [](const at::Tensor& heads) {
        return innermost_contiguous(heads.transpose(1, 2).flatten(0, 1));
    };
    return FusedAttention::apply(rows_of(q), rows_of(k), rows_of(v), sequences, scale, window, causal)
        .view({batch, tokens, q.size(1) * q.size(3)});
}

}  // namespace

at::Tensor fused_causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                  int64_t window, at::IntArrayRef offsets) {
    return attend_sequences(q, k, v, scale, window, offsets, true);
}

at::Tensor fused_full_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                at::IntArrayRef offsets) {
    return attend_sequences(q, k, v, scale, 0, offsets, false);
}

}  // namespace engine
