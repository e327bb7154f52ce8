// Fresh adapters.
#pragma once

#include "lora/adapter_set.h"
#include "model/decoder.h"

namespace engine {

// Low-rank pairs for the ticked matrices, A from the stream "init" of the seed. Failure (bad_input): rank 0 or above
// min(in, out) of a matrix, nothing ticked, a kind or layer that the model does not have.
AdapterSet new_adapters(const Architecture& architecture, const LoraConfig& config, uint64_t seed,
                        const c10::Device& device);

// Everything the configuration asks for: with DoRA the magnitudes start at the norms of the decoder's rows, saved modules
// and biases as f32 copies of its own. The new adapter leaves the function of the decoder as it is.
AdapterSet new_adapters(const Decoder& decoder, const LoraConfig& config, uint64_t seed);

}  // namespace engine
