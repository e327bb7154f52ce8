#include "bench/flops.h"

namespace engine {

double flops_per_step(const Architecture& a, const StepShape& shape) {
    double layer = 0, first_input = 0;
    for (const Projection* projection : a.projections()) {
        layer += static_cast<double>(projection->in_features) * static_cast<double>(projection->out_features);
    }
    for (const Projection& projection : a.attention_in) {
        first_input += static_cast<double>(projection.in_features) * static_cast<double>(projection.out_features);
    }
    const double tokens = static_cast<double>(shape.batch * shape.seq);
    const double layers = static_cast<double>(a.layers);
    const double head = static_cast<double>(a.vocab_size) * static_cast<double>(a.hidden_size);
    const bool full = shape.method == Method::full;
    const double passes = full ? 6 : 4;
    const double matrices = passes * layers * layer * tokens - (full ? 0 : 2 * first_input * tokens);
    const double logits = a.classifier ? 0 : passes * head * static_cast<double>(shape.trained_tokens);
    const double width = static_cast<double>(a.heads * a.head_dim);
    // Forward: q·k and weights·v, each 2 T width per token, half of it causal; backward twice that.
    const double attention = (a.encoder ? 6 : 3) * layers * tokens * 2 * static_cast<double>(shape.seq) * width;
    const double adapters = 6 * static_cast<double>(shape.adapter_params) * tokens;
    return matrices + logits + attention + (full ? 0 : adapters);
}

}  // namespace engine
