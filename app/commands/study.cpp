// Several adapters over one base: ranks, matrices, seeds and learning rates, every one with every other.
#include "command.h"
#include "format.h"
#include "records_json.h"
#include "run_training.h"
#include "spec_options.h"

#include "progress_bar.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace commands {

namespace {

struct StudyCommand {
    SpecOptions spec;
    std::vector<int64_t> ranks;
    std::vector<std::string> targets_sets;
    std::vector<uint64_t> seeds;
    std::vector<double> learning_rates;
    bool json_lines = false;
};

// What was not given is that of the base. The scaling is the same at every rank, so that ranks differ in nothing else.
std::vector<engine::ExperimentSpec> specs_of(const StudyCommand& command, const workbench::Workbench& workbench) {
    const auto base = spec_from(command.spec, workbench);
    if (base.method != engine::Method::lora)
        engine::fail_input("A study trains adapters, not whole models. Leave --method full away, or use 'lwb train'.");
    if (command.ranks.empty() && command.targets_sets.empty() && command.seeds.empty() && command.learning_rates.empty())
        engine::fail_input("Nothing to compare is given. Name what differs with --ranks, --targets-set, --seeds or "
                           "--learning-rates.");
    if (std::any_of(command.ranks.begin(), command.ranks.end(), [](int64_t rank) { return rank < 1; }))
        engine::fail_input("A rank in --ranks is below 1. Ranks are whole numbers from 1 on.");
    std::vector<engine::ExperimentSpec> specs{base};
    // Every spec so far with every value.
    const auto vary = [&](const auto& values, const auto& apply) {
        if (values.empty()) return;
        std::vector<engine::ExperimentSpec> varied;
        for (const auto& spec : specs) {
            for (const auto& value : values) {
                varied.push_back(spec);
                apply(varied.back(), value);
            }
        }
        specs = std::move(varied);
    };
    // A name of the base's own for each; the usual names tell ranks and matrices apart, but nothing else.
    std::string name = base.name;
    if (name.empty() && (!command.seeds.empty() || !command.learning_rates.empty()))
        name = workbench.inspect(base.model).value().name;
    for (auto& spec : specs) spec.name = name;
    const auto extend = [&](engine::ExperimentSpec& spec, const std::string& part) {
        if (!name.empty()) spec.name += " " + part;
    };
    vary(command.targets_sets, [&](engine::ExperimentSpec& spec, const std::string& kinds) {
        spec.lora.targets = engine::parse_targets(kinds, command.spec.layers.value_or(""));
        extend(spec, kinds);
    });
    vary(command.ranks, [&](engine::ExperimentSpec& spec, int64_t rank) {
        const double factor = static_cast<double>(rank) / static_cast<double>(base.lora.rank);
        spec.lora.alpha = base.lora.alpha * (base.lora.use_rslora ? std::sqrt(factor) : factor);
        spec.lora.rank = rank;
        extend(spec, "r" + std::to_string(rank));
    });
    vary(command.learning_rates, [&](engine::ExperimentSpec& spec, double rate) {
        spec.optimizer.learning_rate = rate;
        extend(spec, "lr " + number_text(rate));
    });
    vary(command.seeds, [&](engine::ExperimentSpec& spec, uint64_t seed) {
        spec.seed = seed;
        extend(spec, "seed " + std::to_string(seed));
    });
    return specs;
}

// All of them, or none.
std::vector<std::string> create_runs(const std::vector<engine::ExperimentSpec>& specs, workbench::Workbench& workbench) {
    std::vector<std::string> ids;
    for (const auto& spec : specs) {
        auto id = workbench.create_run(spec);
        if (!id) {
            for (const auto& made : ids) (void)workbench.remove_run(made);
            throw engine::Failure(id.error());
        }
        ids.push_back(std::move(id).value());
    }
    return ids;
}

// One bar for all, which goes as far as the last of them.
class Progress {
  public:
    Progress(std::size_t runs, bool json_lines) : json_lines_(json_lines), fractions_(runs, 0.0) {}

    void take(std::size_t run, const std::string& run_id, const engine::Event& event) {
        if (json_lines_) {
            auto json = to_json(event);
            json["run_id"] = run_id;
            print_json_line(json);
        }
        if (const auto* started = std::get_if<engine::RunStarted>(&event)) total_ = std::max(total_, started->total_steps);
        if (const auto* message = std::get_if<engine::RunMessage>(&event))
            bar_.note(run_id + ": " + (message->warning ? "Warning: " : "") + message->text);
        const auto* step = std::get_if<engine::StepMetrics>(&event);
        if (!step || total_ == 0) return;
        fractions_[run] = static_cast<double>(step->global_step) / static_cast<double>(total_);
        losses_[run_id] = step->loss_smooth;
        const auto [least, most] = std::minmax_element(
            losses_.begin(), losses_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
        bar_.show(*std::min_element(fractions_.begin(), fractions_.end()),
                  std::to_string(fractions_.size()) + " runs  " + std::to_string(step->global_step) + "/" +
                      std::to_string(total_) + "  loss " + number_text(least->second) + " to " + number_text(most->second) + "  ETA " +
                      duration_text(step->eta_s) + "  " +
                      bytes_text(step->device_bytes > 0 ? step->device_bytes : step->rss_bytes));
    }
    void note(const std::string& line) { bar_.note(line); }

  private:
    const bool json_lines_;
    ProgressBar bar_;
    int64_t total_ = 0;
    std::vector<double> fractions_;         // of each run
    std::map<std::string, double> losses_;  // of those that have made a step
};

struct Member : engine::RunObserver {
    Member(Progress& progress_, std::size_t index_, std::string run_id_)
        : progress(progress_), index(index_), run_id(std::move(run_id_)) {}
    void on_event(const engine::Event& event) override { progress.take(index, run_id, event); }

