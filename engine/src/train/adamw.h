// AdamW with decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101), over one flat buffer.
#pragma once

#include "engine/experiment_spec.h"
#include "train/parameter_arena.h"

namespace engine {

class AdamW {
  public:
    AdamW(ParameterArena& arena, const OptimizerConfig& config);

    // theta -= lr · decay · theta; then theta -= lr · m̂ / (sqrt(v̂) + epsilon). Never waits for a GPU.
    void step(double learning_rate);

    int64_t steps() const { return steps_; }
    const at::Tensor& first_moment() const { return m_; }
    const at::Tensor& second_moment() const { return v_; }
    void restore(const at::Tensor& first_moment, const at::Tensor& second_moment, int64_t steps);

  private:
    ParameterArena& arena_;
    OptimizerConfig config_;
    at::Tensor m_, v_;  // [numel] f32
    int64_t steps_ = 0;
};

// Factor on the learning rate at an optimiser step (0-based) of total: linear warm-up over warmup · total steps, then
// constant, linear to 0 or half a cosine to 0.
double schedule_factor(Schedule schedule, double warmup, int64_t step, int64_t total);

}  // namespace engine
