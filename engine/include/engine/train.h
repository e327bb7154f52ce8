// Training: one synchronous call on the thread that owns the run. Everything it allocates is freed when it returns.
#pragma once

#include <atomic>
#include <filesystem>

#include "engine/events.h"
#include "engine/experiment_spec.h"

namespace engine {

// Asked once per micro-step. All functions may be called from any thread.
class RunControl {
  public:
    void stop() { stop_ = true; wake(); }              // save and return (RunResult::stopped)
    void pause(bool on) { pause_ = on; if (!on) wake(); }
    void evaluate_now() { evaluate_ = true; }
    void save_now() { save_ = true; }

    bool stop_requested() const { return stop_; }
    bool paused() const { return pause_; }
    bool take_evaluate() { return evaluate_.exchange(false); }
    bool take_save() { return save_.exchange(false); }
    void wait_while_paused() {
        while (pause_ && !stop_) pause_.wait(true);
    }

  private:
    void wake() { pause_ = false; pause_.notify_all(); }
    std::atomic<bool> stop_{false}, pause_{false}, evaluate_{false}, save_{false};
};

struct TrainRequest {
    ExperimentSpec spec;
    std::filesystem::path model_dir;  // resolved folder of spec.model
    std::filesystem::path run_dir;    // created; holds last/, best/ (PEFT folders or models) and the state
    bool resume = false;              // continue from the state saved in run_dir
    std::filesystem::path cache_dir{};  // keeps tokenised data between runs; empty: none
    // Tensors on the CPU may take that much more than they do when the run starts; 0: what the machine has free then. A step
    // that needs more is computed in parts.
    int64_t memory_limit_bytes = 0;
};

struct RunResult {
    bool stopped = false;  // stopped before total_steps, state saved
    int64_t steps = 0;
    int64_t total_steps = 0;
    double train_loss = 0;  // smoothed, at the end
    double eval_loss = 0;   // at the end; NaN when there are no evaluation rows
    double best_eval_loss = 0;
    int64_t best_step = 0;
    double base_eval_loss = 0;  // before the first step
    std::vector<NamedValue> eval_metrics;  // at the end; of a classifier, the main figure first
    std::vector<NamedValue> best_eval_metrics;  // at best_step
    double tokens_per_second = 0;
    double seconds = 0;
    int64_t peak_memory_bytes = 0;  // of the process (CPU) or the device
    int64_t trainable_params = 0;
    int64_t total_params = 0;
    std::filesystem::path last;  // folder of the final adapter (or model)
    std::filesystem::path best;  // empty without evaluation
};

// Whether run_dir holds a state that a run can be resumed from.
bool has_saved_state(const std::filesystem::path& run_dir);

Result<RunResult> train(const TrainRequest& request, RunObserver& observer, RunControl& control);

}  // namespace engine
