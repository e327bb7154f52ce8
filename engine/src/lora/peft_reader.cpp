#include <algorithm>
#include <cmath>

#include "architecture/families.h"
#include "engine/adapter_info.h"
#include "io/safetensors.h"
#include "lora/peft_config.h"
#include "lora/peft_folder.h"
#include "lora/peft_names.h"
#include "model/tensor_io.h"
#include "plan/selection.h"
#include "runtime/guard.h"

namespace engine {
namespace {

// A key of the file without prefix and adapter name.
struct Key {
    enum class Part { A, B, magnitude, whole };
    Part part = Part::whole;
    bool embedding = false;
    bool base_layer = false;  // a tensor of an adapted module itself
    std::string module;       // or, of a whole tensor, its full name
};

// What may follow a marker: nothing or ".weight", either behind ".NAME" of an adapter; needs_weight: only the latter.
bool good_ending(std::string_view rest, bool needs_weight) {
    const bool weight = rest.ends_with(".weight");
    if (weight) rest.remove_suffix(7);
    if (needs_weight && !weight) return false;
    return rest.empty() || (rest.size() > 1 && rest[0] == '.' && rest.find('.', 1) == std::string_view::npos);
}

std::optional<Key> parse_key(const std::string& name) {
    const std::string prefix = peft_prefix;
    if (!name.starts_with(prefix)) return std::nullopt;
    std::string rest = name.substr(prefix.size());
    struct Marker {
        const char* text;
        Key::Part part;
        bool embedding;
    };
    for (const Marker& marker : {Marker{".lora_A", Key::Part::A, false}, Marker{".lora_B", Key::Part::B, false},
                                 Marker{".lora_embedding_A", Key::Part::A, true},
                                 Marker{".lora_embedding_B", Key::Part::B, true},
                                 Marker{".lora_magnitude_vector", Key::Part::magnitude, false}}) {
        const auto at = rest.rfind(marker.text);
        if (at == std::string::npos || at == 0) continue;
        const bool needs_weight = !marker.embedding && marker.part != Key::Part::magnitude;
        if (!good_ending(std::string_view(rest).substr(at + std::string_view(marker.text).size()), needs_weight)) continue;
        return Key{marker.part, marker.embedding, false, rest.substr(0, at)};
    }
    if (rest.find(".lora_") != std::string::npos) return std::nullopt;
    // "score.modules_to_save.default.weight" is "score.weight"; "q_proj.base_layer.bias" is "q_proj.bias".
    Key key;
    if (const auto at = rest.find(".modules_to_save."); at != std::string::npos) {
        const auto after = rest.find('.', at + 17);
        if (after == std::string::npos) return std::nullopt;
        rest.erase(at, after - at);
    } else if (const auto inner = rest.rfind(".base_layer."); inner != std::string::npos) {
        rest.erase(inner, 11);
        key.base_layer = true;
    }
    key.module = rest;
    return key;
}

std::string shape_text(const std::vector<int64_t>& shape) {
    std::string text = "[";
    for (const int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    return text + "]";
}

std::string some_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(4, names.size()); ++i) text += (i ? ", '" : "'") + names[i] + "'";
    return names.size() > 4 ? text + " and " + std::to_string(names.size() - 4) + " more" : text;
}

struct Parts {
    const TensorEntry* A = nullptr;
    const TensorEntry* B = nullptr;
    const TensorEntry* magnitude = nullptr;
};

class Reader {
  public:
    Reader(const std::filesystem::path& folder, const Architecture& architecture, const c10::Device& device)
        : architecture_(architecture),
          device_(device),
          config_(read_peft_config(folder)),
          file_(SafetensorsFile::open(peft_weights_path(folder))),
          adapters_(architecture.layers, static_cast<int>(architecture.projections().size())) {
        for (const TensorSpec& spec : tensors(architecture)) specs_[spec.name] = spec.shape;
    }

    AdapterSet run() {
        sort_entries();
        for (const AdaptableModule& module : adaptable_modules(architecture_)) read_module(module);
        for (const auto& [module, parts] : modules_) {
            for (const TensorEntry* entry : {parts.A, parts.B, parts.magnitude}) {
                if (entry) unexpected_.push_back(entry->name);
            }
        }
        read_whole_tensors();
        complain();
        if (adapters_.sites().empty() && !adapters_.embedding && !adapters_.head) {
            fail_input("The adapter '" + file_.path().string() +
                       "' adapts no matrix of this model; choose its own base model.");
        }
        return std::move(adapters_);
    }

