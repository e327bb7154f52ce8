// Decoders from folders, or with fresh random weights.
#pragma once

#include "model/decoder.h"

#include <functional>

namespace engine {

// Called with each layer as soon as its weights are there: what it gives back need not be in memory beside the rest.
using FinishLayer = std::function<void(LayerWeights&)>;

// Reads config.json and the checkpoint; every tensor is converted once to the working precision (norms, biases and
// learned positions stay f32). Failure: anything wrong with the files, a NaN or infinity in a weight (named).
// precision: of the products; stored: of the matrices in memory (f32 where all weights are trained).
Decoder load_decoder(const std::filesystem::path& folder, Precision precision, const c10::Device& device,
                     Precision stored);
inline Decoder load_decoder(const std::filesystem::path& folder, Precision precision, const c10::Device& device) {
    return load_decoder(folder, precision, device, precision);
}
// The same for a description of the caller's, such as one with another head (architecture/classifier.h). What the files lack
// of a head that may be absent starts as N(0, initializer_range), biases 0, from the stream "head" of the seed.
Decoder load_decoder(const std::filesystem::path& folder, Architecture architecture, Precision precision,
                     const c10::Device& device, Precision stored, uint64_t seed, const FinishLayer& finish = {});

// Fresh weights: linear and embedding N(0, initializer_range) with the output projections divided by sqrt(2 · layers)
// (Radford et al. 2019, GPT-2), norms 1, biases 0. Deterministic in the seed.
Decoder random_decoder(const Architecture& architecture, Precision precision, const c10::Device& device, Precision stored,
                       uint64_t seed, const FinishLayer& finish = {});

// The weights under their canonical names (architecture.h, tensors()), in the orientation of the file, as views.
std::vector<std::pair<std::string, at::Tensor>> named_weights(const Decoder& decoder);

// Where each weight lies in the decoder, by its canonical name; the head also when it is the embedding. Valid as long as
// the decoder is neither moved nor destroyed.
struct WeightSlot {
    std::string name;
    at::Tensor* tensor = nullptr;  // matrices [out, in]
    bool conv1d = false;           // the file holds the transpose
};
std::vector<WeightSlot> weight_slots(Decoder& decoder);

}  // namespace engine
