// Training: one synchronous call on the thread that owns the run. Everything it allocates is freed when it returns.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>

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
        for (unsigned seen = changes(); pause_ && !stop_; seen = changes()) wait_for_change(seen);
    }

    // How often any run was stopped or let go on, and a wait until that is another number: so one thread waits for several
    // runs.
    static unsigned changes() { return changes_; }
    static void wait_for_change(unsigned seen) { changes_.wait(seen); }

  private:
    void wake() {
        pause_ = false;
        ++changes_;
        changes_.notify_all();
    }
    static inline std::atomic<unsigned> changes_{0};
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
    double tokens_per_second = 0;  // in its part of the time, where runs train together
    double seconds = 0;
    int64_t peak_memory_bytes = 0;  // of the process (CPU) or the device
    int64_t memory_floor_bytes = 0;  // MemoryForecast::floor of the rows as they were; 0 where it is not known
    int64_t trainable_params = 0;
    int64_t total_params = 0;
    std::filesystem::path last;  // folder of the final adapter (or model)
    std::filesystem::path best;  // empty without evaluation
};

// Whether run_dir holds a state that a run can be resumed from.
bool has_saved_state(const std::filesystem::path& run_dir);

Result<RunResult> train(const TrainRequest& request, RunObserver& observer, RunControl& control);

// Several runs at once, step by step in turn on this thread, each with its own events, pauses, stop and saved states and with
// the results that it has alone. What they share is there once: the tensors of the base model of those that adapt it, and
// the rows of their data. Texts of runs that adapt the same base go through it together while they have few tokens; the
// order of sums is another one then, and losses differ from those of each alone in the last digits.
struct TrainMember {
    TrainRequest request;
    RunObserver& observer;
    RunControl& control;
};
// Called once for each member, by its index, as soon as it has ended, on this thread; must not throw. A member that fails leaves
// the others going.
using MemberEnded = std::function<void(std::size_t member, Result<RunResult> result)>;
void train_together(const std::vector<TrainMember>& members, const MemberEnded& ended);

}  // namespace engine
