#include <algorithm>
#include <cmath>
#include <set>

#include "engine/error.h"
#include "io/json.h"
#include "lora/peft_folder.h"
#include "lora/peft_modules.h"
#include "lora/peft_names.h"
#include "model/tensor_io.h"
#include "plan/selection.h"

namespace engine {
namespace {

// One adapted module of the PEFT file.
struct Written {
    AdaptableModule module;
    int64_t rank = 0;
    double alpha = 0;
    at::Tensor A, B, magnitude;
};

// The sites of one projection as one adapter over all its rows.
Written combine(const std::vector<const AdapterSite*>& sites, const AdaptableModule& module, bool use_rslora) {
    const AdapterSite& first = *sites.front();
    Written written{module, first.rank(), first.alpha, first.A, first.B, first.magnitude};
    if (sites.size() == 1 && first.rows == module.out) return written;
    std::vector<at::Tensor> rows;
    written.rank = 0;
    for (const AdapterSite* site : sites) {
        rows.push_back(site->A);
        written.rank += site->rank();
    }
    written.A = at::cat(rows, 0);
    written.B = at::zeros({module.out, written.rank}, first.B.options());
    if (first.magnitude.defined()) written.magnitude = first.frozen_norms.clone();
    int64_t column = 0;
    for (const AdapterSite* site : sites) {
        at::Tensor place = rows_of(written.B.narrow(1, column, site->rank()), *site);
        place.copy_(site->B.view(place.sizes()));
        column += site->rank();
        if (!site->magnitude.defined()) continue;
        at::Tensor norms = rows_of(written.magnitude.unsqueeze(1), *site);
        norms.copy_(site->magnitude.view(norms.sizes()));
    }
    // scaling = alpha / rank (or / sqrt(rank)) must come out as before.
    const double rank = static_cast<double>(written.rank);
    written.alpha = first.scaling * (use_rslora ? std::sqrt(rank) : rank);
    return written;
}

std::vector<Written> written_modules(const Architecture& architecture, const AdapterSet& adapters, bool use_rslora) {
    std::vector<Written> all;
    for (const AdaptableModule& module : adaptable_modules(architecture)) {
        std::vector<const AdapterSite*> sites;
        for (const AdapterSite& site : adapters.sites()) {
            if (module.kind == AdaptableModule::Kind::linear && site.layer == module.layer &&
                site.projection == module.projection) {
                sites.push_back(&site);
            }
        }
        if (module.kind == AdaptableModule::Kind::embedding && adapters.embedding) sites.push_back(&*adapters.embedding);
        if (module.kind == AdaptableModule::Kind::head && adapters.head) sites.push_back(&*adapters.head);
        if (!sites.empty()) all.push_back(combine(sites, module, use_rslora));
    }
    return all;
}

// The last part of a module name where it is enough to tell the projections of a layer apart ("q_proj"), else the
// whole path in the layer ("attn.c_proj").
std::string short_name(const Architecture& architecture, int projection) {
    const auto last = [](const std::string& module) { return module.substr(module.rfind('.') + 1); };
    const auto projections = architecture.projections();
    const std::string& name = projections[static_cast<std::size_t>(projection)]->module;
    const auto same = std::count_if(projections.begin(), projections.end(), [&](const Projection* other) {
        return last(other->module) == last(name);
    });
    return same == 1 ? last(name) : name;
}

// Short names and a list of layers that select exactly these modules, if there are such.
std::optional<ModuleSelection> short_selection(const Architecture& architecture, const std::vector<Written>& modules,
                                               const std::vector<std::string>& saved) {
    std::map<int64_t, std::set<std::string>> by_layer;
    ModuleSelection selection;
    std::set<std::string> chosen;
    for (const Written& written : modules) {
        const AdaptableModule& module = written.module;
        chosen.insert(module.name);
        if (module.layer < 0) {
            selection.targets.push_back(module.name);  // a full name is chosen whatever the layers are
        } else {
            by_layer[module.layer].insert(short_name(architecture, module.projection));
        }
    }
    if (by_layer.empty()) return selection;
    const auto& names = by_layer.begin()->second;
    for (const auto& [layer, others] : by_layer) {
        if (others != names) return std::nullopt;
        if (static_cast<int64_t>(by_layer.size()) < architecture.layers) selection.layers.push_back(layer);
    }
    selection.targets.insert(selection.targets.begin(), names.begin(), names.end());
    selection.saved = saved;
    for (const AdaptableModule& module : adaptable_modules(architecture)) {
        if (selection.selects(module) != chosen.contains(module.name)) return std::nullopt;
    }
    return selection;
}

void describe_selection(Json& config, const Architecture& architecture, const std::vector<Written>& modules,
                        const std::vector<std::string>& saved) {
    config["layers_to_transform"] = nullptr;
    config["modules_to_save"] = nullptr;
    if (!saved.empty()) config["modules_to_save"] = saved;
    if (const auto selection = short_selection(architecture, modules, saved)) {
        config["target_modules"] = selection->targets;
        if (!selection->layers.empty()) config["layers_to_transform"] = selection->layers;
        return;
    }
    Json names = Json::array();
    for (const Written& written : modules) names.push_back(written.module.name);
    config["target_modules"] = names;
}

// The commonest rank and alpha become r and lora_alpha, the others patterns on the full module name.
void describe_ranks(Json& config, const std::vector<Written>& modules) {
    std::map<std::pair<int64_t, double>, int> counts;
    for (const Written& written : modules) ++counts[{written.rank, written.alpha}];
    const auto common = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                            return a.second < b.second;
                        })->first;
    const auto plain = [](double alpha) { return alpha == std::floor(alpha) ? Json(static_cast<int64_t>(alpha)) : Json(alpha); };
    config["r"] = common.first;
    config["lora_alpha"] = plain(common.second);
    config["rank_pattern"] = Json::object();
    config["alpha_pattern"] = Json::object();
    for (const Written& written : modules) {
        if (written.rank != common.first) config["rank_pattern"][written.module.name] = written.rank;
        if (written.alpha != common.second) config["alpha_pattern"][written.module.name] = plain(written.alpha);
    }
}

