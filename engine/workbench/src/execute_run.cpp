// Runs from claimed to ended: the engine trains, recorders write, the catalog says how each ended.
#include "adapter_store.h"
#include "clock.h"
#include "guard.h"
#include "metrics.h"
#include "run_recorder.h"
#include "workbench/run_log.h"
#include "workbench/workbench.h"

#include <engine/runtime.h>

#include <cmath>

namespace workbench {

namespace {

std::string why_not_claimed(const catalog::RunRecord& run) {
    using catalog::RunState;
    const std::string object = "Run " + run.id + " '" + run.name + "' was not started: ";
    switch (run.state) {
        case RunState::finished:
            return object + "it is finished. Train it again as a new run.";
        case RunState::cancelled:
            return object + "it was cancelled. Train it again as a new run.";
        default:
            return object + "another program is training it. Wait for it, or stop it there.";
    }
}

std::optional<double> known(double value) {
    return std::isnan(value) ? std::nullopt : std::optional(value);
}

void record_end(catalog::Catalog& catalog, const std::string& run_id, const engine::RunResult& result) {
    catalog::RunUpdate end;
    end.state = result.stopped ? catalog::RunState::stopped : catalog::RunState::finished;
    end.finished_at = unix_seconds();
    end.global_step = result.steps;
    end.total_steps = result.total_steps;
    end.trainable_params = result.trainable_params;
    end.total_params = result.total_params;
    end.peak_memory_bytes = result.peak_memory_bytes;
    end.memory_floor_bytes = result.memory_floor_bytes;
    if (result.steps > 0) {
        end.train_loss = known(result.train_loss);
        end.eval_loss = known(result.eval_loss);
        end.best_eval_loss = known(result.best_eval_loss);
        end.eval_metrics = catalog_metrics(result.eval_metrics);
        end.best_eval_metrics = catalog_metrics(result.best_eval_metrics);
        if (end.best_eval_loss) end.best_step = result.best_step;
        end.tokens_per_second = result.tokens_per_second;
    }
    catalog.update_run(run_id, end);
}

void record_failure(catalog::Catalog& catalog, const std::string& run_id, const engine::Error& error) {
    const bool stopped = error.code == engine::ErrorCode::interrupted;
    catalog::RunUpdate end;
    end.state = stopped ? catalog::RunState::stopped : catalog::RunState::failed;
    end.finished_at = unix_seconds();
    if (!stopped) end.error_message = error.message;
    catalog.in_transaction([&] {
        // Taken over by another process, it is that one's to end.
        if (catalog.run(run_id).owner == catalog::this_process()) catalog.update_run(run_id, end);
    });
}

// The log first: who sees the end in the catalog finds it in the log, too.
void log_failure(const std::string& run_dir, const engine::Error& error) {
    append_run_log(run_dir,
                   error.code == engine::ErrorCode::interrupted ? "stopped" : "failed: " + error.message);
}

// One run from claimed to ended.
class Execution {
  public:
    // Marks the start in the catalog and asks what is to be trained.
    Execution(Workbench& workbench, const catalog::RunRecord& run, const RunToExecute& given)
        : workbench_(workbench),
          run_(run),
          logger_(run.run_dir, given.observer),
          recorder_(workbench.paths().catalog_file(), run.id, logger_, given.control, {}),
          control_(given.control) {
        request_.spec = engine::spec_from_json(run.spec_json).value();
        const auto runtime = engine::runtime_info();
        catalog::RunUpdate start;
        if (run.started_at == 0) start.started_at = unix_seconds();
        start.finished_at = 0;
        start.error_message = "";
        start.program_version = runtime.program_version;
        start.libtorch_version = runtime.libtorch_version;
        workbench.catalog().update_run(run.id, start);
        request_.model_dir = workbench.resolve_model(request_.spec.model).value();
        request_.run_dir = run.run_dir;
        request_.resume = engine::has_saved_state(run.run_dir);
        request_.cache_dir = workbench.paths().token_cache_dir();
    }

    engine::TrainMember member() { return {request_, recorder_, control_}; }

    // Registers the adapter and marks the end. Throws when the run failed.
    RunOutcome finish(const engine::Result<engine::RunResult>& trained) {
        if (recorder_.lost())
            engine::fail_io("Run " + run_.id + " '" + run_.name +
                            "' was stopped here: another program took it over. Its record "
                            "and its state are that program's now.");
        if (!trained) {
            try {
                recorder_.finish();
            } catch (const catalog::Error&) {
                // The run's own error is told; the last half second of its curves is lost.
            }
            throw engine::Failure(trained.error());
        }
        recorder_.finish();

        auto& catalog = workbench_.catalog();
        RunOutcome outcome{run_.id, {}, *trained};
        const engine::Method method = request_.spec.method;
        if (method == engine::Method::lora && outcome.result.steps > 0)
            outcome.adapter_id = store_adapters(catalog, workbench_.paths(), run_.id, request_.spec, outcome.result);
        append_run_log(run_.run_dir, outcome.result.stopped ? "stopped, state saved" : "finished");
        catalog.in_transaction([&] {
            record_end(catalog, run_.id, outcome.result);
            if (method == engine::Method::full && !outcome.result.stopped)
                catalog.touch_recent_model(outcome.result.last.string(), run_.name);
        });
        return outcome;
    }

  private:
    Workbench& workbench_;
    const catalog::RunRecord run_;
    engine::TrainRequest request_;
    RunLogger logger_;
    RunRecorder recorder_;
    engine::RunControl& control_;
};

}  // namespace

engine::Result<RunOutcome> Workbench::execute_run(const std::string& run_id, engine::RunObserver& observer,
                                                  engine::RunControl& control) {
    std::optional<engine::Result<RunOutcome>> outcome;
    execute_runs({{run_id, observer, control}},
                 [&](std::size_t, engine::Result<RunOutcome> ended) { outcome = std::move(ended); });
    return std::move(*outcome);
}

void Workbench::execute_runs(const std::vector<RunToExecute>& runs, const RunExecuted& executed) {
    // Side by side: what can be trained, by its place in runs.
    std::vector<std::size_t> places;
    std::vector<catalog::RunRecord> records;
    std::vector<std::unique_ptr<Execution>> executions;
    std::vector<engine::TrainMember> members;
    const auto fail = [&](const catalog::RunRecord& run, const engine::Error& error) {
        log_failure(run.run_dir, error);
        // The first error is the one to tell; that the catalog could not note it is seen as "interrupted"
        // later.
        (void)guarded([&] { record_failure(catalog(), run.id, error); });
    };
    for (std::size_t i = 0; i < runs.size(); ++i) {
        auto claimed = guarded([&] {
            auto run = catalog().run(runs[i].run_id);
            if (!catalog().claim_run(run.id)) engine::fail_input(why_not_claimed(run));
            return run;
        });
        if (!claimed) {
            executed(i, claimed.error());
            continue;
        }
        auto execution = guarded([&] { return std::make_unique<Execution>(*this, *claimed, runs[i]); });
        if (!execution) {
            fail(*claimed, execution.error());
            executed(i, execution.error());
            continue;
        }
        executions.push_back(std::move(execution).value());
        records.push_back(*claimed);
        places.push_back(i);
        members.push_back(executions.back()->member());
    }
    if (members.empty()) return;
    train_(members, [&](std::size_t member, engine::Result<engine::RunResult> trained) {
        auto outcome = guarded([&] { return executions[member]->finish(trained); });
        executions[member].reset();  // its recorder sends no further heartbeat
        if (!outcome) fail(records[member], outcome.error());
        executed(places[member], std::move(outcome));
    });
}

}  // namespace workbench
