// The rows of the catalog as plain values: copyable, no connection behind them, safe to pass between threads.
// Times are unix seconds (UTC) as double, 0 where the record type says "0: not yet". Sizes are bytes. Empty
// text and an empty optional both mean "not known".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog {

enum class RunState { queued, running, paused, finished, stopped, failed, interrupted, cancelled };

// "queued", "running", ... : the text kept in the file, also meant for JSON and logs.
std::string_view to_string(RunState state);
std::optional<RunState> run_state_from(std::string_view text);

// queued, running and paused are open; the other states are ends (from stopped, failed and interrupted a run
// may resume).
bool is_open(RunState state);

// The process that holds a run.
struct Owner {
    std::int64_t pid = 0;  // 0: nobody
    std::string host;

    bool operator==(const Owner&) const = default;
};
Owner this_process();

// What an evaluation found beside the loss: accuracy, f1, matthews, pearson ...; the main figure first.
struct Metric {
    std::string name;  // letters, digits and _
    double value = 0.0;

    bool operator==(const Metric&) const = default;
};
using Metrics = std::vector<Metric>;

// "accuracy=0.9125 f1=0.88" and back; what is not of this form is left out.
std::string to_text(const Metrics& metrics);
Metrics metrics_from(std::string_view text);

struct RunRecord {
    std::string
        id;  // "r-" and six of 0-9a-z; unique, sorts by creation. Empty on insert: the catalog gives one
    std::string name;  // shown; need not be unique
    RunState state = RunState::queued;
    std::string spec_json;  // the whole experiment, as the engine wrote it

    std::string model_ref;  // folder or "builtin:NAME"
    std::string model_name;
    std::string model_hash;
    std::string data_path;
    std::string data_hash;

    std::string method;  // "lora", "full", ...
    std::int64_t rank = 0;
    double alpha = 0.0;
    std::string targets;  // "q,v"
    std::int64_t seed = 0;
    std::int64_t trainable_params = 0;
    std::int64_t total_params = 0;

    double created_at = 0.0;      // 0 on insert: now
    double started_at = 0.0;      // 0: not yet
    double finished_at = 0.0;     // 0: not yet
    double queue_position = 0.0;  // orders queued runs; 0 on insert: behind the last one

    std::int64_t global_step = 0;
    std::int64_t total_steps = 0;
    std::optional<double> train_loss;
    std::optional<double> eval_loss;
    std::optional<double> best_eval_loss;
    std::optional<std::int64_t> best_step;
    Metrics eval_metrics;       // of the last evaluation; empty unless the model is a classifier
    Metrics best_eval_metrics;  // of that at best_step
    std::optional<double> tokens_per_second;
    std::int64_t peak_memory_bytes = 0;
    std::int64_t memory_floor_bytes = 0;  // the least it could have been done with; 0: not known

    std::string run_dir;
    std::string error_message;
    std::string program_version;
    std::string libtorch_version;
    std::string device;
    std::string dtype;

    double heartbeat_at = 0.0;
    Owner owner;
};

// A partial change: only the fields that hold a value are written.
//     catalog.update_run(id, {.state = RunState::finished, .finished_at = now, .eval_loss = 1.25});
struct RunUpdate {
    std::optional<std::string> name;
    std::optional<RunState> state;
    std::optional<std::string> spec_json;
    std::optional<std::string> model_hash;
    std::optional<std::string> data_hash;
    std::optional<std::int64_t> trainable_params;
    std::optional<std::int64_t> total_params;
    std::optional<double> started_at;
    std::optional<double> finished_at;
    std::optional<double> queue_position;
    std::optional<std::int64_t> global_step;
    std::optional<std::int64_t> total_steps;
    std::optional<double> train_loss;
    std::optional<double> eval_loss;
    std::optional<double> best_eval_loss;
    std::optional<std::int64_t> best_step;
    std::optional<Metrics> eval_metrics;
    std::optional<Metrics> best_eval_metrics;
    std::optional<double> tokens_per_second;
    std::optional<std::int64_t> peak_memory_bytes;
    std::optional<std::int64_t> memory_floor_bytes;
    std::optional<std::string> run_dir;
    std::optional<std::string> error_message;
    std::optional<std::string> program_version;
    std::optional<std::string> libtorch_version;
    std::optional<std::string> device;
    std::optional<std::string> dtype;
};

// Which runs to list; newest first, queued runs in queue order before them. Empty fields do not restrict.
struct RunFilter {
    std::vector<RunState> states;
    std::string text;       // words that must all occur in name, id, model or method, in any case of letters
    std::size_t limit = 0;  // 0: all
};

// One point of one curve. Keys in use: "loss", "loss_smooth", "eval_loss", "learning_rate", "grad_norm",
// "tokens_per_second", "rss_bytes", "device_bytes", "delta_norm/<layer>/<kind>" and, of classifiers,
// "eval_<metric>".
struct MetricPoint {
    std::int64_t step = 0;
    double time_s = 0.0;  // seconds since the run started
    double value = 0.0;   // may be NaN or infinite: a curve shows where it broke

    bool operator==(const MetricPoint&) const = default;
};
struct MetricSample {
    std::string key;
    MetricPoint point;
};

struct AdapterRecord {
    std::string id;      // "a-" and six of 0-9a-z; empty on insert: the catalog gives one
    std::string run_id;  // empty for imports, or when the run was removed
    std::string name;    // unique in the catalog, letter case ignored, the trash included
    std::string path;    // PEFT folder
    std::int64_t size_bytes = 0;
    std::string hash;

    std::string method;
    std::int64_t rank = 0;
    double alpha = 0.0;
    double scaling = 0.0;
    std::string targets;  // "q,v"
    std::string model_ref;
    std::string model_name;
    std::string model_hash;
    std::int64_t trainable_params = 0;
    std::int64_t whole_params = 0;  // of these in whole modules, such as a classifier's head, and biases
    std::optional<double> train_loss;
    std::optional<double> eval_loss;
    Metrics metrics;              // of the same evaluation
    std::optional<double> score;  // the main one of them; set on insert
    std::int64_t step = 0;
    std::int64_t seed = 0;

    double created_at = 0.0;        // 0 on insert: now
    std::vector<std::string> tags;  // sorted; unique, letter case ignored
    std::string notes;
    bool starred = false;
    bool trashed = false;
};

enum class AdapterScope { kept, trashed, all };
enum class AdapterOrder { created, name, rank, trainable_params, eval_loss, size };

// Which adapters to list. text is the query language of catalog/query.h.
struct AdapterFilter {
    std::string text;
    AdapterScope scope = AdapterScope::kept;
    AdapterOrder order = AdapterOrder::created;
    bool descending = true;
    std::size_t limit = 0;  // 0: all
    std::string run_id;     // of this run only
    std::string path;       // kept in this folder only, spelled as in the record
};

struct ExportRecord {
    std::string id;  // "x-" and six of 0-9a-z; empty on insert: the catalog gives one
    std::string adapter_id;
    std::string format;  // "peft", "hf", ...
    std::string dtype;
    std::string path;
    std::int64_t size_bytes = 0;
    bool passed = false;  // verdict of the self-test
    std::optional<double> max_abs_diff;
    std::int64_t matched = 0;
    std::int64_t missing = 0;
    std::int64_t unexpected = 0;
    double created_at = 0.0;  // 0 on insert: now
    std::string report_json;
};

struct RecentModel {
    std::string ref;
    std::string name;
    double last_used = 0.0;
};

struct TagCount {
    std::string tag;
    std::int64_t adapters = 0;
};

}  // namespace catalog
