#include "lora/peft_config.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "io/file.h"
#include "io/json.h"
#include "lora/peft_names.h"
#include "tokenizer/regex.h"

namespace engine {
namespace {

using Patterns = std::vector<std::pair<std::string, double>>;

// One reading of the file.
class Reading {
  public:
    explicit Reading(const std::filesystem::path& folder) {
        const auto path = folder / peft_config_file;
        config_.source = path.string();
        std::error_code ignored;
        if (!std::filesystem::is_directory(folder, ignored)) {
            fail_input("There is no adapter folder '" + folder.string() + "'; name a PEFT folder.");
        }
        json_ = read_json_file(path);
        if (!json_.is_object()) fail_input("'" + config_.source + "' does not hold a JSON object.");
        text_ = read_text(path);
    }

    PeftConfig run() {
        refuse_other_methods();
        const std::string& source = config_.source;
        config_.rank = json_int(json_, "r", source).value_or(8);
        config_.alpha = json_double(json_, "lora_alpha", source).value_or(8);
        config_.dropout = json_double(json_, "lora_dropout", source).value_or(0);
        config_.use_rslora = json_bool(json_, "use_rslora", source).value_or(false);
        config_.use_dora = json_bool(json_, "use_dora", source).value_or(false);
        config_.base_model = json_string(json_, "base_model_name_or_path", source).value_or("");
        const auto bias = json_string(json_, "bias", source).value_or("none");
        if (bias != "none" && bias != "all" && bias != "lora_only") refuse("bias='" + bias + "'");
        config_.bias = train_bias_from(bias);
        if (config_.rank < 1) fail_input("'" + source + "': r is " + std::to_string(config_.rank) + "; it must be at least 1.");
        if (!std::isfinite(config_.alpha)) fail_input("'" + source + "': lora_alpha is not a finite number.");
        read_selection();
        config_.rank_pattern = patterns("rank_pattern");
        config_.alpha_pattern = patterns("alpha_pattern");
        return std::move(config_);
    }

  private:
    [[noreturn]] void refuse(const std::string& what) const {
        fail_input("The adapter '" + config_.source + "' uses " + what +
                   ", which is not supported; it cannot be loaded without changing what it computes.");
    }

    const Json* given(const char* key) const {
        const auto found = json_.find(key);
        return found == json_.end() || found->is_null() ? nullptr : &*found;
    }

    // Methods that PEFT keeps in the same kind of folder; unknown switches of newer releases when they are on.
    void refuse_other_methods() const {
        const auto type = json_string(json_, "peft_type", config_.source);
        if (!type) fail_input("'" + config_.source + "' has no peft_type; it is not a PEFT adapter configuration.");
        if (*type != "LORA") refuse("the method " + *type);
        for (const char* key : {"lora_bias", "alora_invocation_tokens", "layer_replication", "trainable_token_indices",
                                "target_parameters", "megatron_config", "arrow_config", "ensure_weight_tying"}) {
            const Json* value = given(key);
            if (value && *value != false && !(value->is_structured() && value->empty())) refuse(key);
        }
        for (const auto& [key, value] : json_.items()) {
            if (key.starts_with("use_") && key != "use_rslora" && key != "use_dora" && value == true) refuse(key.substr(0, 80));
        }
        // These begin by taking the start of A and B out of the base, which then is another model than the one named.
        const Json* start = given("init_lora_weights");
        if (!start || start->is_boolean()) return;
        const std::string name = start->is_string() ? start->get<std::string>() : "";
        if (name != "gaussian" && name != "eva" && name != "orthogonal") {
            fail_input("The adapter '" + config_.source + "' was started by init_lora_weights='" + name.substr(0, 80) +
                       "', which changes the base model; convert it to a plain LoRA with PEFT and load that.");
        }
    }

