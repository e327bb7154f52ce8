// Frozen matrices in 8 or 4 bits. Products read them in f32 or bf16: each is made whole again in a buffer that all share, so
// the memory of one matrix is what a pass needs on top.
#pragma once

#include <functional>
#include <memory>

#include "engine/experiment_spec.h"
#include "model/decoder.h"

namespace engine {

// A matrix [out, in] in memory as codes with their scales.
//
// int8: w = code · scale of its row, scale = max|row| / 127. Error at most half a scale.
// nf4: blocks of 64 along the row-major values; w = level[code] · max|block|, 16 levels that a normal distribution fills
// equally (Dettmers et al. 2023, arXiv:2305.14314, section 3). The maxima are kept in 8 bits themselves, 256 at a time around
// their common mean: 4.13 bits a value in all.
class QuantizedMatrix {
  public:
    // weight [out, in] f32 or bf16, finite, any layout. The codes lie where the weight does; a GPU's are found on the CPU.
    QuantizedMatrix(const at::Tensor& weight, BaseType type);

    int64_t out() const { return out_; }
    int64_t in() const { return in_; }
    int64_t bytes() const;

    // The matrix in this type in the buffer of this thread: it holds until the next call of the thread.
    at::Tensor values(at::ScalarType type) const;
    // In memory of its own, [out, in].
    at::Tensor copy(at::ScalarType type) const;
    // The same bytes by the library's operations, which is the way of a GPU.
    at::Tensor copy_by_operations(at::ScalarType type) const;

  private:
    at::Tensor empty(at::ScalarType type) const;
    void write(const at::Tensor& target) const;
    void write_by_operations(const at::Tensor& target) const;

    BaseType type_;
    int64_t out_, in_;
    at::Tensor codes_;          // int8 [out, in], or two of nf4 in a uint8
    at::Tensor scales_;         // int8: f32 [out]
    at::Tensor maxima_;         // nf4: int8, one a block
    at::Tensor maxima_scales_;  // nf4: f32, one for 256 of these
    float maxima_mean_ = 0;
};

// y = x W^T + bias with such a W, x [..., in] f32. Keeps nothing of W for the backward pass, which makes it again.
at::Tensor quantized_linear(const at::Tensor& x, const std::shared_ptr<const QuantizedMatrix>& weight, const at::Tensor& bias,
                            at::ScalarType compute_type);

// The matrices of one layer, as a decoder is loaded (load.h): the memory of a layer beside what becomes of the others.
std::function<void(LayerWeights&)> layer_quantizer(BaseType type);

// The matrices of a decoder's layers one after the other; embedding, head, norms and biases stay. Peak: what there was and one
// matrix; pages of a mapped file are given back as it goes.
void quantize_layers(Decoder& decoder, BaseType type);

}  // namespace engine
