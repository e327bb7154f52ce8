// What the workbench tests share: a data folder of their own, a small experiment, and training that follows a
// script.
#pragma once

#include "workbench/workbench.h"

#include <QTemporaryDir>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

namespace workbench_test {

namespace fs = std::filesystem;

inline void write_text(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

inline fs::path micro_model() {
    return fs::path(LWB_SOURCE_DIR) / "tests/data/micro-llama";
}

class DataFolder {
  public:
    fs::path root() const { return folder_.path().toStdString(); }
    workbench::Paths paths() const { return workbench::resolve_paths(root() / "data").value(); }
    std::unique_ptr<workbench::Workbench> open(workbench::TrainFunction train = {}) const {
        return workbench::Workbench::open(paths(), std::move(train)).value();
    }

    fs::path data_file(int rows = 24) const {
        std::string text;
        for (int i = 0; i < rows; ++i)
            text += R"({"prompt": "number )" + std::to_string(i) + R"(", "completion": "this is row )" +
                    std::to_string(i) + "\"}\n";
        const fs::path file = root() / ("train" + std::to_string(rows) + ".jsonl");
        write_text(file, text);
        return file;
    }

    engine::ExperimentSpec spec(const std::string& name = "small") const {
        engine::ExperimentSpec spec;
        spec.name = name;
        spec.model = micro_model().string();
        spec.lora.rank = 2;
        spec.lora.alpha = 4;
        spec.lora.targets = {{"q", {}}, {"v", {}}};
        spec.data.train_path = data_file().string();
        spec.data.seq_len = 48;
        spec.steps = 4;
        spec.batch_size = 2;
        return spec;
    }

  private:
    QTemporaryDir folder_;
};

class IgnoringObserver : public engine::RunObserver {
  public:
    void on_event(const engine::Event& event) override {
        if (listener) listener(event);
    }
    std::function<void(const engine::Event&)> listener;
};

// Stands in for engine::train: sends events step by step, leaves an adapter folder and, when stopped, a state
// to resume.
struct ScriptedTraining {
    int64_t steps = 4;
    int64_t best_step = 0;                                                 // 0: the last one
    std::vector<engine::NamedValue> metrics{};                             // of a classifier, at every evaluation
    std::function<void(int64_t step, engine::RunControl&)> before_step{};  // may stop, wait or throw
    std::vector<engine::TrainRequest>* requests = nullptr;

    static int64_t saved_step(const fs::path& run_dir) {
        int64_t step = 0;
        std::ifstream(run_dir / "state.safetensors") >> step;
        return step;
    }

    engine::Result<engine::RunResult> operator()(const engine::TrainRequest& request,
                                                 engine::RunObserver& observer,
                                                 engine::RunControl& control) const {
        if (requests) requests->push_back(request);
        try {
            return train(request, observer, control);
        } catch (const engine::Failure& failure) {
            return failure.error();
        }
    }

  private:
    static void write_adapter(const fs::path& folder, int64_t step) {
        write_text(folder / "adapter_config.json", R"({"r": 2, "lora_alpha": 4})");
        write_text(folder / "adapter_model.safetensors", "weights after step " + std::to_string(step));
    }

    engine::RunResult train(const engine::TrainRequest& request, engine::RunObserver& observer,
                            engine::RunControl& control) const {
        const int64_t first = request.resume ? saved_step(request.run_dir) : 0;
        engine::RunStarted started;
        started.total_steps = steps;
        started.first_step = first;
        started.trainable_params = 448;
        started.total_params = 40096;
        started.device = "cpu (scripted)";
        started.dtype = "f32";
        started.model_hash = "model-hash";
        started.data_hash = "data-hash";
        observer.on_event(engine::StateChanged{"training"});
        observer.on_event(started);
        engine::RunResult result;
        result.total_steps = steps;
        result.trainable_params = 448;
        result.total_params = 40096;
        result.last = request.run_dir / "last";
        int64_t step = first;
        while (step < steps) {
            if (before_step) before_step(step + 1, control);
            control.wait_while_paused();
            if (control.stop_requested()) {
                result.stopped = true;
                break;
            }
            ++step;
            engine::StepMetrics metrics;
            metrics.global_step = step;
            metrics.loss = 2.0 / static_cast<double>(step);
            metrics.loss_smooth = 2.5 / static_cast<double>(step);
            metrics.learning_rate = 1e-3;
            metrics.elapsed_s = static_cast<double>(step);
            metrics.tokens_per_second = 100;
            metrics.rss_bytes = 1000 + step;
            observer.on_event(metrics);
            if (step == best_step) write_adapter(request.run_dir / "best", step);
        }
        engine::EvalMetrics evaluation;
        evaluation.global_step = step;
        evaluation.loss = 1.5;
        evaluation.best = best_step == 0;
        evaluation.metrics = metrics;
        observer.on_event(evaluation);
        observer.on_event(engine::DeltaNorms{step, {{0, "q", 0.25}, {1, "v", 0.5}}});
        write_adapter(result.last, step);
        write_text(request.run_dir / "state.safetensors", std::to_string(step));
        result.steps = step;
        result.train_loss = 2.5 / static_cast<double>(std::max<int64_t>(step, 1));
        result.eval_loss = 1.5;
        result.eval_metrics = metrics;
        result.best_eval_metrics = metrics;
        if (best_step && !metrics.empty()) result.best_eval_metrics.front().value += 0.0625;
        result.best_eval_loss = best_step ? 1.25 : 1.5;
        result.best_step = best_step ? best_step : step;
        if (best_step) result.best = request.run_dir / "best";
        result.tokens_per_second = 100;
        result.peak_memory_bytes = 1000 + step;
        result.memory_floor_bytes = 900 + step;
        return result;
    }
};

}  // namespace workbench_test
