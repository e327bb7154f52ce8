// The gradient of one optimiser step: the mean loss over all its trained tokens, however they fall into
// micro-batches.
#pragma once

#include "data/dataset.h"
#include "engine/events.h"
#include "train/trainable.h"

#include <functional>
#include <optional>

namespace engine {

class StepGradient {
  public:
    // All of them must outlive this.
    StepGradient(const ExperimentSpec& spec, Trainable& trainable, const Dataset& rows, BatchSampler& sampler,
                 RunObserver& observer);

    struct Step {
        at::Tensor loss;    // f64: mean over the trained tokens, natural log
        double tokens = 0;  // all of them
    };
    // Leaves the gradient in the arena of the trainable values. When memory runs out, every micro-batch is
    // split in two from then on and the step begins anew: the same mean, of less at a time; an out_of_memory
    // failure when single rows do not fit. Nothing when a stop was asked for.
    std::optional<Step> compute(int64_t global_step, const std::function<bool()>& stop);

  private:
    std::optional<Step> attempt(int64_t global_step, const std::function<bool()>& stop);
    bool split();  // false when it cannot be split further

    const ExperimentSpec& spec_;
    Trainable& trainable_;
    const Dataset& rows_;
    BatchSampler& sampler_;
    RunObserver& observer_;
    int64_t parts_ = 1;  // of each micro-batch
};

}  // namespace engine
