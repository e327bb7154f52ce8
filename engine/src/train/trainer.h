// A run in the parts that a loop over one or several runs calls in turn (train_together.cpp). One object per run, on one
// thread.
#pragma once

#include <chrono>

#include "data/labelled.h"
#include "engine/train.h"
#include "train/adamw.h"
#include "train/run_state.h"
#include "train/step_records.h"
#include "train/steps_together.h"
#include "train/trainable.h"

namespace engine {

class Trainer {
  public:
    Trainer(const TrainMember& member, SharedInputs& shared);

    // Tells what will be trained and evaluates the model as it is.
    void begin();
    // end: all steps are done, or a stop was asked for. wait: paused, and saved so that it may be ended any time.
    enum class Next { step, wait, end };
    Next next();
    // A step, in three: what its gradient is to be computed from, the update, and evaluations and saved states that are due.
    StepTurn turn();
    void update(const StepGradient::Step& step);
    void after_step();
    // Saves what is not saved yet.
    RunResult end();

  private:
    using Clock = std::chrono::steady_clock;

    void load_data(SharedInputs& shared);
    std::filesystem::path chat_template_file() const;
    void resume();
    void require_finite(double loss, double grad_norm, int64_t step) const;
    void read_records();  // takes in what the steps since the last time left on the device
    void report_step(const StepRecord& step);
    void evaluate();
    void save(bool best);
    RunResult result() const;
    double elapsed() const;
    double tokens_per_batch() const;  // on average over the rows
    double smoothed_loss() const;
    [[noreturn]] void non_finite(const std::string& what, int64_t step) const;

    const TrainRequest& request_;
    const ExperimentSpec& spec_;
    RunObserver& observer_;
    RunControl& control_;
    std::string spec_json_;
    c10::Device device_;
    std::optional<LabelledData> labelled_;  // with a task over labels, until load_data() takes the rows
    Trainable trainable_;
    AdamW optimizer_;
    std::shared_ptr<const Split> data_;
    std::unique_ptr<BatchSampler> sampler_;
    std::unique_ptr<StepGradient> gradient_;
    int64_t total_steps_ = 0;
    int64_t eval_interval_ = 0;
    int64_t checkpoint_interval_ = 0;
    RunState state_;
    StepRecords records_;
    StepRecord last_step_;           // of those read
    Clock::time_point records_from_;  // when the first of the unread steps began
    bool held_ = false;  // paused, and has said so
    int64_t saved_step_ = -1;
    int64_t first_step_ = 0;
    // Throughput of this session (after a resume it starts anew).
    Clock::time_point session_start_;
    double session_base_seconds_ = 0;
    double recent_tokens_ = 0, recent_seconds_ = 0;  // decaying sums
    double session_tokens_ = 0, session_seconds_ = 0;
};

}  // namespace engine
