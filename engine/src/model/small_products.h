// Products of matrices that fit into the cache of one core, where a BLAS spends more time on arranging its
// operands than on multiplying them (256 x 64 of one attention head: an eighth of the rate of a large
// product). No tensors, no threads.
#pragma once

#include <cstdint>

namespace engine {

// Columns come in groups of this many values; whoever makes an operand fills it up with zeros.
constexpr int64_t product_lanes = 16;

inline int64_t padded_to_lanes(int64_t columns) {
    return (columns + product_lanes - 1) / product_lanes * product_lanes;
}

// Element (row, step) of the left operand is data[row * row_stride + step * step_stride]: a matrix or its
// transpose.
struct LeftOperand {
    const float* data;
    int64_t row_stride, step_stride;
};

// Rows of contiguous values, `stride` apart.
template <class T>
struct RowsOf {
    T* data;
    int64_t stride;
};

struct ProductSize {
    int64_t rows, depth, columns;  // columns: a multiple of product_lanes
};

// c [rows, columns] = (accumulate ? c : 0) + a [rows, depth] . b [depth, columns], in f32. c overlaps
// neither. Cost: about 2 * rows * depth * columns operations at 80 to 90 % of what one core can do, for depth
// >= 32.
void small_product(LeftOperand a, RowsOf<const float> b, RowsOf<float> c, ProductSize size, bool accumulate);

}  // namespace engine