    // A text, or a list of texts.
    void texts(const char* key, std::vector<std::string>& list, std::optional<std::string>& text) const {
        const Json* value = given(key);
        if (!value) return;
        if (value->is_string()) {
            if (!value->get<std::string>().empty()) text = value->get<std::string>();
            return;
        }
        if (!value->is_array()) fail_input("'" + config_.source + "': " + key + " is neither a list nor a text.");
        for (const Json& entry : *value) {
            if (!entry.is_string() || entry.get<std::string>().empty()) {
                fail_input("'" + config_.source + "': " + key + " has an entry that is no name.");
            }
            list.push_back(entry.get<std::string>());
        }
    }

    void read_selection() {
        ModuleSelection& selection = config_.selection;
        selection.source = "'" + config_.source + "'";
        texts("target_modules", selection.targets, selection.target_pattern);
        if (selection.targets.empty() && !selection.target_pattern) {
            fail_input("'" + config_.source + "' names no target_modules; it does not say what it adapts.");
        }
        texts("exclude_modules", selection.excluded, selection.excluded_pattern);
        std::optional<std::string> one;
        texts("modules_to_save", selection.saved, one);
        if (one) selection.saved.push_back(*one);
        one.reset();
        texts("layers_pattern", selection.layer_patterns, one);
        if (one) selection.layer_patterns.push_back(*one);
        const Json* layers = given("layers_to_transform");
        if (!layers) return;
        const Json list = layers->is_array() ? *layers : Json::array({*layers});
        for (const Json& entry : list) {
            if (!entry.is_number_integer()) {
                fail_input("'" + config_.source + "': layers_to_transform is neither a number nor a list of numbers.");
            }
            selection.layers.push_back(entry.get<int64_t>());
        }
    }

    // The first that matches wins, so the order of the file counts, which an object in memory does not keep.
    Patterns patterns(const char* key) const {
        const Json* object = given(key);
        if (!object) return {};
        if (!object->is_object()) fail_input("'" + config_.source + "': " + key + " is no object.");
        std::vector<std::string> names;
        bool inside = false;
        parse_json(text_, config_.source, [&](int depth, Json::parse_event_t event, Json& parsed) {
            if (event == Json::parse_event_t::key && depth == 1) inside = parsed == key;
            if (event == Json::parse_event_t::key && depth == 2 && inside) names.push_back(parsed.get<std::string>());
            return true;
        });
        Patterns found;
        for (const std::string& name : names) {
            const Json& value = object->at(name);
            if (!value.is_number() || !(value.get<double>() > 0) || value.get<double>() > 1e9) {
                fail_input("'" + config_.source + "': " + key + " of '" + name.substr(0, 200) + "' is not a number above 0.");
            }
            found.emplace_back(name, value.get<double>());
        }
        return found;
    }

    PeftConfig config_;
    Json json_;
    std::string text_;
};

double pattern_value(const Patterns& patterns, const std::string& source, const std::string& module, double otherwise) {
    for (const auto& [pattern, value] : patterns) {
        if (module == pattern || Regex::of_names("(?:.*\\.)?(?:" + pattern + ")", "'" + source + "'").matches(module)) {
            return value;
        }
    }
    return otherwise;
}

}  // namespace

int64_t PeftConfig::rank_of(const std::string& module) const {
    return static_cast<int64_t>(pattern_value(rank_pattern, source, module, static_cast<double>(rank)));
}

double PeftConfig::alpha_of(const std::string& module) const { return pattern_value(alpha_pattern, source, module, alpha); }

double PeftConfig::scaling_of(const std::string& module) const {
    LoraConfig scale;
    scale.rank = rank_of(module);
    scale.alpha = alpha_of(module);
    scale.use_rslora = use_rslora;
    return scale.scaling();
}

PeftConfig read_peft_config(const std::filesystem::path& folder) { return Reading(folder).run(); }

std::filesystem::path peft_weights_path(const std::filesystem::path& folder) {
    const auto path = folder / peft_weights_file;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored) && std::filesystem::exists(folder / "adapter_model.bin", ignored)) {
        fail_input("The adapter '" + folder.string() +
                   "' keeps its weights in adapter_model.bin, a format that can run code when it is read; save it with "
                   "PEFT as adapter_model.safetensors and load that.");
    }
    return path;
}

}  // namespace engine
