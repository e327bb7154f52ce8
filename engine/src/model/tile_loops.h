// What TileAttentionHead does between two products, compiled for the processors that have a tile unit. Rows
// hold multiples of 16 values but where a count of values says otherwise.
#pragma once

#include "model/row_kernels.h"
#include "model/tile_products.h"

namespace engine::tile_loops {

// Queries side by side in the backward pass.
constexpr int64_t lanes = 64;

// to [columns, rows] = from [rows, columns], of words.
void words_across(RowsOf<const BfPair> from, int64_t rows, int64_t columns, RowsOf<BfPair> to);

// to [2 columns, rows] = from [rows, columns of two values each].
void values_across(RowsOf<const BfPair> from, int64_t rows, int64_t columns, RowsOf<rows::bf16> to);

// to [rows / 2, columns]: two neighbouring rows in a word. Rows: an even number.
void pairs_of_rows(RowsOf<const rows::bf16> from, int64_t rows, int64_t columns, RowsOf<BfPair> to);

struct SoftmaxRow {
    float log_sum;  // of the scaled scores
    float factor;   // what the weights still have to be multiplied by
};

// weights = softmax(scale * scores) / factor over the keys seen, 0 elsewhere; the scores are overwritten.
SoftmaxRow softmax_row(float* scores, int64_t width, rows::SeenKeys seen, float scale, rows::bf16* weights);

// For one key and all queries of a block: scores become weights (0 for those that do not see it), dots +=
// weights * grads.
void weights_again(float* scores, const float* grads, rows::SeenKeys queries, float scale,
                   const float* log_sums, float* dots);

// For two neighbouring keys and all queries: the gradients of the scaled scores, weights * (grads - dots),
// and the weights, each [2, lanes]; and both keys' gradients in words.
void weight_gradients(const float* weights, const float* grads, const float* dots, rows::bf16* to_weights,
                      rows::bf16* to_gradients, BfPair* to_pairs);

// to [count] = factor * from, whose values are `stride` apart.
void store_row(const float* from, int64_t stride, int64_t count, float factor, rows::bf16* to);

}  // namespace engine::tile_loops
