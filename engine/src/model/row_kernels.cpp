#include "model/row_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace engine::rows {
namespace {

constexpr float gelu_a = 0.7978845608f * 2;  // 2 sqrt(2/pi): (1 + tanh(u)) / 2 = sigmoid(2 u)
constexpr float gelu_b = 0.044715f;

template <class T>
LWB_INLINE void swiglu_values(const T* gate, const T* up, int64_t count, T* y) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
        const float x = load(gate, i);
        store(y, i, x * sigmoid(x) * load(up, i));
    }
}

template <class T>
LWB_INLINE void swiglu_gradients(const T* grad, const T* gate, const T* up, int64_t count, T* grad_gate,
                                 T* grad_up) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
        const float g = load(grad, i), x = load(gate, i), s = sigmoid(x);
        store(grad_up, i, g * x * s);
        store(grad_gate, i, g * load(up, i) * s * (1.f + x * (1.f - s)));
    }
}

template <class T>
LWB_INLINE void gelu_values(const T* x, int64_t count, T* y) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
        const float v = load(x, i);
        store(y, i, v * sigmoid(gelu_a * (v + gelu_b * v * v * v)));
    }
}

template <class T>
LWB_INLINE void gelu_gradients(const T* grad, const T* x, int64_t count, T* grad_x) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
        const float v = load(x, i), square = v * v;
        const float s = sigmoid(gelu_a * (v + gelu_b * v * square));
        store(grad_x, i, load(grad, i) * (s + v * s * (1.f - s) * gelu_a * (1.f + 3.f * gelu_b * square)));
    }
}

template <class T>
LWB_INLINE void rotate_head(const T* x, const float* cos, const float* sin, int64_t width, float direction,
                            T* y) {
    const int64_t half = width / 2;
#pragma omp simd
    for (int64_t i = 0; i < half; ++i) {
        const float first = load(x, i), second = load(x, half + i), s = sin[i] * direction;
        store(y, i, first * cos[i] - second * s);
        store(y, half + i, second * cos[i] + first * s);
    }
}

template <class From, class To>
LWB_INLINE void add_values(const From* product, const float* bias, const float* residual, int64_t count,
                           To* y) {
    if (bias && residual) {
#pragma omp simd
        for (int64_t i = 0; i < count; ++i) store(y, i, load(product, i) + bias[i] + residual[i]);
    } else if (const float* const other = bias ? bias : residual) {
#pragma omp simd
        for (int64_t i = 0; i < count; ++i) store(y, i, load(product, i) + other[i]);
    } else {
#pragma omp simd
        for (int64_t i = 0; i < count; ++i) store(y, i, load(product, i));
    }
}

template <class T>
LWB_INLINE float cross_entropy_values(T* logits, const float* bias, int64_t width, int64_t target) {
    if (bias) add_values(logits, bias, static_cast<const float*>(nullptr), width, logits);
    float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
    for (int64_t i = 0; i < width; ++i) largest = load(logits, i) > largest ? load(logits, i) : largest;
    const float of_target = load(logits, target);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < width; ++i) {
        const float e = exponential(load(logits, i) - largest);
        sum += e;
        store(logits, i, e);
    }
    const float loss = largest + std::log(sum) - of_target, scale = 1.f / sum;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) store(logits, i, load(logits, i) * scale);
    store(logits, target, exponential(-loss) - 1.f);
    return loss;
}

}  // namespace

LWB_VECTOR_CLONES void swiglu(const float* gate, const float* up, int64_t count, float* y) {
    swiglu_values(gate, up, count, y);
}
LWB_VECTOR_CLONES void swiglu(const bf16* gate, const bf16* up, int64_t count, bf16* y) {
    swiglu_values(gate, up, count, y);
}

LWB_VECTOR_CLONES
void swiglu_backward(const float* grad, const float* gate, const float* up, int64_t count, float* grad_gate,
                     float* grad_up) {
    swiglu_gradients(grad, gate, up, count, grad_gate, grad_up);
}

