#include "run_training.h"

#include "format.h"
#include "progress_bar.h"
#include "records_json.h"

#include <cmath>

namespace commands {

namespace {

class TerminalObserver : public engine::RunObserver {
  public:
    explicit TerminalObserver(bool json_lines) : json_lines_(json_lines) {}

    void on_event(const engine::Event& event) override {
        if (json_lines_) print_json_line(to_json(event));
        std::visit([this](const auto& value) { show(value); }, event);
    }

  private:
    void show(const engine::RunStarted& event) {
        total_ = event.total_steps;
        bar_.note(count_text(event.trainable_params) + " of " + count_text(event.total_params) +
                  " parameters are trained on " + count_text(event.train_rows) + " rows, " + event.device +
                  ", " + event.dtype +
                  (event.first_step ? ", from step " + std::to_string(event.first_step) : ""));
    }
    void show(const engine::StepMetrics& event) {
        const double fraction =
            total_ > 0 ? static_cast<double>(event.global_step) / static_cast<double>(total_) : 0;
        bar_.show(fraction, std::to_string(event.global_step) + "/" + std::to_string(total_) + "  loss " +
                                number_text(event.loss_smooth) + evaluation_ + "  " +
                                count_text(std::llround(event.tokens_per_second)) + " tokens/s  ETA " +
                                duration_text(event.eta_s) + "  " +
                                bytes_text(event.device_bytes > 0 ? event.device_bytes : event.rss_bytes));
    }
    void show(const engine::EvalMetrics& event) {
        evaluation_ = "  eval " + number_text(event.loss);
        for (const auto& metric : event.metrics) evaluation_ += "  " + metric.name + " " + number_text(metric.value, 4);
    }
    void show(const engine::StateChanged& event) {
        if (event.state == "preparing") bar_.note("Reading model and data ...");
    }
    void show(const engine::RunMessage& event) { bar_.note((event.warning ? "Warning: " : "") + event.text); }
    void show(const engine::DeltaNorms&) {}
    void show(const engine::CheckpointSaved&) {}

    const bool json_lines_;
    ProgressBar bar_;
    int64_t total_ = 0;
    std::string evaluation_;
};

}  // namespace

workbench::RunOutcome run_training(Session& session, const std::string& run_id, TrainingOutput output) {
    TerminalObserver observer(output.json_lines);
    engine::RunControl control;
    const std::stop_callback stop(session.stop_token(), [&control] { control.stop(); });
    return session.workbench().execute_run(run_id, observer, control).value();
}

namespace {

template <class Metrics>
Json metrics_json(const Metrics& metrics) {
    Json json = Json::object();
    for (const auto& metric : metrics) json[metric.name] = metric.value;
    return json;
}

}  // namespace

Json outcome_json(Session& session, const workbench::RunOutcome& outcome) {
    const auto& result = outcome.result;
    Json json{{"run_id", outcome.run_id},
              {"adapter_id", outcome.adapter_id.empty() ? Json() : Json(outcome.adapter_id)},
              {"state", result.stopped ? "stopped" : "finished"},
              {"steps", result.steps},
              {"total_steps", result.total_steps},
              {"train_loss", result.train_loss},
              {"eval_loss", result.eval_loss},
              {"best_eval_loss", result.best_eval_loss},
              {"best_step", result.best_step},
              {"base_eval_loss", result.base_eval_loss},
              {"tokens_per_second", result.tokens_per_second},
              {"seconds", result.seconds},
              {"peak_memory_bytes", result.peak_memory_bytes},
              {"memory_floor_bytes", result.memory_floor_bytes > 0 ? Json(result.memory_floor_bytes) : Json()},
              {"trainable_params", result.trainable_params},
              {"total_params", result.total_params}};
    if (!result.eval_metrics.empty()) {
        json["eval_metrics"] = metrics_json(result.eval_metrics);
        json["best_eval_metrics"] = metrics_json(result.best_eval_metrics);
    }
    if (!outcome.adapter_id.empty()) {
        const auto adapter = session.workbench().catalog().adapter(outcome.adapter_id);
        json["name"] = adapter.name;
        json["path"] = adapter.path;
    } else if (result.steps > 0) {
        json["path"] = result.last.string();
    }
    return json;
}

int print_outcome(Session& session, const workbench::RunOutcome& outcome, TrainingOutput output) {
    const auto& result = outcome.result;
    const int code = result.stopped ? exit_code(engine::ErrorCode::interrupted) : 0;
    const auto json = outcome_json(session, outcome);
    if (output.json_lines) {
        Json last{{"event", "result"}};
        last.update(json);
        print_json_line(last);
        return code;
    }
    if (session.json) {
        print_json(json);
        return code;
    }
    Facts facts;
    facts.add("Run",
              outcome.run_id +
                  (result.stopped ? " (stopped; continue with 'lwb resume " + outcome.run_id + "')" : ""));
    if (json.contains("name"))
        facts.add("Adapter", json["name"].get<std::string>() + " (" + outcome.adapter_id + ")");
    facts.add("Steps", std::to_string(result.steps) + " of " + std::to_string(result.total_steps) + " in " +
                           duration_text(result.seconds));
    facts.add("Training loss", number_text(result.train_loss));
    if (!std::isnan(result.eval_loss))
        facts.add("Evaluation loss", number_text(result.eval_loss) + " (base " +
                                         number_text(result.base_eval_loss) + ", best " +
                                         number_text(result.best_eval_loss) + " at step " +
                                         std::to_string(result.best_step) + ")");
    for (const auto& metric : result.eval_metrics) {
        std::string text = number_text(metric.value, 4);
        for (const auto& best : result.best_eval_metrics)
            if (best.name == metric.name && result.best_step > 0)
                text += " (" + number_text(best.value, 4) + " at step " + std::to_string(result.best_step) +
                        ", of the lowest loss)";
        facts.add("Evaluation " + metric.name, text);
    }
    facts.add("Speed", count_text(std::llround(result.tokens_per_second)) + " tokens/s");
    facts.add("Peak memory", bytes_text(result.peak_memory_bytes) +
                                 (result.memory_floor_bytes > 0
                                      ? " (" + bytes_text(result.memory_floor_bytes) + " at least, with every layer computed twice)"
                                      : ""));
    facts.add("Trained",
              count_text(result.trainable_params) + " of " + count_text(result.total_params) + " parameters");
    if (json.contains("path")) facts.add("Folder", json["path"].get<std::string>());
    facts.print();
    return code;
}

}  // namespace commands
