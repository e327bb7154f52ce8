// What the loops over rows are made of: e^x, the logistic function, and bf16 values read and written as f32.
// All of it is inlined into loops that vector_clones.h compiles for several processors.
#pragma once

#include "model/vector_clones.h"

#include <bit>
#include <cstdint>

namespace engine::rows {

// The upper half of an f32.
struct bf16 {
    uint16_t bits;
};

LWB_INLINE float load(const float* x, int64_t i) {
    return x[i];
}
LWB_INLINE float load(const bf16* x, int64_t i) {
    return std::bit_cast<float>(static_cast<uint32_t>(x[i].bits) << 16);
}
LWB_INLINE void store(float* y, int64_t i, float value) {
    y[i] = value;
}
// To the nearest, ties to even; what is not a number stays so.
LWB_INLINE void store(bf16* y, int64_t i, float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    y[i].bits = static_cast<uint16_t>(value != value ? 0x7fc0U : rounded);
}

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

}  // namespace engine::rows
