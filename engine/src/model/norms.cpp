#include "model/norms.h"

#include "model/rows_of_tensors.h"

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool centred(const NormRule& rule) {
    return rule.kind == NormKind::layer_norm;
}

at::Tensor scale_of(const NormWeights& weights, const NormRule& rule) {
    return rule.offset == 0 ? weights.weight.detach() : weights.weight.detach() + rule.offset;
}

const float* values_or_null(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.data_ptr<float>() : nullptr;
}

// (x - mean) * inverse
at::Tensor standardized(const at::Tensor& x, const RowStatistics& statistics) {
    return (statistics.mean.defined() ? x - statistics.mean : x) * statistics.inverse;
}

}  // namespace

at::Tensor norm_values(const at::Tensor& x, const NormWeights& weights, const NormRule& rule,
                       at::ScalarType type, RowStatistics& statistics) {
    const at::Tensor scale = scale_of(weights, rule), bias = weights.bias;
    const int64_t rows = x.size(0), width = x.size(1);
    if (!in_rows(x)) {
        if (centred(rule)) statistics.mean = x.mean(1, /*keepdim=*/true);
        const at::Tensor middle = statistics.mean.defined() ? x - statistics.mean : x;
        statistics.inverse = middle.square().mean(1, /*keepdim=*/true).add_(rule.eps).rsqrt_();
        at::Tensor y = (middle * statistics.inverse).mul_(scale);
        if (bias.defined()) y.add_(bias.detach());
        return y.to(type);
    }
    if (centred(rule)) statistics.mean = at::empty({rows, 1}, x.options());
    statistics.inverse = at::empty({rows, 1}, x.options());
    const at::Tensor y = at::empty(x.sizes(), x.options().dtype(type));
    const float *const from = x.data_ptr<float>(), *const w = scale.data_ptr<float>(),
                       *const b = values_or_null(bias);
    float* const inverse = statistics.inverse.data_ptr<float>();
    float* const mean = centred(rule) ? statistics.mean.data_ptr<float>() : nullptr;
    with_rows(y, [&](auto* to) {
        for_rows(rows, width, [&](int64_t begin, int64_t end) {
            rows::norm(from + begin * width, w, b, static_cast<float>(rule.eps), end - begin, width,
                       to + begin * width, mean ? mean + begin : nullptr, inverse + begin);
        });
    });
    return y;
}

NormGradients norm_gradients(const at::Tensor& grad, const at::Tensor& x, const NormWeights& weights,
                             const NormRule& rule, const RowStatistics& statistics, bool want_x,
                             bool want_weight, bool want_bias) {
    NormGradients wanted;
    const at::Tensor scale = scale_of(weights, rule);
    if (!in_rows(x)) {
        const at::Tensor standard = standardized(x, statistics);
        if (want_weight) wanted.weight = (grad * standard).sum(0);
        if (want_bias) wanted.bias = grad.sum(0);
        if (want_x) {
            at::Tensor g = grad * scale;
            const at::Tensor slope = (g * standard).mean(1, /*keepdim=*/true);
            if (centred(rule)) g = g - g.mean(1, /*keepdim=*/true);
            wanted.x = (g - standard * slope).mul_(statistics.inverse);
        }
        return wanted;
    }
    const int64_t rows = x.size(0), width = x.size(1);
    const float *const g = grad.data_ptr<float>(), *const from = x.data_ptr<float>(),
                       *const mean = values_or_null(statistics.mean),
                       *const inverse = statistics.inverse.data_ptr<float>();
    if (want_x) {
        wanted.x = at::empty_like(x);
        const float* const w = scale.data_ptr<float>();
        float* const to = wanted.x.data_ptr<float>();
        for_rows(rows, width, [&](int64_t begin, int64_t end) {
            const int64_t at = begin * width;
            rows::norm_backward(g + at, from + at, w, mean ? mean + begin : nullptr, inverse + begin,
                                end - begin, width, to + at);
        });
    }
    if (want_weight || want_bias) {
        // Parts of fixed size, so that the sum does not depend on the number of threads.
        constexpr int64_t part = 128;
        const int64_t parts = (rows + part - 1) / part;
        const at::Tensor sums = at::empty({parts, 2, width}, x.options());
        float* const to = sums.data_ptr<float>();
        for_rows(parts, part * width, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t row = i * part;
                float* const sum = to + 2 * i * width;
                rows::norm_weight_gradient(g + row * width, from + row * width, mean ? mean + row : nullptr,
                                           inverse + row, std::min(part, rows - row), width, sum,
                                           want_bias ? sum + width : nullptr);
            }
        });
        if (want_weight) wanted.weight = sums.select(1, 0).sum(0);
        if (want_bias) wanted.bias = sums.select(1, 1).sum(0);
    }
    return wanted;
}

namespace {

class Norm : public torch::autograd::Function<Norm> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                              const c10::optional<at::Tensor>& bias, int64_t kind, double eps,
                              double offset) {
        const NormWeights weights{weight, bias.value_or(at::Tensor())};
        const NormRule rule{static_cast<NormKind>(kind), eps, offset};
        const at::Tensor x = input.reshape({-1, input.size(-1)}).contiguous();
        RowStatistics statistics;
        at::Tensor y = norm_values(x, weights, rule, x.scalar_type(), statistics);
        context->save_for_backward({x, weight, weights.bias, statistics.mean, statistics.inverse});
        context->saved_data["kind"] = kind;
        context->saved_data["eps"] = eps;
        context->saved_data["offset"] = offset;
        return y.view(input.sizes());
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const NormRule rule{static_cast<NormKind>(context->saved_data["kind"].toInt()),
                            context->saved_data["eps"].toDouble(), context->saved_data["offset"].toDouble()};
        const at::Tensor& x = saved[0];
        const NormGradients wanted =
            norm_gradients(grads[0].reshape(x.sizes()).contiguous(), x, {saved[1], saved[2]}, rule,
                           {saved[3], saved[4]}, context->needs_input_grad(0), context->needs_input_grad(1),
                           saved[2].defined() && context->needs_input_grad(2));
        const at::Tensor grad_x = wanted.x.defined() ? wanted.x.view(grads[0].sizes()) : at::Tensor();
        return {grad_x, wanted.weight, wanted.bias, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor normalize(const at::Tensor& x, const NormWeights& weights, const NormRule& rule) {
    return Norm::apply(x, weights.weight,
                       weights.bias.defined() ? c10::make_optional(weights.bias) : c10::nullopt,
                       static_cast<int64_t>(rule.kind), rule.eps, rule.offset);
}

}  // namespace engine
