#include "model/row_kernels.h"

#include <algorithm>
#include <cmath>

namespace engine::rows {
namespace {

template <class To>
LWB_INLINE void norm_rows(const float* x, const float* weight, const float* bias, float eps, int64_t rows,
                          int64_t width, To* y, float* mean, float* inverse) {
    for (int64_t row = 0; row < rows; ++row, x += width, y += width) {
        float middle = 0;
        if (mean) {
            float sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t i = 0; i < width; ++i) sum += x[i];
            mean[row] = middle = sum / static_cast<float>(width);
        }
        float squares = 0;
#pragma omp simd reduction(+ : squares)
        for (int64_t i = 0; i < width; ++i) squares += (x[i] - middle) * (x[i] - middle);
        const float inv = 1.f / std::sqrt(squares / static_cast<float>(width) + eps);
        inverse[row] = inv;
        if (bias) {
#pragma omp simd
            for (int64_t i = 0; i < width; ++i) store(y, i, (x[i] - middle) * inv * weight[i] + bias[i]);
        } else {
#pragma omp simd
            for (int64_t i = 0; i < width; ++i) store(y, i, (x[i] - middle) * inv * weight[i]);
        }
    }
}

}  // namespace

LWB_VECTOR_CLONES
void norm(const float* x, const float* weight, const float* bias, float eps, int64_t rows, int64_t width,
          float* y, float* mean, float* inverse) {
    norm_rows(x, weight, bias, eps, rows, width, y, mean, inverse);
}

LWB_VECTOR_CLONES
void norm(const float* x, const float* weight, const float* bias, float eps, int64_t rows, int64_t width,
          bf16* y, float* mean, float* inverse) {
    norm_rows(x, weight, bias, eps, rows, width, y, mean, inverse);
}

LWB_VECTOR_CLONES
void norm_backward(const float* grad, const float* x, const float* weight, const float* mean,
                   const float* inverse, int64_t rows, int64_t width, float* grad_x) {
    for (int64_t row = 0; row < rows; ++row, x += width, grad += width, grad_x += width) {
        const float inv = inverse[row], middle = mean ? mean[row] : 0.f;
        float sum = 0, projected = 0;
#pragma omp simd reduction(+ : sum, projected)
        for (int64_t i = 0; i < width; ++i) {
            const float g = grad[i] * weight[i];
            sum += g;
            projected += g * (x[i] - middle);
        }
        const float constant = mean ? sum / static_cast<float>(width) : 0.f;
        const float slope = projected / static_cast<float>(width) * inv * inv;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
            grad_x[i] = (grad[i] * weight[i] - constant - (x[i] - middle) * slope) * inv;
        }
    }
}

LWB_VECTOR_CLONES
void norm_weight_gradient(const float* grad, const float* x, const float* mean, const float* inverse,
                          int64_t rows, int64_t width, float* grad_weight, float* grad_bias) {
    std::fill_n(grad_weight, width, 0.f);
    if (grad_bias) std::fill_n(grad_bias, width, 0.f);
    for (int64_t row = 0; row < rows; ++row, x += width, grad += width) {
        const float inv = inverse[row], middle = mean ? mean[row] : 0.f;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) grad_weight[i] += grad[i] * (x[i] - middle) * inv;
        if (!grad_bias) continue;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) grad_bias[i] += grad[i];
    }
}

}  // namespace engine::rows
