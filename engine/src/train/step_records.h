// Loss and gradient norm of the steps since somebody last looked, left where they were computed. A GPU works behind the
// program that feeds it; to read a number is to wait for it, so that is done when the numbers are wanted, not at every step.
#pragma once

#include <vector>

#include "train/parameter_arena.h"

namespace engine {

struct StepRecord {
    int64_t global_step = 0;
    double loss = 0;
    double grad_norm = 0;  // before clipping
    double learning_rate = 0;
    double tokens = 0;
    double round_tokens = 0;  // of this step and of those of other runs at the same time
};

class StepRecords {
  public:
    // loss and grad_norm: one value each, on the device.
    void add(const StepRecord& known, const at::Tensor& loss, const at::Tensor& grad_norm);
    bool empty() const { return known_.empty(); }
    // Oldest first; waits for the device once, and forgets them.
    std::vector<StepRecord> read();

  private:
    std::vector<StepRecord> known_;
    std::vector<at::Tensor> values_;  // loss, norm, loss, norm ... as f64
};

// Scales the gradient down to most, where its norm is above that; most 0: never. On a GPU without reading the norm.
void clip_gradient(at::Tensor& gradient, const at::Tensor& norm, double most);

}  // namespace engine
