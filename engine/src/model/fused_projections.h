// Projections that read the same values, together with the norm in front of them, their adapters and the
// residual behind them, as one operation with a backward pass of its own.
//
//   n = norm(x), gelu(x) or x itself      y_i = n W_i^T + b_i, in the rows of a site + scaling · dropout(n)
//   A^T B^T      (+ residual)
//
// For the backward pass x is kept once, whatever reads it, with one or two numbers per row and n A^T [rows,
// rank] of each site; n and the dropout masks are made again. Frozen tensors get no gradient. The site's
// products go straight into its rows of y.
#pragma once

#include "lora/adapter_set.h"
#include "model/decoder.h"
#include "model/norms.h"

namespace engine {

struct ProjectionTerm {
    at::Tensor weight;            // [out, in] f32 or bf16
    at::Tensor bias;              // [out] f32 or undefined
    std::vector<SiteTerm> sites;  // none with DoRA
};

struct FusedProjections {
    const NormWeights* norm = nullptr;  // in front, or none
    NormRule rule;
    at::Tensor residual;                       // [..., out] f32, with one term only, or undefined
    at::ScalarType compute_type = at::kFloat;  // of the factors of the products with W
    at::ScalarType output_type = at::kFloat;   // f32, or the compute type; f32 with a residual
    bool gelu = false;  // instead of a norm: x is what gelu_tanh reads, f32 or bf16 on the CPU
};

// x [..., in] (f32; bf16 only without a norm) -> y_i [..., out_i].
std::vector<at::Tensor> fused_projections(const at::Tensor& x, const std::vector<ProjectionTerm>& terms,
                                          const FusedProjections& how);

}  // namespace engine
