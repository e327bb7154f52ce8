#include "command.h"
#include "export_adapter.h"
#include "loss_plot.h"
#include "records_json.h"
#include "run_training.h"

namespace commands {

namespace fs = std::filesystem;

namespace {

struct FirstExperimentCommand {
    std::string out;
};

fs::path write_plot(catalog::Catalog& catalog, const std::string& run_id, const fs::path& folder) {
    LossCurves curves;
    curves.title = "Loss of '" + catalog.run(run_id).name + "' (" + run_id + ")";
    curves.loss = catalog.series(run_id, "loss");
    curves.loss_smooth = catalog.series(run_id, "loss_smooth");
    curves.eval_loss = catalog.series(run_id, "eval_loss");
    const fs::path file = folder / "loss.svg";
    write_file(file, loss_plot_svg(curves));
    return file;
}

int first_experiment(const FirstExperimentCommand& command, Session& session) {
    auto& workbench = session.workbench();
    const auto run_id = workbench.create_run(workbench.first_experiment()).value();
    const auto outcome = run_training(session, run_id, {});
    if (outcome.result.stopped) return print_outcome(session, outcome, {});

    const fs::path folder = command.out.empty() ? workbench.paths().data_dir / "exports" / outcome.adapter_id
                                                : fs::absolute(command.out);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        engine::fail_io("Folder '" + folder.string() + "' could not be made (" + error.message() +
                        "). Choose another with --out.");
    engine::ExportRequest request;
    request.format = engine::ExportFormat::hf;
    request.out = folder / "merged";
    const auto report = export_adapter(session, outcome.adapter_id, request);
    const auto plot = write_plot(workbench.catalog(), run_id, folder);

    const int code = report.self_test.passed ? 0 : exit_code(engine::ErrorCode::failed);
    if (session.json) {
        auto json = outcome_json(session, outcome);
        json["merged"] = to_json(report);
        json["loss_plot"] = plot.string();
        print_json(json);
        return code;
    }
    print_outcome(session, outcome, {});
    Facts facts;
    facts.add("Merged model", report.path.string());
    facts.add("Self-test", report.self_test.verdict);
    facts.add("Loss plot", plot.string());
    print_line("");
    facts.print();
    return code;
}

}  // namespace

void add_first_experiment(CLI::App& app, Action& action) {
    auto options = std::make_shared<FirstExperimentCommand>();
    auto* command = app.add_subcommand("first-experiment",
                                       "Train, merge and plot the built-in first experiment: under a minute");
    command->add_option("--out", options->out,
                        "Folder for the merged model and the plot (default: in the data folder)");
    on_run(command, action, options, first_experiment);
}

}  // namespace commands