// A tensor of a module that carries an adapter lies one level deeper in PEFT's model.
std::string whole_key(const std::string& name, const std::set<std::string>& adapted) {
    const std::string module = module_of(name);
    return peft_prefix + module + (adapted.contains(module) ? ".base_layer" : "") + name.substr(module.size());
}

void add_whole_tensors(std::vector<PeftTensor>& all, const AdapterSet& adapters, const std::set<std::string>& adapted) {
    for (const ReplacedTensor& tensor : adapters.replaced) {
        all.push_back({whole_key(tensor.name, adapted), tensor.value, tensor.conv1d});
    }
}

}  // namespace

std::vector<PeftTensor> peft_tensors(const Architecture& architecture, const AdapterSet& adapters) {
    std::vector<PeftTensor> all;
    std::set<std::string> adapted;
    const auto add = [&](const AdaptableModule& module, const AdapterSite& site) {
        adapted.insert(module.name);
        all.push_back({peft_prefix + module.half_name('A'), site.A});
        all.push_back({peft_prefix + module.half_name('B'), site.B});
        if (site.magnitude.defined()) all.push_back({peft_prefix + module.magnitude_name(), site.magnitude});
    };
    for (const AdaptableModule& module : adaptable_modules(architecture)) {
        if (module.kind == AdaptableModule::Kind::embedding && adapters.embedding) add(module, *adapters.embedding);
        if (module.kind == AdaptableModule::Kind::head && adapters.head) add(module, *adapters.head);
        if (module.kind != AdaptableModule::Kind::linear) continue;
        for (const AdapterSite& site : adapters.sites()) {
            if (site.layer == module.layer && site.projection == module.projection) add(module, site);
        }
    }
    add_whole_tensors(all, adapters, adapted);
    return all;
}

void save_peft(const std::filesystem::path& folder, const Architecture& architecture, const AdapterSet& adapters,
               const PeftMetadata& metadata) {
    at::NoGradGuard no_grad;
    const auto modules = written_modules(architecture, adapters, metadata.use_rslora);
    if (modules.empty()) throw std::logic_error("an adapter without a matrix");
    Json config = {{"peft_type", "LORA"},
                   {"task_type", architecture.classifier ? "SEQ_CLS" : "CAUSAL_LM"},
                   {"base_model_name_or_path", metadata.base_model},
                   {"revision", nullptr},
                   {"inference_mode", true},
                   {"auto_mapping", nullptr},
                   {"lora_dropout", metadata.dropout},
                   {"use_rslora", metadata.use_rslora},
                   {"use_dora", modules.front().magnitude.defined()},
                   {"lora_bias", false},
                   {"bias", name_of(metadata.bias)},
                   {"fan_in_fan_out", architecture.attention_out.conv1d},
                   {"exclude_modules", nullptr},
                   {"init_lora_weights", true},
                   {"layers_pattern", nullptr},
                   {"layer_replication", nullptr},
                   {"loftq_config", Json::object()},
                   {"eva_config", nullptr},
                   {"megatron_config", nullptr},
                   {"megatron_core", "megatron.core"}};
    describe_selection(config, architecture, modules, metadata.modules_to_save);
    describe_ranks(config, modules);
    std::vector<PeftTensor> whole;
    std::set<std::string> adapted;
    NamedTensors tensors;
    for (const Written& written : modules) {
        adapted.insert(written.module.name);
        tensors.emplace_back(peft_prefix + written.module.half_name('A'), written.A);
        tensors.emplace_back(peft_prefix + written.module.half_name('B'), written.B);
        if (written.magnitude.defined()) tensors.emplace_back(peft_prefix + written.module.magnitude_name(), written.magnitude);
    }
    add_whole_tensors(whole, adapters, adapted);
    for (const PeftTensor& tensor : whole) {
        tensors.emplace_back(tensor.key, tensor.transposed ? tensor.tensor.t().contiguous() : tensor.tensor);
    }
    make_folder(folder);
    save_tensors(folder / peft_weights_file, tensors);
    atomic_write_text(folder / peft_config_file, dump_json(config) + "\n");
}

}  // namespace engine
