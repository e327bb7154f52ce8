// Operations with a backward pass of their own: they keep less for it than automatic differentiation would, and make fewer
// passes over memory. Each equals the plain formula (tests compare them).
#pragma once

#include "model/ops.h"

namespace engine {

// silu(gate) * up, f32 or bf16. Keeps gate and up; silu is computed again in the backward pass.
at::Tensor fused_swiglu(const at::Tensor& gate, const at::Tensor& up);

// activate(x, Activation::gelu_tanh), f32 or bf16. Keeps x.
at::Tensor fused_gelu_tanh(const at::Tensor& x);

// As rotate(), over the whole head: turning back is the same with -sin, so nothing but the table is kept.
at::Tensor fused_rotate(const at::Tensor& x, const RotaryTable& table);

// As causal_attention() for S = T without a mask, on the CPU: one head of one sequence at a time in the cache of one core, in
// blocks of queries that skip the keys of the future. The [T, T] weights never exist as a whole and are computed again in the backward
// pass from the log-sum-exp of each row (Dao et al., arXiv:2205.14135): memory is linear in T. With a window the keys
// before that of a block's first query are skipped as well.
at::Tensor fused_causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                  int64_t window = 0, at::IntArrayRef offsets = {});

// The same with every token seeing the whole of its sequence. q, k, v [B, H, T, D] on the CPU.
at::Tensor fused_full_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                                at::IntArrayRef offsets = {});

}  // namespace engine
