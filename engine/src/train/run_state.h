// Everything a run needs to go on as if it had never stopped, in one file that is replaced atomically.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/events.h"
#include "runtime/torch.h"

namespace engine {

struct RunState {
    int64_t global_step = 0;
    double loss_average = 0;  // of the smoothed loss, before bias correction
    double best_eval_loss = 0;  // at best_step
    int64_t best_step = -1;   // -1: not evaluated yet
    double last_eval_loss = 0;
    int64_t last_eval_step = -1;
    double base_eval_loss = 0;
    std::vector<NamedValue> last_metrics, best_metrics;  // of a classifier: at last_eval_step and best_step
    double seconds = 0;  // spent training so far
    at::Tensor values, first_moment, second_moment;
};

// Whether an evaluation beats the best one so far: of a classifier by its main figure, and by the loss where that is the same;
// of everything else by the loss.
bool is_better(double loss, const std::vector<NamedValue>& metrics, const RunState& state);

// spec_json guards against resuming with another specification.
void save_run_state(const std::filesystem::path& file, const RunState& state, const std::string& spec_json);
RunState load_run_state(const std::filesystem::path& file, const std::string& spec_json);

}  // namespace engine
