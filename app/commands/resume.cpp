#include "command.h"
#include "run_training.h"

namespace commands {

namespace {

struct ResumeCommand {
    std::string run;
    bool json_lines = false;
};

int resume(const ResumeCommand& command, Session& session) {
    if (command.json_lines) session.json = true;
    const auto run_id = session.workbench().catalog().run(command.run).id;
    const TrainingOutput output{command.json_lines};
    return print_outcome(session, run_training(session, run_id, output), output);
}

}  // namespace

void add_resume(CLI::App& app, Action& action) {
    auto options = std::make_shared<ResumeCommand>();
    auto* command = app.add_subcommand(
        "resume", "Continue a stopped, interrupted, failed or queued run where its state stands");
    command->add_option("run", options->run, "Run id or name")->required();
    command->add_flag("--json-lines", options->json_lines,
                      "Stream one JSON object per event, the result last");
    on_run(command, action, options, resume);
}

}  // namespace commands
