#include "command.h"
#include "run_training.h"
#include "records_json.h"
#include "spec_options.h"

#include <workbench/run_log.h>

namespace commands {

namespace {

struct TrainCommand {
    SpecOptions spec;
    bool json_lines = false;
};

// A run that was refused before its first saved state leaves nothing behind.
void forget_refused_run(Session& session, const std::string& run_id) {
    const auto run = session.workbench().catalog().run(run_id);
    if (run.state == catalog::RunState::failed && run.global_step == 0)
        (void)session.workbench().remove_run(run_id).ok();
}

// What was decided while the run was made.
void announce(const std::string& run_dir, TrainingOutput output) {
    for (const auto& line : workbench::read_run_log(run_dir).lines) {
        if (output.json_lines)
            print_json_line(to_json(engine::RunMessage{line.text, false}));
        else
            log_line(line.text);
    }
}

int train(const TrainCommand& command, Session& session) {
    if (command.json_lines) session.json = true;  // an error is then an object as well
    auto& workbench = session.workbench();
    const auto run_id = workbench.create_run(spec_from(command.spec, workbench)).value();
    const TrainingOutput output{command.json_lines};
    announce(workbench.catalog().run(run_id).run_dir, output);
    try {
        return print_outcome(session, run_training(session, run_id, output), output);
    } catch (const engine::Failure& failure) {
        if (failure.error().code == engine::ErrorCode::bad_input) forget_refused_run(session, run_id);
        throw;
    }
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
    auto options = std::make_shared<TrainCommand>();
    auto* command = app.add_subcommand("train", "Train an adapter and keep it in the catalog");
    command->add_option("model", options->spec.model, "Model folder or builtin:NAME");
    add_plan_options(command, options->spec);
    add_train_options(command, options->spec);
    command->add_flag("--json-lines", options->json_lines,
                      "Stream one JSON object per event, the result last");
    on_run(command, action, options, train);
}

}  // namespace commands
