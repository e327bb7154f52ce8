// A transformer built from an Architecture: one implementation for every family of decoders described there;
// encoders share weights, adapters and heads and compute their layers in encoder.h. Owned by one thread at a
// time. Memory: the weights once, in the working precision; f32 weights on the CPU are the mapped file
// itself.
#pragma once

#include "architecture/architecture.h"
#include "engine/experiment_spec.h"
#include "model/norms.h"
#include "model/ops.h"

#include <memory>
#include <optional>

namespace engine {

class AdapterSet;
class QuantizedMatrix;

struct LinearWeights {
    at::Tensor weight;  // [out, in], possibly a transposed view (Conv1D)
    at::Tensor bias;    // [out] f32 or undefined
    std::shared_ptr<const QuantizedMatrix> quantized = {};  // in the place of an undefined weight (quantized.h)
};

struct LayerWeights {
    NormWeights attention_norm;
    NormWeights q_norm, k_norm;               // [D], where the architecture has them
    NormWeights mlp_norm;                     // undefined where the MLP reads what attention reads
    std::vector<LinearWeights> attention_in;  // as Architecture::attention_in
    at::Tensor distance_embedding;               // [2 * positions - 1, D] or undefined
    LinearWeights position_key, position_query;  // of relative positions, where they have projections of their own
    LinearWeights attention_out;
    std::vector<LinearWeights> mlp_in;
    LinearWeights mlp_out;
};

struct DecoderWeights {
    at::Tensor embedding;             // [V, d], or [V, embedding_size]
    at::Tensor embedding_in;          // [d, embedding_size] behind it, or undefined
    at::Tensor position_embedding;    // [P + position_offset, d] or undefined
    at::Tensor token_type_embedding;  // of encoders: [token_types, d] or undefined
    NormWeights embedding_norm;       // of encoders
    at::Tensor relative_embedding;    // [2 * span, d] or undefined
    NormWeights relative_norm;
    LinearWeights convolution;  // [d, d / groups, kernel] and its bias, or undefined
    NormWeights convolution_norm;
    std::vector<LayerWeights> layers;
    NormWeights final_norm;      // or undefined
    at::Tensor embedding_out;    // [embedding_size, d] in front of the head, or undefined
    LinearWeights head_dense;  // in front of a classifier, or undefined
    at::Tensor head;           // [V or labels, d]; the embedding itself when tied
    at::Tensor head_bias;      // [V or labels] f32 or undefined
};

// Keys and values of the tokens seen so far. k, v per layer [B, K, capacity, D].
struct KeyValueCache {
    std::vector<at::Tensor> k, v;
    int64_t length = 0;
    at::Tensor ids;  // [B, length] where the angles of positions depend on the length of the text, or undefined
    int64_t capacity = 0;

    // Room for that many tokens: at least doubles what there is when it must grow, so it is copied rarely.
    void reserve(int64_t tokens);
};

struct ForwardOptions {
    const AdapterSet* adapters = nullptr;
    KeyValueCache* cache = nullptr;  // generation: tokens follow those in the cache
    bool last_only = false;  // final hidden states of the last token alone, [B, 1, d]
    at::Tensor key_mask;             // [B, T] bool, false = padding
    // Without cache and mask: ids [1, N] hold sequences laid end to end, sequence s in [offsets[s], offsets[s
    // + 1]). Each has positions of its own and sees nothing of the others. Empty: each row of ids is one
    // sequence.
    std::vector<int64_t> offsets;
    at::Tensor token_types;                            // encoders: [B, T] int64, undefined: all 0
    std::vector<at::Tensor>* hidden_states = nullptr;  // filled with L + 1 states [B, T, d] when given
};

class Decoder {
  public:
    // precision: of the matrix products. Weights stored in f32 under bf16 are cast for each product: so all
    // weights can be trained in f32 and multiplied in bf16.
    Decoder(Architecture architecture, DecoderWeights weights, Precision precision, c10::Device device);

    const Architecture& architecture() const { return architecture_; }
    const DecoderWeights& weights() const { return weights_; }
    DecoderWeights& weights() { return weights_; }
    const c10::Device& device() const { return device_; }

    // ids [B, T] int64 on the device -> final hidden states [B, T, d] f32, what the head reads: after the last norm, of the
    // width of the head.
    at::Tensor forward(const at::Tensor& ids, const ForwardOptions& options = {}) const;
    // hidden [..., d] -> [..., V] f32
    at::Tensor logits(const at::Tensor& hidden) const {
        return project(hidden, weights_.head, weights_.head_bias, compute_type_);
    }
    // With a classifier: final hidden states [B, T, d] and the mask of what is no padding [B, T] (undefined:
    // all) -> logits [B, labels] f32, of the first token of an encoder and of the last one of a decoder.
    at::Tensor classify(const at::Tensor& hidden, const at::Tensor& mask) const;
    // Sum of the cross-entropy of rows of hidden states [n, d] with their targets [n]
    // (chunked_cross_entropy), or of each of its parts.
    at::Tensor cross_entropy(const at::Tensor& hidden, const at::Tensor& targets,
                             at::IntArrayRef parts = {}) const {
        return chunked_cross_entropy(hidden, weights_.head.to(compute_type_), targets, weights_.head_bias,
                                     parts);
    }

    // ids [B, T] behind the tokens in the cache -> logits [B, V] f32 of the token that follows the last of them.
    at::Tensor next_logits(const at::Tensor& ids, KeyValueCache& cache, const AdapterSet* adapters) const;

    // With room for `capacity` tokens; it grows when more come.
    KeyValueCache new_cache(int64_t batch, int64_t capacity) const;

    // In training, of so many layers at most only the input is kept, and the backward pass computes the rest again
    // (recompute.h); the same bits in less memory and more time. From the lowest adapted layer's successor up; the decoder must outlive the backward pass.
    void recompute_layers(int64_t count) { recompute_layers_ = count; }
    int64_t recompute_layers() const { return recompute_layers_; }

  private:
    at::Tensor embed(const at::Tensor& ids, const at::Tensor& positions, const ForwardOptions& options) const;
    NormRule rule() const { return {architecture_.norm, architecture_.norm_eps, architecture_.norm_offset}; }
    at::Tensor layer(int64_t layer, const at::Tensor& x, const RotaryTable& rotary, const ForwardOptions& options) const;
    // x + attention(norm(x))
    at::Tensor attention(int64_t layer, const at::Tensor& x, const RotaryTable& rotary,
                         const ForwardOptions& options) const;
    // residual + mlp(norm(x))
    at::Tensor mlp(int64_t layer, const at::Tensor& x, const at::Tensor& residual,
                   const ForwardOptions& options) const;

    Architecture architecture_;
    DecoderWeights weights_;
    at::ScalarType compute_type_;
    c10::Device device_;
    int64_t recompute_layers_ = 0;
};

}  // namespace engine