    Progress& progress;
    const std::size_t index;
    const std::string run_id;
    engine::RunControl control;
    std::optional<engine::Result<workbench::RunOutcome>> outcome;
};

Json member_json(Session& session, const Member& member, const engine::ExperimentSpec& spec) {
    Json json{{"rank", spec.lora.rank},
              {"alpha", spec.lora.alpha},
              {"targets", engine::describe_targets(spec.lora.targets)},
              {"seed", spec.seed},
              {"learning_rate", spec.optimizer.learning_rate}};
    if (*member.outcome) {
        json.update(outcome_json(session, **member.outcome));
    } else {
        json["run_id"] = member.run_id;
        json["state"] = "failed";
        json.update(error_json(member.outcome->error()));
    }
    return json;
}

void print_table(const Json& members) {
    Table table({"RUN", "TARGETS", "RANK", "SEED", "LR", "STATE", "LOSS", "EVAL LOSS", "BEST", "ADAPTER"});
    const auto number = [](const Json& member, const char* key) {
        return member.contains(key) && member[key].is_number() ? number_text(member[key].get<double>()) : std::string();
    };
    for (const auto& member : members)
        table.add({member["run_id"], member["targets"], std::to_string(member["rank"].get<int64_t>()),
                   std::to_string(member["seed"].get<uint64_t>()), number(member, "learning_rate"), member["state"],
                   number(member, "train_loss"), number(member, "eval_loss"), number(member, "best_eval_loss"),
                   member.value("name", "")});
    table.print();
}

int study(const StudyCommand& command, Session& session) {
    if (command.json_lines) session.json = true;  // an error is then an object as well
    auto& workbench = session.workbench();
    const auto specs = specs_of(command, workbench);
    const auto ids = create_runs(specs, workbench);
    std::vector<std::unique_ptr<Member>> members;
    {
        Progress progress(ids.size(), command.json_lines);
        std::vector<workbench::RunToExecute> runs;
        for (const auto& id : ids) {
            members.push_back(std::make_unique<Member>(progress, members.size(), id));
            runs.push_back({id, *members.back(), members.back()->control});
        }
        const std::stop_callback stop(session.stop_token(), [&members] {
            for (const auto& member : members) member->control.stop();
        });
        progress.note(std::to_string(ids.size()) + " adapters of '" + specs.front().model + "' are trained at once ...");
        workbench.execute_runs(runs, [&](std::size_t i, engine::Result<workbench::RunOutcome> outcome) {
            if (!outcome) progress.note(ids[i] + ": " + outcome.error().message);
            members[i]->outcome = std::move(outcome);
        });
    }
    int code = 0;
    Json list = Json::array();
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto& outcome = *members[i]->outcome;
        if (!outcome && code == 0) code = exit_code(outcome.error().code);
        if (outcome && outcome->result.stopped) code = exit_code(engine::ErrorCode::interrupted);
        list.push_back(member_json(session, *members[i], specs[i]));
    }
    if (command.json_lines)
        print_json_line({{"event", "result"}, {"runs", list}});
    else if (session.json)
        print_json({{"runs", list}});
    else
        print_table(list);
    return code;
}

}  // namespace

void add_study(CLI::App& app, Action& action) {
    auto options = std::make_shared<StudyCommand>();
    auto* command = app.add_subcommand(
        "study", "Train adapters at several ranks, matrices, seeds and learning rates at once over one base");
    command->add_option("model", options->spec.model, "Model folder or builtin:NAME");
    command->add_option("--ranks", options->ranks, "Ranks, such as 1,2,4,8; alpha/rank stays what --rank and --alpha say")
        ->delimiter(',');
    command->add_option("--targets-set", options->targets_sets,
                        "Matrices of some of the adapters, such as q,v; once for each set");
    command->add_option("--seeds", options->seeds, "Seeds, such as 1,2,3")->delimiter(',');
    command->add_option("--learning-rates", options->learning_rates, "Learning rates, such as 1e-3,2e-3")->delimiter(',');
    add_plan_options(command, options->spec);
    add_train_options(command, options->spec);
    command->add_flag("--json-lines", options->json_lines,
                      "Stream one JSON object per event, with the run it is of, the results last");
    on_run(command, action, options, study);
}

}  // namespace commands
