// What goes into the micro models, and what comes out with an adapter.
#pragma once

#include "data/dataset.h"
#include "lora/attach.h"

namespace support {

inline at::Tensor probe() { return at::arange(40, at::kLong).mul_(37).remainder_(384).view({2, 20}); }

inline at::Tensor logits(const engine::Decoder& base, const engine::AdapterSet& adapters) {
    at::NoGradGuard no_grad;
    const engine::Decoder decoder = engine::attached(base, adapters);
    engine::ForwardOptions options;
    options.adapters = &adapters;
    return decoder.logits(decoder.forward(probe(), options));
}

inline double largest(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

inline engine::Batch two_rows() {
    engine::Batch batch;
    batch.offsets = {0, 9, 15};
    batch.ids = {0, 40, 85, 300, 17, 383, 222, 9, 64, 0, 5, 250, 33, 71, 120};
    batch.labels = batch.ids;
    for (const std::size_t masked : {0, 1, 2, 9}) batch.labels[masked] = engine::ignored_label;
    batch.trained_tokens = 11;
    return batch;
}

}  // namespace support
