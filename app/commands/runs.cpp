#include "command.h"
#include "format.h"
#include "records_json.h"

namespace commands {

namespace {

struct RunsCommand {
    std::string text;
    std::vector<std::string> states;
    std::size_t limit = 0;
};

int list_runs(const RunsCommand& command, Session& session) {
    catalog::RunFilter filter;
    filter.text = command.text;
    filter.limit = command.limit;
    for (const auto& state : command.states) {
        const auto known = catalog::run_state_from(state);
        if (!known)
            engine::fail_input("Run state '" + state +
                               "' (--state) is not known. States are queued, running, paused, "
                               "finished, stopped, failed, interrupted, cancelled.");
        filter.states.push_back(*known);
    }
    const auto runs = session.workbench().catalog().runs(filter);
    if (session.json) {
        Json list = Json::array();
        for (const auto& run : runs) list.push_back(to_json(run));
        print_json({{"runs", list}});
        return 0;
    }
    Table table({"RUN", "NAME", "STATE", "MODEL", "TARGETS", "RANK", "STEP", "LOSS", "EVAL LOSS", "CREATED"});
    for (const auto& run : runs)
        table.add({run.id, run.name, std::string(catalog::to_string(run.state)), run.model_name,
                   run.targets.empty() ? run.method : run.targets, std::to_string(run.rank),
                   std::to_string(run.global_step) + "/" + std::to_string(run.total_steps),
                   number_text(run.train_loss), number_text(run.eval_loss), time_text(run.created_at)});
    if (table.empty())
        print_line("No runs. 'lwb train' makes one.");
    else
        table.print();
    return 0;
}

}  // namespace

void add_runs(CLI::App& app, Action& action) {
    auto options = std::make_shared<RunsCommand>();
    auto* command = app.add_subcommand("runs", "List runs, newest first");
    command->add_option("text", options->text, "Words in name, id, model or method");
    command->add_option("--state", options->states, "Only runs in these states")->delimiter(',');
    command->add_option("--limit", options->limit, "At most this many");
    on_run(command, action, options, list_runs);
}

}  // namespace commands
