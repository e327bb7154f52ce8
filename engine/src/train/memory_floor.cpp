#include "train/memory_floor.h"

#include <algorithm>

#include "engine/plan.h"

namespace engine {

int64_t memory_floor_of(const TrainRequest& request, const c10::Device& device, int64_t labels, double batch_tokens) {
    const auto model = inspect_model(request.model_dir);
    if (!model) return 0;
    ExperimentSpec spec = request.spec;
    spec.device = device.str();
    // Batches are packed: what counts is their tokens, not the length that rows are cut to.
    const auto length = static_cast<int64_t>(batch_tokens / static_cast<double>(spec.batch_size));
    const auto least = plan(*model, spec, 0, {labels, std::max<int64_t>(1, length)});
    return least ? least->memory.floor : 0;
}

}  // namespace engine
