#include <algorithm>
#include <cmath>
#include <set>

#include "engine/error.h"
#include "io/json.h"
#include "lora/peft_folder.h"
#include "lora/peft_names.h"
#include "model/tensor_io.h"

namespace engine {
namespace {

// One module of the PEFT file.
struct PeftModule {
    int64_t layer = 0;
    const Projection* projection = nullptr;
    std::string name;
    int64_t rank = 0;
    double alpha = 0;
    at::Tensor A, B;  // [rank, in], [out, rank]
};

PeftModule combine(const std::vector<const AdapterSite*>& sites, const Architecture& architecture,
                   const Projection& projection, bool use_rslora) {
    const AdapterSite& first = *sites.front();
    PeftModule module{first.layer, &projection, architecture.module_name(first.layer, projection), 0, 0, {}, {}};
    if (sites.size() == 1 && first.rows == projection.out_features) {
        module.rank = first.rank();
        module.alpha = first.alpha;
        module.A = first.A;
        module.B = first.B;
        return module;
    }
    std::vector<at::Tensor> rows;
    for (const AdapterSite* site : sites) {
        rows.push_back(site->A);
        module.rank += site->rank();
    }
    module.A = at::cat(rows, 0);
    module.B = at::zeros({projection.out_features, module.rank}, first.B.options());
    int64_t column = 0;
    for (const AdapterSite* site : sites) {
        at::Tensor rows = rows_of(module.B.narrow(1, column, site->rank()), *site);
        rows.copy_(site->B.view(rows.sizes()));
        column += site->rank();
    }
    // scaling = alpha / rank (or / sqrt(rank)) must come out as before.
    const double rank = static_cast<double>(module.rank);
    module.alpha = first.scaling * (use_rslora ? std::sqrt(rank) : rank);
    return module;
}

std::vector<PeftModule> modules_of(const Architecture& architecture, const AdapterSet& adapters, bool use_rslora) {
    const auto projections = architecture.projections();
    std::vector<PeftModule> modules;
    for (int64_t layer = 0; layer < architecture.layers; ++layer) {
        for (std::size_t p = 0; p < projections.size(); ++p) {
            std::vector<const AdapterSite*> sites;
            for (const AdapterSite& site : adapters.sites()) {
                if (site.layer == layer && site.projection == static_cast<int>(p)) sites.push_back(&site);
            }
            if (!sites.empty()) modules.push_back(combine(sites, architecture, *projections[p], use_rslora));
        }
    }
    return modules;
}

// The last part of a module name where it is enough to tell the projections of a layer apart ("q_proj"), else the
// whole path in the layer ("attn.c_proj").
std::string short_name(const Architecture& architecture, const Projection& projection) {
    const auto last = [](const std::string& module) { return module.substr(module.rfind('.') + 1); };
    const auto projections = architecture.projections();
    const auto same = std::count_if(projections.begin(), projections.end(), [&](const Projection* other) {
        return last(other->module) == last(projection.module);
    });
    return same == 1 ? last(projection.module) : projection.module;
}

// Names that select exactly these modules: short names when every layer (or every chosen layer) has the same ones.
void describe_selection(Json& config, const Architecture& architecture, const std::vector<PeftModule>& modules) {
    std::map<int64_t, std::set<std::string>> by_layer;
    for (const PeftModule& module : modules) by_layer[module.layer].insert(short_name(architecture, *module.projection));
    const auto& names = by_layer.begin()->second;
    const bool alike = std::all_of(by_layer.begin(), by_layer.end(), [&](const auto& entry) { return entry.second == names; });
    config["layers_to_transform"] = nullptr;
    if (!alike) {
        Json all = Json::array();
        for (const PeftModule& module : modules) all.push_back(module.name);
        config["target_modules"] = all;
        return;
    }
    config["target_modules"] = names;
    if (static_cast<int64_t>(by_layer.size()) < architecture.layers) {
        Json layers = Json::array();
        for (const auto& entry : by_layer) layers.push_back(entry.first);
        config["layers_to_transform"] = layers;
    }
}

// The commonest rank and alpha become r and lora_alpha, the others patterns on the full module name.
void describe_ranks(Json& config, const std::vector<PeftModule>& modules) {
    std::map<std::pair<int64_t, double>, int> counts;
    for (const PeftModule& module : modules) ++counts[{module.rank, module.alpha}];
    const auto common = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                            return a.second < b.second;
                        })->first;
    config["r"] = common.first;
    config["lora_alpha"] = common.second;
    if (common.second == std::floor(common.second)) config["lora_alpha"] = static_cast<int64_t>(common.second);
    config["rank_pattern"] = Json::object();
    config["alpha_pattern"] = Json::object();
    for (const PeftModule& module : modules) {
        if (module.rank != common.first) config["rank_pattern"][module.name] = module.rank;
        if (module.alpha != common.second) config["alpha_pattern"][module.name] = module.alpha;
    }
}

}  // namespace

std::string peft_key(const Architecture& architecture, const AdapterSite& site, char half) {
    const auto projections = architecture.projections();
    return peft_prefix + architecture.module_name(site.layer, *projections[static_cast<std::size_t>(site.projection)]) +
           ".lora_" + half + ".weight";
}

void save_peft(const std::filesystem::path& folder, const Architecture& architecture, const AdapterSet& adapters,
               const PeftMetadata& metadata) {
    at::NoGradGuard no_grad;
    const auto modules = modules_of(architecture, adapters, metadata.use_rslora);
    if (modules.empty()) throw std::logic_error("an adapter without a matrix");
    Json config = {{"peft_type", "LORA"},
                   {"task_type", "CAUSAL_LM"},
                   {"base_model_name_or_path", metadata.base_model},
                   {"revision", nullptr},
                   {"inference_mode", true},
                   {"auto_mapping", nullptr},
                   {"lora_dropout", metadata.dropout},
                   {"use_rslora", metadata.use_rslora},
                   {"use_dora", false},
                   {"lora_bias", false},
                   {"bias", "none"},
                   {"fan_in_fan_out", modules.front().projection->conv1d},
                   {"modules_to_save", nullptr},
                   {"exclude_modules", nullptr},
                   {"init_lora_weights", true},
                   {"layers_pattern", nullptr},
                   {"layer_replication", nullptr},
                   {"loftq_config", Json::object()},
                   {"eva_config", nullptr},
                   {"megatron_config", nullptr},
                   {"megatron_core", "megatron.core"}};
    describe_selection(config, architecture, modules);
    describe_ranks(config, modules);
    NamedTensors tensors;
    for (const PeftModule& module : modules) {
        tensors.emplace_back(peft_prefix + module.name + ".lora_A.weight", module.A);
        tensors.emplace_back(peft_prefix + module.name + ".lora_B.weight", module.B);
    }
    make_folder(folder);
    save_tensors(folder / peft_weights_file, tensors);
    atomic_write_text(folder / peft_config_file, dump_json(config) + "\n");
}

}  // namespace engine
