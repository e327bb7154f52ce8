#include <algorithm>
#include <regex>

#include "engine/adapter_info.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "lora/peft_folder.h"
#include "lora/peft_names.h"
#include "model/tensor_io.h"
#include "runtime/guard.h"

namespace engine {
namespace {

bool matches(const std::string& text, const std::string& pattern, const std::string& source, const char* key) {
    try {
        return std::regex_match(text, std::regex(pattern));
    } catch (const std::regex_error&) {
        fail_input("The " + std::string(key) + " entry '" + pattern + "' in '" + source +
                   "' is not a regular expression that can be used.");
    }
}

bool ends_with_module(const std::string& name, const std::string& entry) {
    if (name == entry) return true;
    return name.size() > entry.size() && name.compare(name.size() - entry.size(), entry.size(), entry) == 0 &&
           name[name.size() - entry.size() - 1] == '.';
}

// adapter_config.json, checked for everything that would change the function in a way that is not built.
class PeftConfig {
  public:
    explicit PeftConfig(const std::filesystem::path& folder) : source_((folder / peft_config_file).string()) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(folder, ignored)) {
            fail_input("There is no adapter folder '" + folder.string() + "'; name a PEFT folder.");
        }
        json_ = read_json_file(folder / peft_config_file);
        if (!json_.is_object()) fail_input("'" + source_ + "' does not hold a JSON object.");
        refuse_unknown_mathematics();
        rank = json_int(json_, "r", source_).value_or(8);
        alpha = json_double(json_, "lora_alpha", source_).value_or(8);
        use_rslora = json_bool(json_, "use_rslora", source_).value_or(false);
    }

    const std::string& source() const { return source_; }
    const Json& json() const { return json_; }

    // First matching pattern wins; a pattern must match the end of the module name from a dot on.
    double pattern_value(const char* key, const std::string& module, double otherwise) const {
        const auto patterns = json_.find(key);
        if (patterns == json_.end() || !patterns->is_object()) return otherwise;
        for (const auto& [pattern, value] : patterns->items()) {
            if (!value.is_number()) fail_input("'" + source_ + "': " + key + " of '" + pattern + "' is not a number.");
            if (module == pattern || matches(module, "(.*\\.)?(" + pattern + ")", source_, key)) return value;
        }
        return otherwise;
    }

    // Whether PEFT would adapt this module of the base model.
    bool selects(const std::string& module, int64_t layer) const {
        if (list_or_regex("exclude_modules", module)) return false;
        if (!list_or_regex("target_modules", module)) return false;
        const auto layers = json_.find("layers_to_transform");
        if (layers == json_.end() || layers->is_null() || json_.at("target_modules").is_string()) return true;
        if (layers->is_number_integer()) return layers->get<int64_t>() == layer;
        if (!layers->is_array()) fail_input("'" + source_ + "': layers_to_transform is neither a number nor a list.");
        return std::any_of(layers->begin(), layers->end(),
                           [&](const Json& entry) { return entry.is_number_integer() && entry.get<int64_t>() == layer; });
    }

    int64_t rank = 8;
    double alpha = 8;
    bool use_rslora = false;

  private:
    bool list_or_regex(const char* key, const std::string& module) const {
        const auto value = json_.find(key);
        if (value == json_.end() || value->is_null()) return false;
        if (value->is_string()) {
            const auto text = value->get<std::string>();
            return text == "all-linear" || matches(module, text, source_, key);
        }
        if (!value->is_array()) fail_input("'" + source_ + "': " + key + " is neither a list nor a string.");
        return std::any_of(value->begin(), value->end(), [&](const Json& entry) {
            return entry.is_string() && ends_with_module(module, entry.get<std::string>());
        });
    }

    void refuse(const std::string& what) const {
        fail_input("The adapter '" + source_ + "' uses " + what + ", which is not supported; only plain LoRA can be loaded.");
    }

    void refuse_unknown_mathematics() const {
        const auto type = json_string(json_, "peft_type", source_);
        if (!type) fail_input("'" + source_ + "' has no peft_type; it is not a PEFT adapter configuration.");
        if (*type != "LORA") refuse("the method " + *type);
        for (const char* flag : {"use_dora", "lora_bias", "use_qalora", "alora_invocation_tokens"}) {
            const auto value = json_.find(flag);
            if (value != json_.end() && !value->is_null() && *value != false) refuse(flag);
        }
        const auto bias = json_string(json_, "bias", source_).value_or("none");
        if (bias != "none") refuse("bias='" + bias + "'");
        for (const char* list : {"modules_to_save", "layer_replication", "trainable_token_indices", "target_parameters"}) {
            const auto value = json_.find(list);
            if (value != json_.end() && !value->is_null() && !value->empty()) refuse(list);
        }
    }

    std::string source_;
    Json json_;
};

struct Halves {
    const TensorEntry* A = nullptr;
    const TensorEntry* B = nullptr;
};

// Module name -> its two tensors. Anything that is not a lora_A or lora_B weight is unexpected.
std::map<std::string, Halves> halves_of(const SafetensorsFile& file) {
    std::map<std::string, Halves> modules;
    const std::string prefix = peft_prefix, end_a = ".lora_A.weight", end_b = ".lora_B.weight";
    for (const TensorEntry& entry : file.entries()) {
        const auto has = [&](const std::string& end) {
            return entry.name.size() > prefix.size() + end.size() &&
                   entry.name.compare(entry.name.size() - end.size(), end.size(), end) == 0;
        };
        const bool is_a = has(end_a), is_b = has(end_b);
        if (entry.name.compare(0, prefix.size(), prefix) != 0 || (!is_a && !is_b)) {
            fail_input("The tensor '" + entry.name + "' in '" + file.path().string() +
                       "' is not a LoRA weight of a linear layer; this adapter cannot be loaded.");
        }
        const auto module = entry.name.substr(prefix.size(), entry.name.size() - prefix.size() - end_a.size());
        (is_a ? modules[module].A : modules[module].B) = &entry;
    }
    return modules;
}