  private:
    // Adapters of a bare model leave out the prefix that it has inside a complete one.
    std::string canonical(const std::string& name, bool tensor) const {
        const auto known = [&](const std::string& candidate) {
            return specs_.contains(tensor ? candidate : candidate + ".weight");
        };
        return !known(name) && known(architecture_.base_prefix + name) ? architecture_.base_prefix + name : name;
    }

    void sort_entries() {
        for (const TensorEntry& entry : file_.entries()) {
            const auto key = parse_key(entry.name);
            if (!key) {
                unexpected_.push_back(entry.name);
                continue;
            }
            const bool whole = key->part == Key::Part::whole;
            const std::string name = canonical(key->module, whole);
            const TensorEntry** place = nullptr;
            if (whole) {
                place = &whole_[name];
            } else {
                if (key->embedding != (name == architecture_.embedding) && key->part != Key::Part::magnitude) {
                    unexpected_.push_back(entry.name);
                    continue;
                }
                Parts& parts = modules_[name];
                place = key->part == Key::Part::A ? &parts.A : key->part == Key::Part::B ? &parts.B : &parts.magnitude;
            }
            if (*place) {
                fail_input("The file '" + file_.path().string() + "' has '" + (*place)->name + "' and '" + entry.name +
                           "' for the same place; it holds more than one adapter. Save one alone.");
            }
            *place = &entry;
        }
    }

    void read_module(const AdaptableModule& module) {
        const auto found = modules_.find(module.name);
        if (!config_.selection.selects(module)) return;
        const Parts parts = found == modules_.end() ? Parts{} : found->second;
        if (!parts.A) missing_.push_back(peft_prefix + module.half_name('A'));
        if (!parts.B) missing_.push_back(peft_prefix + module.half_name('B'));
        if (config_.use_dora && !parts.magnitude) missing_.push_back(peft_prefix + module.magnitude_name());
        if (!config_.use_dora && parts.magnitude) unexpected_.push_back(parts.magnitude->name);
        if (found != modules_.end()) modules_.erase(found);
        if (!parts.A || !parts.B || (config_.use_dora && !parts.magnitude)) return;
        adapted_.insert(module.name);
        const int64_t rank = config_.rank_of(module.name);
        AdapterSite site;
        site.layer = module.layer;
        site.projection = module.projection;
        site.rows = module.out;
        site.alpha = config_.alpha_of(module.name);
        site.scaling = config_.scaling_of(module.name);
        site.A = read(*parts.A, {rank, module.in});
        site.B = read(*parts.B, {module.out, rank});
        if (config_.use_dora) site.magnitude = read(*parts.magnitude, {module.out});
        switch (module.kind) {
            case AdaptableModule::Kind::linear:
                site.kind = architecture_.projections()[static_cast<std::size_t>(module.projection)]->slots.front().kind;
                adapters_.add(std::move(site));
                break;
            case AdaptableModule::Kind::embedding: adapters_.embedding = std::move(site); break;
            case AdaptableModule::Kind::head: adapters_.head = std::move(site); break;
        }
    }

    void read_whole_tensors() {
        const auto ignored = family_of(architecture_.family, config_.source).ignored_suffixes;
        for (const auto& [name, shape] : specs_) {
            const bool saved = config_.selection.saves(module_of(name));
            const bool bias = !saved && name.ends_with(".bias") &&
                              (config_.bias == TrainBias::all ||
                               (config_.bias == TrainBias::lora_only && adapted_.contains(module_of(name))));
            const auto found = whole_.find(name);
            if (found == whole_.end()) {
                // PEFT itself leaves out biases of adapted matrices (lora_only) when it saves: they are the base's.
                if (saved || (bias && config_.bias == TrainBias::all)) missing_.push_back(peft_prefix + name);
                continue;
            }
            // PEFT stores a copy of embedding and head beside their adapters, or where the vocabulary grew.
            const bool table = name == architecture_.embedding + ".weight" || name == architecture_.lm_head + ".weight";
            if (!saved && !bias && !table) continue;
            const bool conv1d = is_conv1d(name);
            const at::Tensor stored = read(*found->second, shape);
            adapters_.replaced.push_back({name, conv1d ? stored.t().contiguous() : stored, conv1d});
            // A copy of the table that the base ties to its head is a copy of both.
            const std::string head = architecture_.lm_head + ".weight";
            if (!saved && table && architecture_.tied_embeddings && name != head && !whole_.contains(head)) {
                adapters_.replaced.push_back({head, stored, false});
            }
            whole_.erase(found);
        }
        for (const auto& [name, entry] : whole_) {
            const bool buffer = std::any_of(ignored.begin(), ignored.end(), [&](const std::string& suffix) { return name.ends_with(suffix); });
            if (!buffer) unexpected_.push_back(entry->name);
        }
    }

