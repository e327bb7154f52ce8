#include "model/ops.h"
#include "model/rows_of_tensors.h"

namespace engine {
namespace {

// Rows of logits held at once: every product reads the whole head, so few rows cost time and many cost memory
// (512 x 50257 f32 = 103 MB, the only tensor of that size).
constexpr int64_t cross_entropy_rows = 512;

// logits [n, V] without the bias [V] (or undefined) become the gradient of the sum of -log softmax[target],
// softmax - onehot(target), in their own type. Returns the sum.
at::Tensor cross_entropy_in_place(at::Tensor& logits, const at::Tensor& bias, const at::Tensor& targets) {
    if (!in_rows(logits)) {
        at::Tensor values = logits.to(at::kFloat);
        if (bias.defined()) values = values + bias.detach();
        const at::Tensor log_sum = at::logsumexp(values, 1, /*keepdim=*/true), target = targets.unsqueeze(1);
        const at::Tensor sum = (log_sum - values.gather(1, target)).sum();
        values = values.sub(log_sum).exp_();
        logits = values.scatter_add_(1, target, at::full_like(target, -1, values.options()))
                     .to(logits.scalar_type());
        return sum;
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
    return losses.sum();
}

class ChunkedCrossEntropy : public torch::autograd::Function<ChunkedCrossEntropy> {
  public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                              const at::Tensor& head, const at::Tensor& all_targets,
                              const c10::optional<at::Tensor>& maybe_bias) {
        const at::Tensor bias = maybe_bias.value_or(at::Tensor()), targets = all_targets.contiguous();
        const bool hidden_needs = hidden.requires_grad(), head_needs = head.requires_grad();
        const bool bias_needs = bias.defined() && bias.requires_grad();
        const int64_t rows = hidden.size(0);
        at::Tensor total = at::zeros({}, hidden.options());
        at::Tensor grad_hidden = hidden_needs ? at::empty_like(hidden) : at::Tensor();
        at::Tensor grad_head = head_needs ? at::zeros(head.sizes(), hidden.options()) : at::Tensor();
        at::Tensor grad_bias = bias_needs ? at::zeros(bias.sizes(), hidden.options()) : at::Tensor();
        for (int64_t begin = 0; begin < rows; begin += cross_entropy_rows) {
            const int64_t count = std::min(cross_entropy_rows, rows - begin);
            const at::Tensor x = hidden.narrow(0, begin, count).to(head.scalar_type());
            at::Tensor logits = at::mm(x, head.t());  // [count, V], then their gradient
            total += cross_entropy_in_place(logits, bias, targets.narrow(0, begin, count));
            if (hidden_needs) grad_hidden.narrow(0, begin, count).copy_(at::mm(logits, head));
            if (head_needs) grad_head.add_(at::mm(logits.t(), x));
            if (bias_needs) grad_bias.add_(logits.sum(0, /*keepdim=*/false, at::kFloat));
        }
        context->save_for_backward({grad_hidden, grad_head, grad_bias});
        return total;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto scaled = [&](const at::Tensor& grad) {
            return grad.defined() ? grad * grads[0] : at::Tensor();
        };
        return {scaled(saved[0]), scaled(saved[1]), at::Tensor(), scaled(saved[2])};
    }
};

}  // namespace

at::Tensor chunked_cross_entropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                                 const at::Tensor& bias) {
    return ChunkedCrossEntropy::apply(hidden, head, targets,
                                      bias.defined() ? c10::make_optional(bias) : c10::nullopt);
}

}  // namespace engine
