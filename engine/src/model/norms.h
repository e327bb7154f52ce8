// Layer and root-mean-square norms over the last dimension, in parts (for operations that contain one) and as
// an operation of their own.
#pragma once

#include "architecture/architecture.h"
#include "runtime/torch.h"

namespace engine {

struct NormWeights {
    at::Tensor weight;  // [d] f32
    at::Tensor bias;    // [d] f32, undefined for RMSNorm
};

// LayerNorm (Ba et al., arXiv:1607.06450) or RMSNorm (Zhang & Sennrich, arXiv:1910.07467); offset is added to
// the weight.
struct NormRule {
    NormKind kind = NormKind::layer_norm;
    double eps = 1e-5;
    double offset = 0;
};

// mean and inverse deviation of each row, [rows, 1] f32; the mean is undefined for RMSNorm.
struct RowStatistics {
    at::Tensor mean, inverse;
};

// x [rows, d] f32 -> [rows, d] in the wanted type (f32 or bf16), outside automatic differentiation.
at::Tensor norm_values(const at::Tensor& x, const NormWeights& weights, const NormRule& rule,
                       at::ScalarType type, RowStatistics& statistics);

struct NormGradients {
    at::Tensor x, weight, bias;
};
// grad [rows, d] f32 of the values -> what is wanted of the gradients, f32.
NormGradients norm_gradients(const at::Tensor& grad, const at::Tensor& x, const NormWeights& weights,
                             const NormRule& rule, const RowStatistics& statistics, bool want_x,
                             bool want_weight, bool want_bias);

// x [..., d] -> [..., d]. Keeps x and one or two numbers per row.
at::Tensor normalize(const at::Tensor& x, const NormWeights& weights, const NormRule& rule);

}  // namespace engine
