// Products with the matrices of a model, where nearly all time goes. On the CPU in bf16 by the tile units where there are
// some (tile_matrices.h); in f32 by oneDNN where libtorch brings it along: at a model's shapes its sgemm is 3 to 18 %
// faster than OpenBLAS's (measured on AVX-512). Everything else as at::mm.
#pragma once

#include "runtime/torch.h"

#include <optional>

namespace engine {

// oneDNN generates code for each shape of a bf16 product, 2 ms for each, which texts of ever other lengths pay again and
// again: their tokens are filled up with zeros to a multiple of 32. How many that makes of `rows` of this type; products of
// our own take them as they are.
int64_t rows_to_multiply(int64_t rows, at::ScalarType type);

// a [m, k] . b [k, n] -> [m, n]
at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b);

// The same by the fastest of the libraries, whatever the engine has of its own: a yardstick.
at::Tensor library_product(const at::Tensor& a, const at::Tensor& b);

// y [m, n] = a [m, k] . b [k, n], for results that many products have in turn: new memory costs the clearing of its pages.
void matrix_product_into(at::Tensor& y, const at::Tensor& a, const at::Tensor& b);

// y [m, n] += a [m, k] . b [k, n], y in the type of a and b or in f32
void add_matrix_product(at::Tensor& y, const at::Tensor& a, const at::Tensor& b);

// a [m, k] . b [k, n] + bias [n] f32 (+ residual [m, n] f32, for a sum in f32) -> [m, n] in the type asked for, bias and
// residual undefined or given. Nothing where only several passes over the result could do it. Not recorded.
std::optional<at::Tensor> affine_product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias, const at::Tensor& residual,
                                         at::ScalarType type);

}  // namespace engine
