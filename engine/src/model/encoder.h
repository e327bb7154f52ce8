// The layers of an encoder: every token sees all others that are no padding, each block normalises behind its sum.
#pragma once

#include "model/decoder.h"
#include "model/text_rows.h"

namespace engine {

// A view of a model's description and weights for one forward pass; both must outlive it.
class Encoder {
  public:
    Encoder(const Architecture& architecture, const DecoderWeights& weights, at::ScalarType compute_type, int64_t recompute_layers)
        : architecture_(architecture), weights_(weights), compute_type_(compute_type), recompute_layers_(recompute_layers) {}

    // ids [B, T] int64 -> hidden states of the last layer [B, T, d] f32. Of the options: adapters, key_mask, token_types and
    // hidden_states.
    at::Tensor forward(const at::Tensor& ids, const ForwardOptions& options) const;

  private:
    // Relative positions as far apart as the longest text has them.
    struct Positions {
        at::Tensor rows;                     // [R, d] of the table, normalised; undefined: none
        at::Tensor of_keys, of_queries;      // [T, T] which of them a query reads for a key, and a key for a query
    };
    Positions positions(const TextRows& texts, const c10::Device& device) const;

    at::Tensor embed(const at::Tensor& ids, const ForwardOptions& options) const;
    // x: the rows of texts, [1, N, d] or [B, T, d].
    at::Tensor layer(int64_t layer, const at::Tensor& x, const TextRows& texts, const Positions& positions,
                     const AdapterSet* adapters) const;
    at::Tensor attention(int64_t layer, const at::Tensor& x, const TextRows& texts, const Positions& positions,
                         const AdapterSet* adapters) const;
    // What the convolution along the tokens of embeddings adds to x, behind its norm.
    at::Tensor convolve(const at::Tensor& embeddings, const at::Tensor& x, const TextRows& texts) const;
    // Relative positions as the slot's projection makes them [1, H, D, R].
    at::Tensor projected_positions(int64_t layer, std::string_view slot, const LinearWeights& own, const at::Tensor& rows,
                                   const AdapterSet* adapters) const;
    at::Tensor norm(const at::Tensor& x, const NormWeights& weights) const {
        return normalize(x, weights, {architecture_.norm, architecture_.norm_eps});
    }

    const Architecture& architecture_;
    const DecoderWeights& weights_;
    at::ScalarType compute_type_;
    int64_t recompute_layers_;  // as Decoder's
};

// Row of the table of relative positions, before span is added, for a query at `query` and a key at `key`: their distance,
// where logarithmic in steps that grow from span / 2 on (He et al. 2021, arXiv:2111.09543). [T, T] int64.
at::Tensor relative_rows(const RelativeAttention& relative, int64_t tokens);

}  // namespace engine
