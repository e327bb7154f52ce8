// Decoders with the whole tensors of an adapter in them.
#pragma once

#include "lora/adapter_set.h"
#include "model/decoder.h"

namespace engine {

// The decoder with saved modules, biases and an adapted head in the place of the base's own; every other tensor is
// shared. The low-rank pairs on projections and on the embedding still come in with ForwardOptions::adapters.
// Differentiable in the adapter's tensors as they are now.
Decoder attached(const Decoder& base, const AdapterSet& adapters);

// For an adapter that will not change any more, on the decoder that it was attached to: the norms of DoRA are computed
// now instead of in every pass.
void fix_scales(AdapterSet& adapters, const Decoder& decoder);

// projection: index into Architecture::projections().
const LinearWeights& projection_weights(const Decoder& decoder, int64_t layer, int projection);
LinearWeights& projection_weights(Decoder& decoder, int64_t layer, int projection);

}  // namespace engine
