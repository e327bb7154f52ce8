#include "train/run_state.h"

#include <limits>

#include "engine/error.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/tensor_io.h"

namespace engine {

void save_run_state(const std::filesystem::path& file, const RunState& state, const std::string& spec_json) {
    const Json numbers = {{"global_step", state.global_step},       {"loss_average", state.loss_average},
                          {"best_eval_loss", state.best_eval_loss}, {"best_step", state.best_step},
                          {"last_eval_loss", state.last_eval_loss}, {"last_eval_step", state.last_eval_step},
                          {"base_eval_loss", state.base_eval_loss}, {"seconds", state.seconds}};
    make_folder(file.parent_path());
    save_tensors(file,
                 {{"values", state.values}, {"first_moment", state.first_moment}, {"second_moment", state.second_moment}},
                 {{"state", dump_json(numbers)}, {"spec", spec_json}});
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
