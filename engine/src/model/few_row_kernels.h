// Products of a few rows with a matrix in memory, as one new token needs them: each value of the matrix is read once, in
// f32 or bf16, and multiplied and summed in f32. What they cost is reading the matrix. The compiler vectorises them for every
// processor generation it knows and the best one is chosen when the program starts. No tensors, no threads: callers split
// the matrix.
#pragma once

#include <cstdint>

namespace engine::rows {

constexpr int64_t most_few_rows = 4;

// bf16 as it lies in memory.
using Half = uint16_t;

// How many values of `count` lie in whole blocks of 16, and the order that the bf16 kernels want within those: the 8 values
// of even places, then the 8 of odd ones. A bf16 number is the upper half of an f32, so a pair of them comes apart by a shift and
// a mask without moving between lanes.
void to_pair_order(const float* x, int64_t count, float* y);
void from_pair_order(const float* x, int64_t count, float* y);

// y[m, r] = sum_i w[r, i] x[m, i] for `rows` rows of w [rows, width] that lie `stride` values apart and m < few <=
// most_few_rows; x [few, width], y rows `y_stride` values apart. For bf16 x is in pair order.
void multiply_rows(const float* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t few, float* y,
                   int64_t y_stride);
void multiply_rows(const Half* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t few, float* y,
                   int64_t y_stride);

// y[m, i] += sum_r w[r, i] x[m, r] for the same w; x rows `x_stride` values apart, y [few, width]. For bf16 y is in pair order.
void add_rows(const float* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t x_stride, int64_t few,
              float* y);
void add_rows(const Half* w, int64_t rows, int64_t width, int64_t stride, const float* x, int64_t x_stride, int64_t few,
              float* y);

}  // namespace engine::rows
