// Products of whole bf16 matrices by the tile units of all cores. No tensors. Only where tile_unit() says so.
#pragma once

#include "model/tile_products.h"

namespace engine {

// b [depth, columns]; or transposed, as the weight of a projection is stored: [columns, depth].
struct RightMatrix {
    const rows::bf16* data;
    int64_t stride;  // between its rows as they are stored
    bool transposed;
};

// Where a . b + bias (+ residual) goes: one of the two types. Values of bf16 below the normal numbers become
// 0.
struct ProductTarget {
    RowsOf<rows::bf16> half{};       // [rows, columns], without a residual; or:
    RowsOf<float> full{};            // [rows, columns]
    const float* bias = nullptr;     // [columns] or none
    RowsOf<const float> residual{};  // [rows, columns] or none; may be the target itself
};

// Of any size. Each thread keeps 1 MiB of working memory for good. At the shapes of a model's layers 2.0
// Tflop/s with operands from memory, 2.6 with operands in the cache, on two cores; oneDNN 2.7 does 1.6
// and 2.1.
void tile_matrix_product(RowsOf<const rows::bf16> a, RightMatrix b, const ProductTarget& target,
                         ProductSize size);

}  // namespace engine
