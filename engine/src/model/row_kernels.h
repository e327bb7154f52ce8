// Loops over rows of f32 in memory, each one pass where ATen needs several: the compiler vectorises them for
// every processor generation it knows and the best one is chosen when the program starts. No tensors, no
// threads: callers split the rows. Pointers are to contiguous values unless a stride is given; strides count
// values. Inputs and outputs may be the same memory where it says so.
#pragma once

#include <cstdint>

namespace engine::rows {

// y = x * inverse * weight, inverse = 1 / sqrt(mean(x^2) + eps) per row. x, y [rows, width], inverse [rows].
void rms_norm(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* y,
              float* inverse);
// grad_x = inverse * (g - x * inverse^2 * mean(g * x)), g = grad * weight.
void rms_norm_backward(const float* grad, const float* x, const float* weight, const float* inverse,
                       int64_t rows, int64_t width, float* grad_x);
// grad_weight [width] = sum over the rows of grad * x * inverse.
void rms_norm_weight_gradient(const float* grad, const float* x, const float* inverse, int64_t rows,
                              int64_t width, float* grad_weight);

// y = silu(gate) * up over `count` values.
void swiglu(const float* gate, const float* up, int64_t count, float* y);
void swiglu_backward(const float* grad, const float* gate, const float* up, int64_t count, float* grad_gate,
                     float* grad_up);

// y = x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) / 2 (Hendrycks & Gimpel, arXiv:1606.08415).
void gelu_tanh(const float* x, int64_t count, float* y);
void gelu_tanh_backward(const float* grad, const float* x, int64_t count, float* grad_x);

// Turns one head: y1 = x1 cos - direction x2 sin, y2 = x2 cos + direction x1 sin over the halves of width
// values.
void rotate(const float* x, const float* cos, const float* sin, int64_t width, float direction, float* y);

// Which keys the row of a score block may see: [first, end) of the block's columns; all others become 0.
struct SeenKeys {
    int64_t first = 0, end = 0;
};
// scores [width], raw products q.k: becomes softmax(scale * scores) over what is seen. Returns the
// log-sum-exp.
float softmax_row(float* scores, int64_t width, SeenKeys seen, float scale);
// scores: raw products again; becomes the weights exp(scale * scores - log_sum). grad_scores: the gradient of
// the weights; becomes that of the scaled scores, (grad - dot) * weights.
void softmax_row_backward(float* scores, float* grad_scores, int64_t width, SeenKeys seen, float scale,
                          float log_sum, float dot);
// Without the gradient of the scores.
void softmax_row_again(float* scores, int64_t width, SeenKeys seen, float scale, float log_sum);
// Sum of a * b.
float dot(const float* a, const float* b, int64_t count);

}  // namespace engine::rows
