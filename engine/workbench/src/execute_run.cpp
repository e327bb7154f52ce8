// One run from claimed to ended: the engine trains, the recorder writes, the catalog says how it ended.
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

}  // namespace

engine::Result<RunOutcome> Workbench::execute_run(const std::string& run_id, engine::RunObserver& observer,
                                                  engine::RunControl& control) {
    auto claimed = guarded([&] {
        auto run = catalog().run(run_id);
        if (!catalog().claim_run(run.id)) engine::fail_input(why_not_claimed(run));
        return run;
    });
    if (!claimed) return claimed.error();
    auto outcome = guarded([&] { return execute_claimed(*claimed, observer, control); });
    if (!outcome) {
        log_failure(claimed->run_dir, outcome.error());
        // The first error is the one to tell; that the catalog could not note it is seen as "interrupted"
        // later.
        (void)guarded([&] { record_failure(catalog(), claimed->id, outcome.error()); });
    }
    return outcome;
}

RunOutcome Workbench::execute_claimed(const catalog::RunRecord& run, engine::RunObserver& observer,
                                      engine::RunControl& control) {
    const auto spec = engine::spec_from_json(run.spec_json).value();
    const auto runtime = engine::runtime_info();
    catalog::RunUpdate start;
    if (run.started_at == 0) start.started_at = unix_seconds();
    start.finished_at = 0;
    start.error_message = "";
    start.program_version = runtime.program_version;
    start.libtorch_version = runtime.libtorch_version;
    catalog().update_run(run.id, start);

    engine::TrainRequest request;
    request.spec = spec;
    request.model_dir = resolve_model(spec.model).value();
    request.run_dir = run.run_dir;
    request.resume = engine::has_saved_state(run.run_dir);
    request.cache_dir = paths_.token_cache_dir();

    engine::prepare_compute_thread();
    RunLogger logger(run.run_dir, observer);
    RunRecorder recorder(paths_.catalog_file(), run.id, logger, control, {});
    const auto trained = train_(request, recorder, control);
    if (recorder.lost())
        engine::fail_io("Run " + run.id + " '" + run.name +
                        "' was stopped here: another program took it over. Its record "
                        "and its state are that program's now.");
    if (!trained) {
        try {
            recorder.finish();
        } catch (const catalog::Error&) {
            // The run's own error is told; the last half second of its curves is lost.
        }
        throw engine::Failure(trained.error());
    }
    recorder.finish();

    RunOutcome outcome{run.id, {}, *trained};
    if (spec.method == engine::Method::lora && outcome.result.steps > 0)
        outcome.adapter_id = store_adapters(catalog(), paths_, run.id, spec, outcome.result);
    append_run_log(run.run_dir, outcome.result.stopped ? "stopped, state saved" : "finished");
    catalog().in_transaction([&] {
        record_end(catalog(), run.id, outcome.result);
        if (spec.method == engine::Method::full && !outcome.result.stopped)
            catalog().touch_recent_model(outcome.result.last.string(), run.name);
    });
    return outcome;
}

}  // namespace workbench
