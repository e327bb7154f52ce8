#include "lora/attach.h"

#include <algorithm>

#include "model/load.h"

namespace engine {

Decoder attached(const Decoder& base, const AdapterSet& adapters) {
    Decoder decoder = base;
    if (adapters.replaced.empty() && !adapters.head) return decoder;
    const auto slots = weight_slots(decoder);
    for (const ReplacedTensor& replaced : adapters.replaced) {
        const auto slot = std::find_if(slots.begin(), slots.end(),
                                       [&](const WeightSlot& candidate) { return candidate.name == replaced.name; });
        if (slot == slots.end()) throw std::logic_error("no weight " + replaced.name + " in the decoder");
        *slot->tensor = replaced.value;
    }
    if (adapters.head) decoder.weights().head = merged_rows(*adapters.head, decoder.weights().head);
    return decoder;
}

void fix_scales(AdapterSet& adapters, const Decoder& decoder) {
    at::NoGradGuard no_grad;
    for (AdapterSite& site : adapters.sites()) {
        if (!site.magnitude.defined()) continue;
        const at::Tensor& weight = projection_weights(decoder, site.layer, site.projection).weight;
        site.fixed_scale = dora_scale(site, rows_of(weight, site).flatten(0, 1));
    }
    auto& embedding = adapters.embedding;
    if (embedding && embedding->magnitude.defined()) {
        embedding->fixed_scale = dora_scale(*embedding, decoder.weights().embedding.t());
    }
}

namespace {

template <class Layer>
auto& weights_in(Layer& weights, int projection) {
    auto index = static_cast<std::size_t>(projection);
    if (index < weights.attention_in.size()) return weights.attention_in[index];
    index -= weights.attention_in.size();
    if (index == 0) return weights.attention_out;
    --index;
    return index < weights.mlp_in.size() ? weights.mlp_in[index] : weights.mlp_out;
}

}  // namespace

const LinearWeights& projection_weights(const Decoder& decoder, int64_t layer, int projection) {
    return weights_in(decoder.weights().layers[static_cast<std::size_t>(layer)], projection);
}

LinearWeights& projection_weights(Decoder& decoder, int64_t layer, int projection) {
    return weights_in(decoder.weights().layers[static_cast<std::size_t>(layer)], projection);
}

}  // namespace engine
