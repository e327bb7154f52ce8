// Products with a matrix of few columns or rows, as the A and B of an adapter are. The large factor is read
// once as it lies, f32 or bf16; sums and everything else are f32. A BLAS first rearranges the large factor,
// which costs more than multiplying, and takes only f32.
//
// Tensors of two dimensions on one device; rows of x and y are contiguous in themselves. Elsewhere than on
// the CPU, and from a rank of 65 on, ATen's products.
#pragma once

#include "runtime/torch.h"

namespace engine {

// x [n, in] · a^T, a [rank, in] f32 -> [n, rank] f32
at::Tensor times_transposed(const at::Tensor& x, const at::Tensor& a);

// g^T · x, g [n, rank] f32, x [n, in] -> [rank, in] f32
at::Tensor transposed_times(const at::Tensor& g, const at::Tensor& x);

// y [n, out] f32 += low [n, rank] f32 · up [rank, out] f32
void add_low_rank(at::Tensor y, const at::Tensor& low, const at::Tensor& up);

// The right operand of small_product: [rows, columns] f32 with columns filled up to whole registers.
at::Tensor padded_operand(const at::Tensor& x);

// Whether small_product forms the products of this rank with these values.
bool in_small_products(const at::Tensor& x, int64_t rank);

}  // namespace engine
