// Loops over rows in memory, each one pass where ATen needs several: the compiler vectorises them for every
// processor generation it knows and the best one is chosen when the program starts. No tensors, no threads:
// callers split the rows. Values are f32 or bf16 in memory and f32 in between. Pointers are to contiguous
// values. Inputs and outputs may be the same memory where it says so.
#pragma once

#include "model/row_math.h"

#include <cstdint>

namespace engine::rows {

// y = (x - mean) * inverse * weight + bias per row, inverse = 1 / sqrt(mean((x - mean)^2) + eps): LayerNorm
// (Ba et al., arXiv:1607.06450). Not centred, the mean is 0: RMSNorm (Zhang & Sennrich, arXiv:1910.07467). x,
// y [rows, width]; mean, inverse [rows], mean null unless centred; bias [width] or null.
void norm(const float* x, const float* weight, const float* bias, float eps, int64_t rows, int64_t width,
          float* y, float* mean, float* inverse);
void norm(const float* x, const float* weight, const float* bias, float eps, int64_t rows, int64_t width,
          bf16* y, float* mean, float* inverse);
// grad_x = inverse * (g - mean(g) - n * mean(g * n)), g = grad * weight, n = (x - mean) * inverse; mean(g)
// only when centred. grad_x may be grad.
void norm_backward(const float* grad, const float* x, const float* weight, const float* mean,
                   const float* inverse, int64_t rows, int64_t width, float* grad_x);
// grad_weight [width] = sum over the rows of grad * n, grad_bias [width] or null = sum of grad.
void norm_weight_gradient(const float* grad, const float* x, const float* mean, const float* inverse,
                          int64_t rows, int64_t width, float* grad_weight, float* grad_bias);

// y = silu(gate) * up over `count` values.
void swiglu(const float* gate, const float* up, int64_t count, float* y);
void swiglu(const bf16* gate, const bf16* up, int64_t count, bf16* y);
void swiglu_backward(const float* grad, const float* gate, const float* up, int64_t count, float* grad_gate,
                     float* grad_up);
void swiglu_backward(const bf16* grad, const bf16* gate, const bf16* up, int64_t count, bf16* grad_gate,
                     bf16* grad_up);

// y = x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) / 2 (Hendrycks & Gimpel, arXiv:1606.08415).
void gelu_tanh(const float* x, int64_t count, float* y);
void gelu_tanh(const bf16* x, int64_t count, bf16* y);
// grad_x may be grad.
void gelu_tanh_backward(const float* grad, const float* x, int64_t count, float* grad_x);
void gelu_tanh_backward(const bf16* grad, const bf16* x, int64_t count, bf16* grad_x);

// Turns one head: y1 = x1 cos - direction x2 sin, y2 = x2 cos + direction x1 sin over the halves of width
// values.
void rotate(const float* x, const float* cos, const float* sin, int64_t width, float direction, float* y);
void rotate(const bf16* x, const float* cos, const float* sin, int64_t width, float direction, bf16* y);

// y = product + bias + residual; bias and residual may be null. y may be product or residual.
void add(const float* product, const float* bias, const float* residual, int64_t count, float* y);
void add(const bf16* product, const float* bias, const float* residual, int64_t count, float* y);
void add(const bf16* product, const float* bias, const float* residual, int64_t count, bf16* y);

// Which keys the row of a score block may see: [first, end) of the block's columns; all others become 0.
struct SeenKeys {
    int64_t first = 0, end = 0;
};
// scores [width], raw products q.k: becomes softmax(scale * scores) over what is seen. Returns the
// log-sum-exp.
float softmax_row(float* scores, int64_t width, SeenKeys seen, float scale);
// scores: raw products again; becomes the weights w = exp(scale * scores - log_sum). grad_scores: the
// gradient g of the weights; becomes that of the scaled scores, (g - sum(w * g)) * w.
void softmax_row_backward(float* scores, float* grad_scores, int64_t width, SeenKeys seen, float scale,
                          float log_sum);
// Without the gradient of the scores.
void softmax_row_again(float* scores, int64_t width, SeenKeys seen, float scale, float log_sum);

// logits [width] + bias (or null) of one token: returns -log softmax[target]; the logits become the gradient
// of that, softmax - onehot(target).
float cross_entropy_row(float* logits, const float* bias, int64_t width, int64_t target);
float cross_entropy_row(bf16* logits, const float* bias, int64_t width, int64_t target);

}  // namespace engine::rows
