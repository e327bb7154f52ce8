// What one new token needs, without a graph: products of a few rows with the weights, low-rank adapters on them, attention over
// the keys and values so far. On the CPU, in f32 with weights in f32 or bf16; for everything else the caller has the general
// way (ops.h). Results do not depend on the number of threads.
#pragma once

#include "model/ops.h"

namespace engine {

// Whether x [..., in] is a few rows that no gradient passes through.
bool is_few_rows(const at::Tensor& x);

// Whether project_few_rows can take the weight [out, in], contiguous or transposed (Conv1D), as it lies in memory.
bool serves_few_rows(const at::Tensor& weight);

// x [..., in] -> [..., out], y = x W^T + bias. Reads the weight once; of OpenBLAS's own ways the product with one row (sgemm) takes 2.6
// times as long, sgemv as long, and neither reads bf16.
at::Tensor project_few_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

// y += scaling · (x A^T) B^T in place. x [..., in], A [rank, in], B [out, rank], y [..., out], possibly columns of a wider one.
void add_low_rank_few_rows(const at::Tensor& x, const at::Tensor& a, const at::Tensor& b, double scaling, const at::Tensor& y);

// As causal_attention() without a mask for a few queries q [1, H, T, D] behind more keys, k and v [1, K, S, D].
bool serves_few_queries(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);
at::Tensor attend_few_queries(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale, int64_t window);

}  // namespace engine
