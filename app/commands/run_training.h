// Training with a face on the terminal: what train, resume and first-experiment share.
#pragma once

#include "output.h"
#include "session.h"

#include <string>

namespace commands {

struct TrainingOutput {
    bool json_lines = false;  // one JSON object per event on stdout
};

// Executes the run on this thread; Ctrl-C stops it and saves. Throws engine::Failure.
workbench::RunOutcome run_training(Session& session, const std::string& run_id, TrainingOutput output);

Json outcome_json(Session& session, const workbench::RunOutcome& outcome);
// JSON or a few lines for people, as the session asks; returns the exit code (0, or 130 when stopped).
int print_outcome(Session& session, const workbench::RunOutcome& outcome, TrainingOutput output);

}  // namespace commands
