// The least memory that a run needs, to be told beside its peak.
#pragma once

#include <cstdint>

#include "engine/train.h"
#include "runtime/torch.h"

namespace engine {

// MemoryForecast::floor (plan.h) of the run on this device, for its rows as they are: batch_tokens are those of a micro-batch on
// average. labels: of a classifier's head, else 0. Reads headers only; 0 where the model's files cannot be counted.
int64_t memory_floor_of(const TrainRequest& request, const c10::Device& device, int64_t labels, double batch_tokens);

}  // namespace engine
