#include "train/run_state.h"

#include <limits>

#include "engine/error.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/tensor_io.h"

namespace engine {

namespace {

// A list keeps the order, which says what the main figure is.
Json metrics_json(const std::vector<NamedValue>& metrics) {
    Json list = Json::array();
    for (const NamedValue& metric : metrics) list.push_back({metric.name, metric.value});
    return list;
}

std::vector<NamedValue> metrics_in(const Json& numbers, const char* key) {
    std::vector<NamedValue> metrics;
    const auto list = numbers.find(key);
    if (list == numbers.end()) return metrics;  // of an older version, or no classifier
    for (const Json& each : *list) metrics.push_back({each.at(0), each.at(1)});
    return metrics;
}

}  // namespace

void save_run_state(const std::filesystem::path& file, const RunState& state, const std::string& spec_json) {
    Json numbers = {{"global_step", state.global_step},       {"loss_average", state.loss_average},
                          {"best_eval_loss", state.best_eval_loss}, {"best_step", state.best_step},
                          {"last_eval_loss", state.last_eval_loss}, {"last_eval_step", state.last_eval_step},
                          {"base_eval_loss", state.base_eval_loss}, {"seconds", state.seconds}};
    if (!state.last_metrics.empty()) numbers["last_metrics"] = metrics_json(state.last_metrics);
    if (!state.best_metrics.empty()) numbers["best_metrics"] = metrics_json(state.best_metrics);
    make_folder(file.parent_path());
    save_tensors(file,
                 {{"values", state.values}, {"first_moment", state.first_moment}, {"second_moment", state.second_moment}},
                 {{"state", dump_json(numbers)}, {"spec", spec_json}});
}

bool is_better(double loss, const std::vector<NamedValue>& metrics, const RunState& state) {
    if (state.best_step < 0) return true;
    if (metrics.empty() || state.best_metrics.empty()) return loss < state.best_eval_loss;
    const double mine = metrics.front().value, best = state.best_metrics.front().value;
    return mine == best ? loss < state.best_eval_loss : mine > best;
}

RunState load_run_state(const std::filesystem::path& path, const std::string& spec_json) {
    const SafetensorsFile file = SafetensorsFile::open(path);
    const auto text = file.metadata().find("state");
    const auto spec = file.metadata().find("spec");
    if (text == file.metadata().end() || spec == file.metadata().end()) {
        fail_input("'" + path.string() + "' is not a saved training state.");
    }
    if (spec->second != spec_json) {
        fail_input("The saved state '" + path.string() +
                   "' belongs to another specification; start a new run instead of resuming.");
    }
    const Json numbers = parse_json(text->second, path.string());
    RunState state;
    state.global_step = numbers.at("global_step");
    state.loss_average = numbers.at("loss_average");
    // JSON has no infinity; null is "no evaluation yet".
    const Json& best = numbers.at("best_eval_loss");
    state.best_eval_loss = best.is_null() ? std::numeric_limits<double>::infinity() : best.get<double>();
    state.best_step = numbers.at("best_step");
    state.last_eval_loss = numbers.at("last_eval_loss");
    state.last_eval_step = numbers.at("last_eval_step");
    state.base_eval_loss = numbers.at("base_eval_loss");
    state.seconds = numbers.at("seconds");
    state.last_metrics = metrics_in(numbers, "last_metrics");
    state.best_metrics = metrics_in(numbers, "best_metrics");
    const auto tensor = [&](const char* name) {
        const TensorEntry* entry = file.find(name);
        if (!entry) fail_input("'" + path.string() + "' lacks the tensor '" + name + "'.");
        return map_tensor(file, *entry).clone();
    };
    state.values = tensor("values");
    state.first_moment = tensor("first_moment");
    state.second_moment = tensor("second_moment");
    return state;
}

}  // namespace engine
