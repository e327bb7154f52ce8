#include "generate/sampler.h"

#include <limits>

#include "data/seeded.h"
#include "runtime/device.h"

namespace engine {

Sampler::Sampler(SamplingOptions options, uint64_t seed)
    : options_(options), generator_(make_generator(c10::kCPU, derive_seed(seed, "sampling"))) {}

int64_t Sampler::next(const at::Tensor& logits) {
    if (options_.temperature <= 0) return logits.argmax().item<int64_t>();
    at::Tensor scores = logits.to(at::kCPU) / options_.temperature;
    auto [sorted, order] = scores.sort(/*dim=*/-1, /*descending=*/true);
    if (options_.top_k > 0 && options_.top_k < sorted.size(0)) {
        sorted.narrow(0, options_.top_k, sorted.size(0) - options_.top_k)
            .fill_(-std::numeric_limits<float>::infinity());
    }
    at::Tensor probabilities = at::softmax(sorted, -1);
    if (options_.top_p < 1) {
        // Keep the smallest set whose probability reaches top_p; the first token always stays.
        const at::Tensor before = probabilities.cumsum(-1) - probabilities;
        probabilities = probabilities.masked_fill(before >= options_.top_p, 0);
    }
    const int64_t picked = at::multinomial(probabilities, 1, false, generator_).item<int64_t>();
    return order[picked].item<int64_t>();
}

}  // namespace engine
