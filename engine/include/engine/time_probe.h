// How long a run will take, by its own first steps.
#pragma once

#include <stop_token>

#include "engine/train.h"

namespace engine {

struct TimeProbe {
    double setup_seconds = 0;           // reading model and data
    double seconds_per_step = 0;        // of a step with as many tokens as the steps have on average
    double seconds_per_evaluation = 0;  // 0 without evaluation rows
    double seconds_per_save = 0;
    double tokens_per_step = 0;
    int64_t steps = 0;                // of the run; 0 when not known
    int64_t evaluations = 0;          // of the run, the one before the first step included
    int64_t saves = 0;

    // From the first evaluation to the last saved state, as RunResult::seconds counts.
    double estimated_seconds() const {
        return seconds_per_step * static_cast<double>(steps) + seconds_per_evaluation * static_cast<double>(evaluations) +
               seconds_per_save * static_cast<double>(saves);
    }
};

// How often a run evaluates: before the first step, at the interval (0: about ten times) and at the end.
int64_t evaluations_of(int64_t steps, int64_t interval);

// Trains the first three steps of the request in a temporary folder, the first of them to warm up, and evaluates once. Takes that
// long, and reading model and data; the seed's results are not touched. Synchronous, on a compute thread. Failure: as train();
// interrupted when stopped. request.run_dir and resume are not used.
Result<TimeProbe> probe_time(const TrainRequest& request, std::stop_token stop = {});

// The same for a shape without weights, tokenizer or data: random weights, and rows that fill spec.data.seq_len; the
// kinds of matrices in all layers. No evaluations.
Result<TimeProbe> probe_time_of_shape(const std::string& shape, const ExperimentSpec& spec);

}  // namespace engine
