#include "model/fused_ops.h"

#include "model/rows_of_tensors.h"

namespace engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
        with_rows(y, [&](auto* to) {
            const auto *const g = rows_as(gate, to), *const u = rows_as(up, to);
            for_rows(gate.numel(), 1, [&](int64_t begin, int64_t end) {
                rows::swiglu(g + begin, u + begin, end - begin, to + begin);
            });
        });
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &gate = saved[0], &up = saved[1];
        if (!in_rows(gate)) return {at::silu_backward(grads[0] * up, gate), at::silu(gate).mul_(grads[0])};
        const at::Tensor grad = grads[0].contiguous();
        at::Tensor grad_gate = at::empty_like(gate), grad_up = at::empty_like(up);
        with_rows(grad_gate, [&](auto* to_gate) {
            const auto *const d = rows_as(grad, to_gate), *const g = rows_as(gate, to_gate), *const u = rows_as(up, to_gate);
            auto* const to_up = rows_as(grad_up, to_gate);
            for_rows(gate.numel(), 1, [&](int64_t begin, int64_t end) {
                rows::swiglu_backward(d + begin, g + begin, u + begin, end - begin, to_gate + begin, to_up + begin);
            });
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
        with_rows(y, [&](auto* to) {
            const auto* const from = rows_as(x, to);
            for_rows(x.numel(), 1, [&](int64_t begin, int64_t end) { rows::gelu_tanh(from + begin, end - begin, to + begin); });
        });
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const at::Tensor x = context->get_saved_variables()[0], grad = grads[0].contiguous();
        at::Tensor grad_x = at::empty_like(x);
        with_rows(grad_x, [&](auto* to) {
            const auto *const from = rows_as(x, to), *const g = rows_as(grad, to);
            for_rows(x.numel(), 1, [&](int64_t begin, int64_t end) {
                rows::gelu_tanh_backward(g + begin, from + begin, end - begin, to + begin);
            });
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
    const float *const c = cos.data_ptr<float>(), *const s = sin.data_ptr<float>();
    const int64_t batch_stride = x.stride(0), head_stride = x.stride(1), token_stride = x.stride(2), angles = cos.stride(0);
    with_rows(y, [&](auto* to) {
        const auto* const from = rows_as(x, to);
        for_rows(x.size(0) * tokens, heads * width, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t b = i / tokens, t = i % tokens;
                for (int64_t h = 0; h < heads; ++h) {
                    rows::rotate(from + b * batch_stride + h * head_stride + t * token_stride, c + t * angles, s + t * angles, width,
                                 direction, to + (i * heads + h) * width);
                }
            }
        });
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
