// Causal attention by libtorch's own kernels, for devices that have none of ours: from libtorch 2.1 on a GPU computes it in
// tiles (Dao et al. 2022, arXiv:2205.14135), so that no score outlives its tile.
#pragma once

#include "runtime/torch.h"

namespace engine {

bool has_device_attention();  // of this libtorch

// q [B, H, T, D], k, v [B, K, T, D] of one type, H a multiple of K -> [B, T, H * D], softmax(scale * q k^T) over what is not
// in the future. Differentiable. Only where has_device_attention().
at::Tensor device_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale);

}  // namespace engine
