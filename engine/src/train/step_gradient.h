// The gradient of one optimiser step of a run: the mean loss over all its trained tokens, however they fall into
// micro-batches. steps_together.h computes it.
#pragma once

#include "data/dataset.h"
#include "engine/events.h"
#include "train/causal_loss.h"
#include "train/trainable.h"

namespace engine {

class StepGradient {
  public:
    // All of them must outlive this.
    StepGradient(const ExperimentSpec& spec, Trainable& trainable, const Dataset& rows, BatchSampler& sampler,
                 RunObserver& observer);

    // Puts the batches of the step together and clears the gradient in the arena of the trainable values; also to begin
    // the step anew.
    void begin(int64_t global_step);
    bool done() const { return next_ == batches_.size(); }

    const Batch& batch() const { return batches_[next_]; }  // the next one
    void set_dropout();                                     // of its pass
    const Trainable& trainable() const { return trainable_; }
    // The loss of that batch; returns its part of the step's loss, to be differentiated, undefined where nothing has a
    // label.
    at::Tensor add(const LossSum& batch);

    struct Step {
        at::Tensor loss;          // f64: mean over the trained tokens, natural log
        double tokens = 0;        // all of them
        double round_tokens = 0;  // of this step and of those of other runs at the same time
    };
    const Step& step() const { return step_; }

    // From now on every micro-batch is computed in twice as many parts: the same mean, of less at a time. The person is
    // told. False when single rows are left.
    bool split();
    void tell(const std::string& warning) { observer_.on_event(RunMessage{warning, true}); }

  private:
    const ExperimentSpec& spec_;
    Trainable& trainable_;
    const Dataset& rows_;
    BatchSampler& sampler_;
    RunObserver& observer_;
    int64_t parts_ = 1;  // of each micro-batch
    std::vector<Batch> batches_;
    std::size_t next_ = 0;
    uint64_t first_pass_ = 0;  // of this step, counted over the run
    int64_t trained_ = 0;      // labels of the step
    Step step_;
};

}  // namespace engine
