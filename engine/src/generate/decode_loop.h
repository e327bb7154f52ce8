// The generation loop on token ids.
#pragma once

#include <functional>

#include "generate/sampler.h"
#include "lora/adapter_set.h"
#include "model/decoder.h"

namespace engine {

struct DecodeOptions {
    SamplingOptions sampling;
    uint64_t seed = 1;
    int64_t max_new_tokens = 64;
    std::vector<int32_t> stop_ids;  // end the text and are not part of it
};

// prompt: at least one id. on_token is told every new id and answers whether to go on. The cost of a token is one pass over
// the weights; keys and values of earlier tokens are kept.
std::vector<int32_t> decode_loop(const Decoder& decoder, const AdapterSet* adapters, const std::vector<int32_t>& prompt,
                                 const DecodeOptions& options, const std::function<bool(int32_t)>& on_token = {});

}  // namespace engine
