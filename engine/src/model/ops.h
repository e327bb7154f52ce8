// The operations of a decoder on tensors, differentiable. B = batch, T = tokens, H = heads, K = key-value heads,
// D = head_dim, d = hidden_size.
#pragma once

#include "architecture/architecture.h"
#include "runtime/torch.h"

namespace engine {

at::Tensor activate(const at::Tensor& x, Activation activation);

// activation(gate) * up, the inner values of a gated MLP (Shazeer, arXiv:2002.05202).
at::Tensor gate_and_multiply(const at::Tensor& gate, const at::Tensor& up, Activation activation);

// x [..., in] f32, weight [out, in] f32 or bf16, bias [out] or undefined -> [..., out] f32. The product is formed in
// compute_type: bf16 means bf16 factors with f32 accumulation.
at::Tensor project(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType compute_type);

// Angles of the rotary embedding for positions [T] int64 on the CPU, of one text that ends at the highest: cos and sin,
// each [T, rotary_dim] f32, times rope.attention_factor.
struct RotaryTable {
    at::Tensor cos, sin;
};
RotaryTable rotary_table(const RopeConfig& rope, const at::Tensor& positions, const c10::Device& device);

// x [B, H, T, D]; the first rotary_dim values of each head are turned, half-split (Su et al., arXiv:2104.09864).
at::Tensor rotate(const at::Tensor& x, const RotaryTable& table);

// Causal attention. q [B, H, T, D], k and v [B, K, S, D] with S >= T: query t stands at position S - T + t.
// key_mask [B, S] bool or undefined: false keys are seen by nobody. window: a query sees that many keys up to its own
// position (Beltagy et al., arXiv:2004.05150), 0 for all of them. -> [B, T, H * D].
// offsets: with B = 1, S = T and no mask, the tokens are sequences laid end to end that see nothing of each other; sequence s
// is tokens [offsets[s], offsets[s + 1]). Empty: each row of the batch is one sequence.
at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                            const at::Tensor& key_mask, int64_t window = 0, at::IntArrayRef offsets = {});

// Sum of -log softmax(hidden W^T + bias)[target] over the rows, natural log -> scalar f32. hidden [n, d] f32, head
// [V, d] f32 or bf16, targets [n] int64, bias [V] f32 or undefined. Works through the rows in chunks and forms the
// gradients in the same pass, so that [n, V] never exists at once. The products are formed in the type of head; gradients
// of head and bias are summed in f32. parts: rows that follow each other are summed apart, the first parts[0], the next
// parts[1], ... -> [parts]; head and bias are frozen then. Empty: all rows.
at::Tensor chunked_cross_entropy(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                                 const at::Tensor& bias = {}, at::IntArrayRef parts = {});

}  // namespace engine
