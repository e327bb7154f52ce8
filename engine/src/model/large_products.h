// Products with the matrices of a model, where nearly all time goes. In f32 on the CPU by oneDNN where
// libtorch brings it along: at a model's shapes its sgemm is 3 to 18 % faster than OpenBLAS's (measured on
// AVX-512). Everything else as at::mm.
#pragma once

#include "runtime/torch.h"

namespace engine {

// oneDNN generates code for each shape of a bf16 product, 2 ms for each, which texts of ever other lengths pay again and
// again: their tokens are filled up with zeros to a multiple of these.
inline constexpr int64_t whole_rows = 32;
int64_t in_whole_rows(int64_t rows);

// a [m, k] . b [k, n] -> [m, n]
at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b);

// y [m, n] = a [m, k] . b [k, n], for results that many products have in turn: new memory costs the clearing of its pages.
void matrix_product_into(at::Tensor& y, const at::Tensor& a, const at::Tensor& b);

// y [m, n] += a [m, k] . b [k, n]
void add_matrix_product(at::Tensor& y, const at::Tensor& a, const at::Tensor& b);

}  // namespace engine
