#include "generate/decode_loop.h"

#include <algorithm>

namespace engine {

std::vector<int32_t> decode_loop(const Decoder& decoder, const AdapterSet* adapters, const std::vector<int32_t>& prompt,
                                 const DecodeOptions& options, const std::function<bool(int32_t)>& on_token) {
    at::NoGradGuard no_grad;
    KeyValueCache cache = decoder.new_cache(1, static_cast<int64_t>(prompt.size()) + options.max_new_tokens);
    Sampler sampler(options.sampling, options.seed);
    std::vector<int64_t> next(prompt.begin(), prompt.end());
    std::vector<int32_t> generated;
    while (static_cast<int64_t>(generated.size()) < options.max_new_tokens) {
        ForwardOptions forward;
        forward.adapters = adapters;
        forward.cache = &cache;
        const at::Tensor hidden = decoder.forward(at::tensor(next, at::kLong).unsqueeze(0).to(decoder.device()), forward);
        const at::Tensor last = hidden.select(1, hidden.size(1) - 1);  // logits for the last position only
        const auto id = static_cast<int32_t>(sampler.next(decoder.logits(last).squeeze(0)));
        if (std::find(options.stop_ids.begin(), options.stop_ids.end(), id) != options.stop_ids.end()) break;
        generated.push_back(id);
        if (on_token && !on_token(id)) break;
        next = {id};
    }
    return generated;
}

}  // namespace engine