    bool is_conv1d(const std::string& name) const {
        for (const AdaptableModule& module : adaptable_modules(architecture_)) {
            if (module.projection >= 0 && name == module.name + ".weight") {
                return architecture_.projections()[static_cast<std::size_t>(module.projection)]->conv1d;
            }
        }
        return false;
    }

    at::Tensor read(const TensorEntry& entry, const std::vector<int64_t>& shape) const {
        if (entry.shape != shape) {
            fail_input("The tensor '" + entry.name + "' in '" + file_.path().string() + "' has shape " +
                       shape_text(entry.shape) + ", but the base model and the configuration ask for " + shape_text(shape) +
                       "; the adapter belongs to another base model, or to one with another vocabulary.");
        }
        const at::Tensor value = map_tensor(file_, entry).to(device_, at::kFloat, false, /*copy=*/true);
        if (!value.isfinite().all().item<bool>()) {
            fail_input("The tensor '" + entry.name + "' in '" + file_.path().string() +
                       "' has NaN or infinite values; the adapter cannot be used.");
        }
        return value;
    }

    void complain() const {
        if (missing_.empty() && unexpected_.empty()) return;
        std::string text = "The adapter '" + file_.path().string() + "' does not fit its configuration and this base model: ";
        if (!missing_.empty()) text += some_of(missing_) + (missing_.size() > 1 ? " are" : " is") + " missing";
        if (!missing_.empty() && !unexpected_.empty()) text += ", ";
        if (!unexpected_.empty()) text += some_of(unexpected_) + (unexpected_.size() > 1 ? " have" : " has") + " no place";
        fail_input(text + "; choose the base model it was trained on, or save the adapter again.");
    }

    const Architecture& architecture_;
    c10::Device device_;
    PeftConfig config_;
    SafetensorsFile file_;
    AdapterSet adapters_;
    std::map<std::string, std::vector<int64_t>> specs_;
    std::set<std::string> adapted_;
    std::map<std::string, Parts> modules_;
    std::map<std::string, const TensorEntry*> whole_;
    std::vector<std::string> missing_, unexpected_;
};

}  // namespace

AdapterSet load_peft(const std::filesystem::path& folder, const Architecture& architecture, const c10::Device& device) {
    at::NoGradGuard no_grad;
    return Reader(folder, architecture, device).run();
}

PeftMetadata read_peft_metadata(const std::filesystem::path& folder) {
    const PeftConfig config = read_peft_config(folder);
    return {config.base_model, config.dropout, config.use_rslora, config.bias, config.selection.saved};
}

Result<AdapterInfo> inspect_adapter(const std::filesystem::path& folder) {
    return guard([&] {
        const PeftConfig config = read_peft_config(folder);
        const auto weights = peft_weights_path(folder);
        const SafetensorsHeader header = SafetensorsHeader::read(weights);
        AdapterInfo info;
        info.path = folder;
        info.rank = config.rank;
        info.alpha = config.alpha;
        info.use_rslora = config.use_rslora;
        info.use_dora = config.use_dora;
        info.bias = config.bias;
        info.modules_to_save = config.selection.saved;
        info.base_model = config.base_model;
        info.target_modules = config.selection.targets;
        if (config.selection.target_pattern) info.target_modules.push_back(*config.selection.target_pattern);
        for (const TensorEntry& entry : header.entries()) {
            info.params += entry.numel();
            if (entry.name.find(".lora_") == std::string::npos) info.whole_params += entry.numel();
        }
        info.bytes = static_cast<int64_t>(std::filesystem::file_size(weights));
        return info;
    });
}

}  // namespace engine
