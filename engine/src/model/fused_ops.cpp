#include "model/fused_ops.h"

#include "model/row_kernels.h"

#include <ATen/Parallel.h>

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t values_per_task = 16384;  // enough work for a core to be worth waking

// The row kernels serve f32 on the CPU; elsewhere the same formulas in ATen's operations.
bool in_rows(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat;
}

template <class Body>
void for_rows(int64_t rows, int64_t width, const Body& body) {
    at::parallel_for(0, rows, std::max<int64_t>(1, values_per_task / std::max<int64_t>(1, width)), body);
}

class RmsNorm : public torch::autograd::Function<RmsNorm> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                              double eps) {
        if (!in_rows(input)) {
            const at::Tensor inverse =
                input.square().mean(-1, /*keepdim=*/true).add_(eps).rsqrt_();  // [..., 1]
            context->save_for_backward({input, weight, inverse});
            return (input * inverse).mul_(weight);
        }
        const at::Tensor x = input.contiguous();
        const int64_t width = x.size(-1), rows = x.numel() / width;
        at::Tensor y = at::empty_like(x), inverse = at::empty({rows}, x.options());
        const float *from = x.data_ptr<float>(), *scale = weight.data_ptr<float>();
        float *to = y.data_ptr<float>(), *inv = inverse.data_ptr<float>();
        for_rows(rows, width, [&](int64_t begin, int64_t end) {
            rows::rms_norm(from + begin * width, scale, static_cast<float>(eps), end - begin, width,
                           to + begin * width, inv + begin);
        });
        context->save_for_backward({x, weight, inverse});
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &inverse = saved[2];
        const bool want_x = context->needs_input_grad(0), want_weight = context->needs_input_grad(1);
        at::Tensor grad_x, grad_weight;
        if (!in_rows(x)) {
            const at::Tensor& grad = grads[0];
            if (want_weight) grad_weight = (grad * x).mul_(inverse).flatten(0, -2).sum(0);
            if (want_x) {
                // dx = inv · (g - x · inv^2 · mean(g · x)), g = grad · weight
                grad_x = grad * weight;
                const at::Tensor mean = (grad_x * x).mean(-1, /*keepdim=*/true).mul_(inverse).mul_(inverse);
                grad_x.addcmul_(x, mean, -1).mul_(inverse);
            }
            return {grad_x, grad_weight, at::Tensor()};
        }
        const at::Tensor grad = grads[0].contiguous();
        const int64_t width = x.size(-1), rows = x.numel() / width;
        const float *g = grad.data_ptr<float>(), *from = x.data_ptr<float>(),
                    *inv = inverse.data_ptr<float>();
        if (want_x) {
            grad_x = at::empty_like(x);
            const float* const scale = weight.data_ptr<float>();
            float* const to = grad_x.data_ptr<float>();
            for_rows(rows, width, [&](int64_t begin, int64_t end) {
                const int64_t at = begin * width;
                rows::rms_norm_backward(g + at, from + at, scale, inv + begin, end - begin, width, to + at);
            });
        }
        if (want_weight) {
            // Parts of fixed size, so that the sum does not depend on the number of threads.
            constexpr int64_t part = 128;
            const int64_t parts = (rows + part - 1) / part;
            const at::Tensor sums = at::empty({parts, width}, x.options());
            float* const to = sums.data_ptr<float>();
            for_rows(parts, part * width, [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                    rows::rms_norm_weight_gradient(g + i * part * width, from + i * part * width,
                                                   inv + i * part, std::min(part, rows - i * part), width,
                                                   to + i * width);
                }
            });
            grad_weight = sums.sum(0);
        }
        return {grad_x, grad_weight, at::Tensor()};
    }
};

