#include "model/row_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define LWB_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LWB_VECTOR_CLONES
#endif
#define LWB_INLINE inline __attribute__((always_inline))

namespace engine::rows {
namespace {

// e^x by 2^n * e^r, |r| <= ln(2) / 2, and the Taylor polynomial of degree 6 of e^r: relative error below
// 3e-7. Below the range of normal numbers it gives (nearly) 0, above it infinity's neighbourhood; NaN stays
// NaN.
LWB_INLINE float exponential(float x) {
    constexpr float log2_e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    constexpr float shift = 12582912.f;  // 1.5 * 2^23: adding and taking it away rounds to an integer
    x = x < -87.f ? -87.f : x;
    x = x > 88.f ? 88.f : x;
    const float n = (x * log2_e + shift) - shift;
    const float r = (x - n * ln2_high) - n * ln2_low;
    float p = 1.f / 720;
    p = p * r + 1.f / 120;
    p = p * r + 1.f / 24;
    p = p * r + 1.f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.f;
    p = p * r + 1.f;
    const auto exponent = static_cast<int32_t>(n) + 127;
    return p * std::bit_cast<float>(exponent << 23);
}

LWB_INLINE float sigmoid(float x) {
    return 1.f / (1.f + exponential(-x));
}

constexpr float gelu_a = 0.7978845608f * 2;  // 2 sqrt(2/pi): (1 + tanh(u)) / 2 = sigmoid(2 u)
constexpr float gelu_b = 0.044715f;

}  // namespace

LWB_VECTOR_CLONES
void rms_norm(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* y,
              float* inverse) {
    for (int64_t row = 0; row < rows; ++row, x += width, y += width) {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < width; ++i) sum += x[i] * x[i];
        const float inv = 1.f / std::sqrt(sum / static_cast<float>(width) + eps);
        inverse[row] = inv;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) y[i] = x[i] * inv * weight[i];
    }
}

LWB_VECTOR_CLONES
void rms_norm_backward(const float* grad, const float* x, const float* weight, const float* inverse,
                       int64_t rows, int64_t width, float* grad_x) {
    for (int64_t row = 0; row < rows; ++row, x += width, grad += width, grad_x += width) {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < width; ++i) sum += grad[i] * weight[i] * x[i];
        const float inv = inverse[row], part = sum / static_cast<float>(width) * inv * inv;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) grad_x[i] = (grad[i] * weight[i] - x[i] * part) * inv;
    }
}

LWB_VECTOR_CLONES
void rms_norm_weight_gradient(const float* grad, const float* x, const float* inverse, int64_t rows,
                              int64_t width, float* grad_weight) {
    std::fill_n(grad_weight, width, 0.f);
    for (int64_t row = 0; row < rows; ++row, x += width, grad += width) {
        const float inv = inverse[row];
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) grad_weight[i] += grad[i] * x[i] * inv;
    }
}

LWB_VECTOR_CLONES
void swiglu(const float* gate, const float* up, int64_t count, float* y) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) y[i] = gate[i] * sigmoid(gate[i]) * up[i];
}

LWB_VECTOR_CLONES
void swiglu_backward(const float* grad, const float* gate, const float* up, int64_t count, float* grad_gate,
                     float* grad_up) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
        const float g = grad[i], x = gate[i], s = sigmoid(x);
        grad_up[i] = g * x * s;
        grad_gate[i] = g * up[i] * s * (1.f + x * (1.f - s));
    }
}

LWB_VECTOR_CLONES
void gelu_tanh(const float* x, int64_t count, float* y) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] * sigmoid(gelu_a * (x[i] + gelu_b * x[i] * x[i] * x[i]));
}

LWB_VECTOR_CLONES
void gelu_tanh_backward(const float* grad, const float* x, int64_t count, float* grad_x) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
        const float v = x[i], square = v * v;
        const float s = sigmoid(gelu_a * (v + gelu_b * v * square));
        grad_x[i] = grad[i] * (s + v * s * (1.f - s) * gelu_a * (1.f + 3.f * gelu_b * square));
    }
}

LWB_VECTOR_CLONES
void rotate(const float* x, const float* cos, const float* sin, int64_t width, float direction, float* y) {
    const int64_t half = width / 2;
#pragma omp simd
    for (int64_t i = 0; i < half; ++i) {
        const float first = x[i], second = x[half + i], s = sin[i] * direction;
        y[i] = first * cos[i] - second * s;
        y[half + i] = second * cos[i] + first * s;
    }
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
                          float log_sum, float dot) {
#pragma omp simd
    for (int64_t i = seen.first; i < seen.end; ++i) {
        const float weight = exponential(scores[i] * scale - log_sum);
        scores[i] = weight;
        grad_scores[i] = (grad_scores[i] - dot) * weight;
    }
    for (float* const row : {scores, grad_scores}) {
        std::fill(row, row + seen.first, 0.f);
        std::fill(row + seen.end, row + width, 0.f);
    }
}

LWB_VECTOR_CLONES
float dot(const float* a, const float* b, int64_t count) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace engine::rows