LWB_VECTOR_CLONES
void swiglu_backward(const bf16* grad, const bf16* gate, const bf16* up, int64_t count, bf16* grad_gate,
                     bf16* grad_up) {
    swiglu_gradients(grad, gate, up, count, grad_gate, grad_up);
}

LWB_VECTOR_CLONES void gelu_tanh(const float* x, int64_t count, float* y) {
    gelu_values(x, count, y);
}
LWB_VECTOR_CLONES void gelu_tanh(const bf16* x, int64_t count, bf16* y) {
    gelu_values(x, count, y);
}

LWB_VECTOR_CLONES
void gelu_tanh_backward(const float* grad, const float* x, int64_t count, float* grad_x) {
    gelu_gradients(grad, x, count, grad_x);
}
LWB_VECTOR_CLONES
void gelu_tanh_backward(const bf16* grad, const bf16* x, int64_t count, bf16* grad_x) {
    gelu_gradients(grad, x, count, grad_x);
}

LWB_VECTOR_CLONES
void rotate(const float* x, const float* cos, const float* sin, int64_t width, float direction, float* y) {
    rotate_head(x, cos, sin, width, direction, y);
}

LWB_VECTOR_CLONES
void rotate(const bf16* x, const float* cos, const float* sin, int64_t width, float direction, bf16* y) {
    rotate_head(x, cos, sin, width, direction, y);
}

LWB_VECTOR_CLONES
void add(const float* product, const float* bias, const float* residual, int64_t count, float* y) {
    add_values(product, bias, residual, count, y);
}

LWB_VECTOR_CLONES
void add(const bf16* product, const float* bias, const float* residual, int64_t count, float* y) {
    add_values(product, bias, residual, count, y);
}

LWB_VECTOR_CLONES
void add(const bf16* product, const float* bias, const float* residual, int64_t count, bf16* y) {
    add_values(product, bias, residual, count, y);
}

LWB_VECTOR_CLONES
float softmax_row(float* scores, int64_t width, SeenKeys seen, float scale) {
    float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
    for (int64_t i = seen.first; i < seen.end; ++i) largest = scores[i] > largest ? scores[i] : largest;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = seen.first; i < seen.end; ++i) {
        scores[i] = exponential((scores[i] - largest) * scale);
        sum += scores[i];
    }
    const float inverse = 1.f / sum;
#pragma omp simd
    for (int64_t i = seen.first; i < seen.end; ++i) scores[i] *= inverse;
    std::fill(scores, scores + seen.first, 0.f);
    std::fill(scores + seen.end, scores + width, 0.f);
    return largest * scale + std::log(sum);
}

LWB_VECTOR_CLONES
void softmax_row_again(float* scores, int64_t width, SeenKeys seen, float scale, float log_sum) {
#pragma omp simd
    for (int64_t i = seen.first; i < seen.end; ++i) scores[i] = exponential(scores[i] * scale - log_sum);
    std::fill(scores, scores + seen.first, 0.f);
    std::fill(scores + seen.end, scores + width, 0.f);
}

LWB_VECTOR_CLONES
void softmax_row_backward(float* scores, float* grad_scores, int64_t width, SeenKeys seen, float scale,
                          float log_sum) {
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t i = seen.first; i < seen.end; ++i) {
        scores[i] = exponential(scores[i] * scale - log_sum);
        dot += scores[i] * grad_scores[i];
    }
#pragma omp simd
    for (int64_t i = seen.first; i < seen.end; ++i) grad_scores[i] = (grad_scores[i] - dot) * scores[i];
    for (float* const row : {scores, grad_scores}) {
        std::fill(row, row + seen.first, 0.f);
        std::fill(row + seen.end, row + width, 0.f);
    }
}

LWB_VECTOR_CLONES
float cross_entropy_row(float* logits, const float* bias, int64_t width, int64_t target) {
    return cross_entropy_values(logits, bias, width, target);
}

LWB_VECTOR_CLONES
float cross_entropy_row(bf16* logits, const float* bias, int64_t width, int64_t target) {
    return cross_entropy_values(logits, bias, width, target);
}

}  // namespace engine::rows
