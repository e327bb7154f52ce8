// What a run tells while it works: small copyable values, sent from the run's own thread in order.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace engine {

struct RunStarted {
    int64_t total_steps = 0;
    int64_t first_step = 0;  // > 0 after a resume
    int64_t trainable_params = 0;
    int64_t total_params = 0;
    int64_t train_rows = 0;
    int64_t eval_rows = 0;
    double tokens_per_step = 0;  // of an optimiser step, on average over the rows
    std::string device;  // "cpu (2 threads)", "cuda:0 NVIDIA ..."
    std::string dtype;
    std::string model_hash;
    std::string data_hash;
};

struct StepMetrics {
    int64_t global_step = 0;  // optimiser steps done
    double epoch = 0;
    double loss = 0;         // mean over the trained tokens of the step, natural log
    double loss_smooth = 0;  // exponential average with bias correction
    double learning_rate = 0;
    double grad_norm = 0;  // before clipping
    double tokens = 0;     // of this step
    double tokens_per_second = 0;
    double eta_s = 0;
    double elapsed_s = 0;
    int64_t rss_bytes = 0;     // resident set of the process
    int64_t device_bytes = 0;  // allocated on the device; 0 on CPU
};

struct NamedValue {
    std::string name;
    double value = 0;
};

struct EvalMetrics {
    int64_t global_step = 0;
    double loss = 0;  // summed over trained tokens, then divided
    double perplexity = 0;  // NaN where the loss is not one over tokens
    int64_t tokens = 0;     // or texts, of a classifier
    bool best = false;  // so far: lowest loss, of a classifier highest main figure
    std::vector<NamedValue> metrics = {};  // of a classifier: accuracy, f1, matthews, pearson, spearman as fits
};

struct DeltaNorm {
    int layer = 0;
    std::string kind;
    double norm = 0;  // Frobenius norm of scaling · B · A
};
struct DeltaNorms {
    int64_t global_step = 0;
    std::vector<DeltaNorm> norms;
};

struct CheckpointSaved {
    int64_t global_step = 0;
    std::string folder;
    bool best = false;
};

struct StateChanged {  // "preparing", "training", "evaluating", "paused", "saving"
    std::string state;
};

struct RunMessage {  // worth a line in the log
    std::string text;
    bool warning = false;
};

using Event = std::variant<RunStarted, StepMetrics, EvalMetrics, DeltaNorms, CheckpointSaved, StateChanged, RunMessage>;

// Called on the run's thread: be quick, do not throw, do not call back into the engine.
class RunObserver {
  public:
    virtual ~RunObserver() = default;
    virtual void on_event(const Event& event) = 0;
};

}  // namespace engine