class SwiGlu : public torch::autograd::Function<SwiGlu> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_values,
                              const at::Tensor& up_values) {
        const bool kernels = in_rows(gate_values);
        const at::Tensor gate = kernels ? gate_values.contiguous() : gate_values;
        const at::Tensor up = kernels ? up_values.contiguous() : up_values;
        context->save_for_backward({gate, up});
        if (!kernels) return at::silu(gate).mul_(up);
        at::Tensor y = at::empty_like(gate);
        const float *g = gate.data_ptr<float>(), *u = up.data_ptr<float>();
        float* const to = y.data_ptr<float>();
        for_rows(gate.numel(), 1, [&](int64_t begin, int64_t end) {
            rows::swiglu(g + begin, u + begin, end - begin, to + begin);
        });
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &gate = saved[0], &up = saved[1];
        if (!in_rows(gate)) return {at::silu_backward(grads[0] * up, gate), at::silu(gate).mul_(grads[0])};
        const at::Tensor grad = grads[0].contiguous();
        at::Tensor grad_gate = at::empty_like(gate), grad_up = at::empty_like(up);
        const float *d = grad.data_ptr<float>(), *g = gate.data_ptr<float>(), *u = up.data_ptr<float>();
        float *to_gate = grad_gate.data_ptr<float>(), *to_up = grad_up.data_ptr<float>();
        for_rows(gate.numel(), 1, [&](int64_t begin, int64_t end) {
            rows::swiglu_backward(d + begin, g + begin, u + begin, end - begin, to_gate + begin,
                                  to_up + begin);
        });
        return {grad_gate, grad_up};
    }
};

class GeluTanh : public torch::autograd::Function<GeluTanh> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& values) {
        const at::Tensor x = values.contiguous();
        context->save_for_backward({x});
        at::Tensor y = at::empty_like(x);
        const float* const from = x.data_ptr<float>();
        float* const to = y.data_ptr<float>();
        for_rows(x.numel(), 1,
                 [&](int64_t begin, int64_t end) { rows::gelu_tanh(from + begin, end - begin, to + begin); });
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const at::Tensor x = context->get_saved_variables()[0], grad = grads[0].contiguous();
        at::Tensor grad_x = at::empty_like(x);
        const float *from = x.data_ptr<float>(), *g = grad.data_ptr<float>();
        float* const to = grad_x.data_ptr<float>();
        for_rows(x.numel(), 1, [&](int64_t begin, int64_t end) {
            rows::gelu_tanh_backward(g + begin, from + begin, end - begin, to + begin);
        });
        return {grad_x};
    }
};

// y1 = x1 cos - x2 sin, y2 = x2 cos + x1 sin; direction -1 turns back. x [B, H, T, D], the last dimension
// contiguous; the result lies in memory as [B, T, H, D], as the projections and the attention's gradients do.
at::Tensor turn(const at::Tensor& values, const at::Tensor& cos, const at::Tensor& sin, float direction) {
    const int64_t width = values.size(-1), half = width / 2;
    if (!in_rows(values)) {
        at::Tensor y = at::empty_like(values);
        const at::Tensor c = cos.narrow(-1, 0, half), s = sin.narrow(-1, 0, half);
        const at::Tensor x1 = values.narrow(-1, 0, half), x2 = values.narrow(-1, half, half);
        at::Tensor y1 = y.narrow(-1, 0, half), y2 = y.narrow(-1, half, half);
        at::mul_out(y1, x1, c).addcmul_(x2, s, -direction);
        at::mul_out(y2, x2, c).addcmul_(x1, s, direction);
        return y;
    }
    const at::Tensor x = values.stride(-1) == 1 ? values : values.contiguous();
    const int64_t heads = x.size(1), tokens = x.size(2);
    at::Tensor y = at::empty({x.size(0), tokens, heads, width}, x.options());
    const float *from = x.data_ptr<float>(), *c = cos.data_ptr<float>(), *s = sin.data_ptr<float>();
    float* const to = y.data_ptr<float>();
    const int64_t batch_stride = x.stride(0), head_stride = x.stride(1), token_stride = x.stride(2);
    const int64_t angles = cos.stride(0);
    for_rows(x.size(0) * tokens, heads * width, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            const int64_t b = i / tokens, t = i % tokens;
            for (int64_t h = 0; h < heads; ++h) {
                rows::rotate(from + b * batch_stride + h * head_stride + t * token_stride, c + t * angles,
                             s + t * angles, width, direction, to + (i * heads + h) * width);
            }
        }
    });
    return y.transpose(1, 2);
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

}  // namespace

at::Tensor fused_rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
    return RmsNorm::apply(x, weight, eps);
}

at::Tensor fused_swiglu(const at::Tensor& gate, const at::Tensor& up) {
    return SwiGlu::apply(gate, up);
}

at::Tensor fused_gelu_tanh(const at::Tensor& x) {
    return in_rows(x) ? GeluTanh::apply(x) : at::gelu(x, "tanh");
}

at::Tensor fused_rotate(const at::Tensor& x, const RotaryTable& table) {
    return Rotate::apply(x, table.cos, table.sin);
}

}  // namespace engine
