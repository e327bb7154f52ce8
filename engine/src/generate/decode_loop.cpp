#include "generate/decode_loop.h"

#include <algorithm>

namespace engine {

std::vector<int32_t> decode_loop(const Decoder& decoder, const AdapterSet* adapters, const std::vector<int32_t>& prompt,
                                 const DecodeOptions& options, const std::function<bool(int32_t)>& on_token) {
    at::NoGradGuard no_grad;
    const auto length = static_cast<int64_t>(prompt.size());
    // Enough for most answers at once, without the pages of a very long one that ends early.
    KeyValueCache cache = decoder.new_cache(1, length + std::min<int64_t>(options.max_new_tokens, 512));
    Sampler sampler(options.sampling, options.seed);
    std::vector<int64_t> next(prompt.begin(), prompt.end());
    std::vector<int32_t> generated;
    while (static_cast<int64_t>(generated.size()) < options.max_new_tokens) {
        const at::Tensor ids = at::tensor(next, at::kLong).unsqueeze(0).to(decoder.device());
        const auto id = static_cast<int32_t>(sampler.next(decoder.next_logits(ids, cache, adapters).squeeze(0)));
        if (std::find(options.stop_ids.begin(), options.stop_ids.end(), id) != options.stop_ids.end()) break;
        generated.push_back(id);
        if (on_token && !on_token(id)) break;
        next = {id};
    }
    return generated;
}

}  // namespace engine
