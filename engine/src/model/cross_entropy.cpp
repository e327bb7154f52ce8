#include "model/large_products.h"
#include "model/ops.h"
#include "model/rows_of_tensors.h"

namespace engine {
namespace {

// Rows of logits held at once: every product reads the whole head, so few rows cost time and many cost memory
// (176 x 50257 f32 or twice as many in bf16 = 35 MB, the only tensor of that size).
int64_t most_rows(at::ScalarType type) {
    return type == at::kFloat ? 176 : 352;
}

// As many for each chunk: a last one of a few rows would read the head for them alone.
int64_t rows_of_chunk(int64_t rows, at::ScalarType type) {
    const int64_t chunks = std::max<int64_t>(1, (rows + most_rows(type) - 1) / most_rows(type));
    return (rows + chunks - 1) / chunks;
}

// logits [n, V] without the bias [V] (or undefined) become the gradient of -log softmax[target],
// softmax - onehot(target), in their own type. Returns the losses [n] f32.
at::Tensor cross_entropy_in_place(at::Tensor& logits, const at::Tensor& bias, const at::Tensor& targets) {
    if (!in_rows(logits)) {
        at::Tensor values = logits.to(at::kFloat);
        if (bias.defined()) values = values + bias.detach();
        const at::Tensor log_sum = at::logsumexp(values, 1, /*keepdim=*/true), target = targets.unsqueeze(1);
        const at::Tensor losses = (log_sum - values.gather(1, target)).squeeze(1);
        values = values.sub(log_sum).exp_();
        logits = values.scatter_add_(1, target, at::full_like(target, -1, values.options()))
                     .to(logits.scalar_type());
        return losses;
    }
    const int64_t count = logits.size(0), width = logits.size(1);
    const at::Tensor losses = at::empty({count}, logits.options().dtype(at::kFloat));
    float* const loss = losses.data_ptr<float>();
    const float* const added = bias.defined() ? bias.data_ptr<float>() : nullptr;
    const int64_t* const target = targets.data_ptr<int64_t>();
    with_rows(logits, [&](auto* values) {
        for_rows(count, width, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
                loss[row] = rows::cross_entropy_row(values + row * width, added, width, target[row]);
            }
        });
    });
    return losses;
}

class ChunkedCrossEntropy : public torch::autograd::Function<ChunkedCrossEntropy> {
  public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                              const at::Tensor& head, const at::Tensor& all_targets,
                              const c10::optional<at::Tensor>& maybe_bias, const std::vector<int64_t>& parts) {
        const at::Tensor bias = maybe_bias.value_or(at::Tensor()), targets = all_targets.contiguous();
        const bool hidden_needs = hidden.requires_grad(), head_needs = head.requires_grad();
        const bool bias_needs = bias.defined() && bias.requires_grad();
        const int64_t rows = hidden.size(0);
        if (!parts.empty() && (head_needs || bias_needs))
            throw std::logic_error("losses of parts do not train the head that they share");
        const at::Tensor losses = at::empty({rows}, hidden.options());
        at::Tensor grad_hidden = hidden_needs ? at::empty_like(hidden) : at::Tensor();
        at::Tensor grad_head = head_needs ? at::zeros(head.sizes(), hidden.options()) : at::Tensor();
        at::Tensor grad_bias = bias_needs ? at::zeros(bias.sizes(), hidden.options()) : at::Tensor();
        const at::ScalarType type = head.scalar_type();
        // Rows behind the last are zeros and have no loss.
        const auto held = [&](int64_t count) { return rows_to_multiply(count, type); };
        const int64_t chunk = held(rows_of_chunk(rows, type));
        const at::Tensor buffer = at::empty({chunk, head.size(0)}, hidden.options().dtype(type));
        for (int64_t begin = 0; begin < rows; begin += chunk) {
            const int64_t count = std::min(chunk, rows - begin);
            at::Tensor x = hidden.narrow(0, begin, count).to(type);
            if (held(count) > count) x = at::constant_pad_nd(x, {0, 0, 0, held(count) - count});
            at::Tensor all = buffer.narrow(0, 0, held(count)), logits = all.narrow(0, 0, count);  // [count, V], then their gradient
            matrix_product_into(all, x, head.t());
            losses.narrow(0, begin, count)
                .copy_(cross_entropy_in_place(logits, bias, targets.narrow(0, begin, count)));
            if (hidden_needs) grad_hidden.narrow(0, begin, count).copy_(matrix_product(all, head).narrow(0, 0, count));
            if (head_needs) grad_head.add_(matrix_product(logits.t(), x.narrow(0, 0, count)));
            if (bias_needs) grad_bias.add_(logits.sum(0, /*keepdim=*/false, at::kFloat));
        }
        context->save_for_backward({grad_hidden, grad_head, grad_bias});
        context->saved_data["parts"] = parts;
        if (parts.empty()) return losses.sum();
        std::vector<at::Tensor> sums;
        for (const at::Tensor& part : losses.split_with_sizes(parts)) sums.push_back(part.sum());
        return at::stack(sums);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list grads) {
        const auto saved = context->get_saved_variables();
        const std::vector<int64_t> parts = context->saved_data["parts"].toIntVector();
        at::Tensor grad_rows = grads[0];
        if (!parts.empty()) {
            std::vector<at::Tensor> rows;
            for (std::size_t i = 0; i < parts.size(); ++i)
                rows.push_back(grads[0][static_cast<int64_t>(i)].expand({parts[i], 1}));
            grad_rows = at::cat(rows);
        }
        const auto scaled = [](const at::Tensor& grad, const at::Tensor& factor) {
            return grad.defined() ? grad * factor : at::Tensor();
        };
        return {scaled(saved[0], grad_rows), scaled(saved[1], grads[0]), at::Tensor(),
                scaled(saved[2], grads[0]), at::Tensor()};
    }
};

}  // namespace

at::Tensor chunked_cross_entropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                                 const at::Tensor& bias, at::IntArrayRef parts) {
    return ChunkedCrossEntropy::apply(
        hidden, head, targets, bias.defined() ? c10::make_optional(bias) : c10::nullopt, parts.vec());
}

}  // namespace engine
