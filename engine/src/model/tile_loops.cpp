#include "model/tile_loops.h"

#include <algorithm>
#include <cmath>
#include <limits>

#ifdef LWB_TARGETS
#include <immintrin.h>
#define LWB_WITH_TILES __attribute__((target("arch=x86-64-v4,avx512bf16,prefer-vector-width=512")))
#else
#define LWB_WITH_TILES
#endif

namespace engine::tile_loops {
namespace {

using rows::bf16;
using rows::load;
using rows::SeenKeys;

#ifdef LWB_TARGETS

// 16 values to bf16, to the nearest, ties to even.
LWB_WITH_TILES inline __m256i rounded(__m512 values) {
    return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values));
}

LWB_WITH_TILES inline void store16(__m256i values, bf16* to) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), values);
}

LWB_WITH_TILES inline void round_row(const float* from, int64_t count, bf16* to) {
    for (int64_t i = 0; i < count; i += 16) store16(rounded(_mm512_loadu_ps(from + i)), to + i);
}

// With masks that leave nothing out: without any GCC's header reads what it calls undefined, and warns.
LWB_WITH_TILES inline __m512i paired(__m256i earlier, __m256i later) {
    constexpr __mmask16 all = 0xffff;
    const __m512i upper = _mm512_maskz_slli_epi32(all, _mm512_maskz_cvtepu16_epi32(all, later), 16);
    return _mm512_or_si512(_mm512_maskz_cvtepu16_epi32(all, earlier), upper);
}

#endif

}  // namespace

LWB_WITH_TILES
void words_across(RowsOf<const BfPair> from, int64_t rows, int64_t columns, RowsOf<BfPair> to) {
    for (int64_t column = 0; column < columns; ++column) {
        BfPair* const row_of_to = to.data + column * to.stride;
        const BfPair* const top = from.data + column;
#pragma omp simd
        for (int64_t row = 0; row < rows; ++row) row_of_to[row] = top[row * from.stride];
    }
}

LWB_WITH_TILES
void values_across(RowsOf<const BfPair> from, int64_t rows, int64_t columns, RowsOf<bf16> to) {
    for (int64_t column = 0; column < columns; ++column) {
        bf16* const even = to.data + 2 * column * to.stride;
        bf16* const odd = even + to.stride;
        const BfPair* const top = from.data + column;
#pragma omp simd
        for (int64_t row = 0; row < rows; ++row) {
            const BfPair both = top[row * from.stride];
            even[row].bits = static_cast<uint16_t>(both);
            odd[row].bits = static_cast<uint16_t>(both >> 16);
        }
    }
}

LWB_WITH_TILES
void pairs_of_rows(RowsOf<const bf16> from, int64_t rows, int64_t columns, RowsOf<BfPair> to) {
    for (int64_t row = 0; row < rows; row += 2) {
        const bf16* const earlier = from.data + row * from.stride;
        const bf16* const later = earlier + from.stride;
        BfPair* const pairs = to.data + row / 2 * to.stride;
#pragma omp simd
        for (int64_t i = 0; i < columns; ++i)
            pairs[i] = earlier[i].bits | static_cast<BfPair>(later[i].bits) << 16;
    }
}

LWB_WITH_TILES
SoftmaxRow softmax_row(float* scores, int64_t width, SeenKeys seen, float scale, bf16* weights) {
    float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
    for (int64_t i = seen.first; i < seen.end; ++i) largest = scores[i] > largest ? scores[i] : largest;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = seen.first; i < seen.end; ++i) {
        scores[i] = rows::exponential((scores[i] - largest) * scale);
        sum += scores[i];
    }
    std::fill(scores, scores + seen.first, 0.f);
    std::fill(scores + seen.end, scores + width, 0.f);
#ifdef LWB_TARGETS
    round_row(scores, width, weights);
#endif
    return {largest * scale + std::log(sum), 1.f / sum};
}

LWB_WITH_TILES
void weights_again(float* scores, const float* grads, SeenKeys queries, float scale, const float* log_sums,
                   float* dots) {
    // Most blocks are seen as a whole; a fixed count keeps everything in registers.
    if (queries.first == 0 && queries.end == lanes) {
#pragma omp simd
        for (int64_t i = 0; i < lanes; ++i) {
            scores[i] = rows::exponential(scores[i] * scale - log_sums[i]);
            dots[i] += scores[i] * grads[i];
        }
        return;
    }
#pragma omp simd
    for (int64_t i = queries.first; i < queries.end; ++i) {
        scores[i] = rows::exponential(scores[i] * scale - log_sums[i]);
        dots[i] += scores[i] * grads[i];
    }
    std::fill(scores, scores + queries.first, 0.f);
    std::fill(scores + queries.end, scores + lanes, 0.f);
}

LWB_WITH_TILES
void store_row(const float* from, int64_t stride, int64_t count, float factor, bf16* to) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) rows::store(to, i, from[i * stride] * factor);
}

#ifdef LWB_TARGETS

LWB_WITH_TILES
void weight_gradients(const float* weights, const float* grads, const float* dots, bf16* to_weights,
                      bf16* to_gradients, BfPair* to_pairs) {
    for (int64_t i = 0; i < lanes; i += 16) {
        __m256i gradients[2];
        for (int64_t key = 0; key < 2; ++key) {
            const int64_t at = key * lanes + i;
            const __m512 weight = _mm512_loadu_ps(weights + at);
            const __m512 gradient =
                _mm512_mul_ps(weight, _mm512_sub_ps(_mm512_loadu_ps(grads + at), _mm512_loadu_ps(dots + i)));
            gradients[key] = rounded(gradient);
            store16(rounded(weight), to_weights + at);
            store16(gradients[key], to_gradients + at);
        }
        _mm512_storeu_si512(to_pairs + i, paired(gradients[0], gradients[1]));
    }
}

#else

void weight_gradients(const float*, const float*, const float*, bf16*, bf16*, BfPair*) {}

#endif

}  // namespace engine::tile_loops