std::string shape_text(const std::vector<int64_t>& shape) {
    std::string text = "[";
    for (const int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    return text + "]";
}

void check_shapes(const Halves& halves, const Projection& projection,
                  const std::filesystem::path& path, int64_t expected_rank) {
    const auto wrong = [&](const TensorEntry& entry, const std::string& expected) {
        fail_input("The tensor '" + entry.name + "' in '" + path.string() + "' has shape " + shape_text(entry.shape) +
                   ", but the base model and the configuration ask for " + expected +
                   "; the adapter belongs to another base model.");
    };
    const auto& a = halves.A->shape;
    const auto& b = halves.B->shape;
    const std::string rank = std::to_string(expected_rank);
    if (a.size() != 2 || a[0] != expected_rank || a[1] != projection.in_features) {
        wrong(*halves.A, "[" + rank + ", " + std::to_string(projection.in_features) + "]");
    }
    if (b.size() != 2 || b[0] != projection.out_features || b[1] != expected_rank) {
        wrong(*halves.B, "[" + std::to_string(projection.out_features) + ", " + rank + "]");
    }
}

}  // namespace

AdapterSet load_peft(const std::filesystem::path& folder, const Architecture& architecture, const c10::Device& device) {
    at::NoGradGuard no_grad;
    const PeftConfig config(folder);
    const SafetensorsFile file = SafetensorsFile::open(folder / peft_weights_file);
    auto modules = halves_of(file);
    const auto projections = architecture.projections();
    AdapterSet adapters(architecture.layers, static_cast<int>(projections.size()));
    for (int64_t layer = 0; layer < architecture.layers; ++layer) {
        for (std::size_t p = 0; p < projections.size(); ++p) {
            const Projection& projection = *projections[p];
            const std::string module = architecture.module_name(layer, projection);
            const auto found = modules.find(module);
            const bool selected = config.selects(module, layer);
            if (selected && (found == modules.end() || !found->second.A || !found->second.B)) {
                fail_input("The adapter '" + file.path().string() + "' lacks weights for '" + module +
                           "', which its configuration names; the file is incomplete.");
            }
            if (found == modules.end()) continue;
            if (!selected || !found->second.A || !found->second.B) {
                fail_input("The adapter '" + file.path().string() + "' has weights for '" + module +
                           "' that its configuration does not name or that lack their other half.");
            }
            const auto rank = static_cast<int64_t>(
                config.pattern_value("rank_pattern", module, static_cast<double>(config.rank)));
            check_shapes(found->second, projection, file.path(), rank);
            AdapterSite site;
            site.layer = layer;
            site.projection = static_cast<int>(p);
            site.rows = projection.out_features;
            site.kind = projection.slots.front().kind;
            site.alpha = config.pattern_value("alpha_pattern", module, config.alpha);
            LoraConfig scale;
            scale.rank = rank;
            scale.alpha = site.alpha;
            scale.use_rslora = config.use_rslora;
            site.scaling = scale.scaling();
            site.A = map_tensor(file, *found->second.A).to(device, at::kFloat, false, /*copy=*/true);
            site.B = map_tensor(file, *found->second.B).to(device, at::kFloat, false, /*copy=*/true);
            if (!site.A.isfinite().all().item<bool>() || !site.B.isfinite().all().item<bool>()) {
                fail_input("The adapter '" + file.path().string() + "' has NaN or infinite values in '" + module + "'.");
            }
            adapters.add(std::move(site));
            modules.erase(found);
        }
    }
    if (!modules.empty()) {
        fail_input("The adapter '" + file.path().string() + "' has weights for '" + modules.begin()->first +
                   "', which the base model does not have; choose the base model it was trained on.");
    }
    if (adapters.sites().empty()) {
        fail_input("The adapter '" + folder.string() + "' adapts no matrix of this model; choose its own base model.");
    }
    return adapters;
}

Result<AdapterInfo> inspect_adapter(const std::filesystem::path& folder) {
    return guard([&] {
        const PeftConfig config(folder);
        const SafetensorsHeader header = SafetensorsHeader::read(folder / peft_weights_file);
        AdapterInfo info;
        info.path = folder;
        info.rank = config.rank;
        info.alpha = config.alpha;
        info.use_rslora = config.use_rslora;
        info.base_model = json_string(config.json(), "base_model_name_or_path", config.source()).value_or("");
        const auto targets = config.json().find("target_modules");
        if (targets != config.json().end() && targets->is_array()) {
            for (const Json& target : *targets) info.target_modules.push_back(target.is_string() ? target.get<std::string>() : "");
        } else if (targets != config.json().end() && targets->is_string()) {
            info.target_modules.push_back(targets->get<std::string>());
        }
        for (const TensorEntry& entry : header.entries()) info.params += entry.numel();
        info.bytes = static_cast<int64_t>(std::filesystem::file_size(folder / peft_weights_file));
        return info;
    });
}

}  // namespace engine
