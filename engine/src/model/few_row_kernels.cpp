#include "model/few_row_kernels.h"

#include <algorithm>
#include <bit>

#include "model/vector_clones.h"

namespace engine::rows {
namespace {

static_assert(std::endian::native == std::endian::little, "the first of a pair of bf16 is the lower half");

constexpr int64_t lanes = 8, block = 2 * lanes;
using Lanes [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;
using Bits [[gnu::vector_size(32), gnu::aligned(2), gnu::may_alias]] = uint32_t;

// One step along a row of w: 16 values as two vectors.
struct Pair {
    Lanes first, second;
};
LWB_INLINE Pair load(const float* w) {
    return {*reinterpret_cast<const Lanes*>(w), *reinterpret_cast<const Lanes*>(w + lanes)};
}
LWB_INLINE Pair load(const Half* w) {
    const Bits bits = *reinterpret_cast<const Bits*>(w);
    return {std::bit_cast<Lanes>(bits << 16), std::bit_cast<Lanes>(bits & 0xffff0000u)};
}
// Into the cache what is read after the rows at hand: each of these is a page or two, and the processor's own look-ahead starts anew in
// every page (bf16 on one core 22 ms without and 17 with for the weights of GPT-2 small, f32 33 and 32). Beyond the end of
// the matrix it does nothing.
template <class W>
LWB_INLINE void fetch(const W* w) {
    __builtin_prefetch(w, 0, 2);
}
LWB_INLINE float value(float w) { return w; }
LWB_INLINE float value(Half w) { return std::bit_cast<float>(static_cast<uint32_t>(w) << 16); }

LWB_INLINE float sum(Lanes a) { return ((a[0] + a[4]) + (a[1] + a[5])) + ((a[2] + a[6]) + (a[3] + a[7])); }

// Rows of w that are walked side by side: enough sums under way to hide the latency of one, few enough for the registers.
template <int64_t few, int64_t together, class W>
LWB_INLINE void multiply_together(const W* w, int64_t width, int64_t stride, const float* x, float* y, int64_t y_stride) {
    Lanes sums[few][together] = {};
    const int64_t whole = width / block * block;
    for (int64_t i = 0; i < whole; i += block) {
        for (int64_t r = 0; r < together; ++r) {
            const Pair values = load(w + r * stride + i);
            fetch(w + (r + together) * stride + i);
            for (int64_t m = 0; m < few; ++m) {
                const Pair factors = load(x + m * width + i);
                sums[m][r] += values.first * factors.first + values.second * factors.second;
            }
        }
    }
    for (int64_t m = 0; m < few; ++m) {
        for (int64_t r = 0; r < together; ++r) {
            float total = sum(sums[m][r]);
            for (int64_t i = whole; i < width; ++i) total += value(w[r * stride + i]) * x[m * width + i];
            y[m * y_stride + r] = total;
        }
    }
}

template <int64_t few, class W>
LWB_INLINE void multiply_few(const W* w, int64_t rows, int64_t width, int64_t stride, const float* x, float* y,
                             int64_t y_stride) {
    constexpr int64_t together = few == 1 ? 4 : 2;
    int64_t r = 0;
    for (; r + together <= rows; r += together) {
        multiply_together<few, together>(w + r * stride, width, stride, x, y + r, y_stride);
    }
    for (; r < rows; ++r) multiply_together<few, 1>(w + r * stride, width, stride, x, y + r, y_stride);
}

template <class W>
LWB_INLINE void multiply(const W* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t few, float* y,
                         int64_t y_stride) {
    switch (few) {
        case 1: return multiply_few<1>(w, rows, width, stride, x, y, y_stride);
        case 2: return multiply_few<2>(w, rows, width, stride, x, y, y_stride);
        case 3: return multiply_few<3>(w, rows, width, stride, x, y, y_stride);
        default: return multiply_few<4>(w, rows, width, stride, x, y, y_stride);
    }
}

template <int64_t few, int64_t together, class W>
LWB_INLINE void add_together(const W* w, int64_t width, int64_t stride, const float* x, int64_t x_stride, float* y) {
    float factors[few][together];
    for (int64_t m = 0; m < few; ++m) {
        for (int64_t r = 0; r < together; ++r) factors[m][r] = x[m * x_stride + r];
    }
    const int64_t whole = width / block * block;
    for (int64_t i = 0; i < whole; i += block) {
        Pair values[together];
        for (int64_t r = 0; r < together; ++r) {
            values[r] = load(w + r * stride + i);
            fetch(w + (r + together) * stride + i);
        }
        for (int64_t m = 0; m < few; ++m) {
            float* const to = y + m * width + i;
            Pair sums = load(to);
            for (int64_t r = 0; r < together; ++r) {
                sums.first += values[r].first * factors[m][r];
                sums.second += values[r].second * factors[m][r];
            }
            *reinterpret_cast<Lanes*>(to) = sums.first;
            *reinterpret_cast<Lanes*>(to + lanes) = sums.second;
        }
    }
    for (int64_t m = 0; m < few; ++m) {
        for (int64_t i = whole; i < width; ++i) {
            for (int64_t r = 0; r < together; ++r) y[m * width + i] += value(w[r * stride + i]) * factors[m][r];
        }
    }
}

template <int64_t few, class W>
LWB_INLINE void add_few(const W* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t x_stride, float* y) {
    constexpr int64_t together = 4;
    int64_t r = 0;
    for (; r + together <= rows; r += together) {
        add_together<few, together>(w + r * stride, width, stride, x + r, x_stride, y);
    }
    for (; r < rows; ++r) add_together<few, 1>(w + r * stride, width, stride, x + r, x_stride, y);
}

template <class W>
LWB_INLINE void add(const W* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t x_stride, int64_t few,
                    float* y) {
    switch (few) {
        case 1: return add_few<1>(w, rows, width, stride, x, x_stride, y);
        case 2: return add_few<2>(w, rows, width, stride, x, x_stride, y);
        case 3: return add_few<3>(w, rows, width, stride, x, x_stride, y);
        default: return add_few<4>(w, rows, width, stride, x, x_stride, y);
    }
}

}  // namespace

void to_pair_order(const float* x, int64_t count, float* y) {
    const int64_t whole = count / block * block;
    for (int64_t i = 0; i < whole; i += block) {
        for (int64_t j = 0; j < lanes; ++j) {
            y[i + j] = x[i + 2 * j];
            y[i + lanes + j] = x[i + 2 * j + 1];
        }
    }
    std::copy(x + whole, x + count, y + whole);
}

void from_pair_order(const float* x, int64_t count, float* y) {
    const int64_t whole = count / block * block;
    for (int64_t i = 0; i < whole; i += block) {
        for (int64_t j = 0; j < lanes; ++j) {
            y[i + 2 * j] = x[i + j];
            y[i + 2 * j + 1] = x[i + lanes + j];
        }
    }
    std::copy(x + whole, x + count, y + whole);
}

LWB_VECTOR_CLONES
void multiply_rows(const float* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t few, float* y,
                   int64_t y_stride) {
    multiply(w, rows, width, stride, x, few, y, y_stride);
}

LWB_VECTOR_CLONES
void multiply_rows(const Half* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t few, float* y,
                   int64_t y_stride) {
    multiply(w, rows, width, stride, x, few, y, y_stride);
}

LWB_VECTOR_CLONES
void add_rows(const float* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t x_stride, int64_t few,
              float* y) {
    add(w, rows, width, stride, x, x_stride, few, y);
}

LWB_VECTOR_CLONES
void add_rows(const Half* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t x_stride, int64_t few,
              float* y) {
    add(w, rows, width, stride, x, x_stride, few, y);
}

}  // namespace engine::rows
