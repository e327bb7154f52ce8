#include "lora/peft_modules.h"

#include <algorithm>

#include "plan/selection.h"
#include "tokenizer/regex.h"

namespace engine {
namespace {

bool listed(const std::string& name, const std::vector<std::string>& entries) {
    return std::find(entries.begin(), entries.end(), name) != entries.end();
}

bool listed_in_part(const std::string& name, const std::vector<std::string>& entries) {
    return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) { return name.ends_with("." + entry); });
}

}  // namespace

std::vector<AdaptableModule> adaptable_modules(const Architecture& architecture) {
    using Kind = AdaptableModule::Kind;
    std::vector<AdaptableModule> modules;
    const auto projections = architecture.projections();
    for (int64_t layer = 0; layer < architecture.layers; ++layer) {
        for (std::size_t p = 0; p < projections.size(); ++p) {
            modules.push_back({architecture.module_name(layer, *projections[p]), Kind::linear, layer, static_cast<int>(p),
                               projections[p]->in_features, projections[p]->out_features});
        }
    }
    modules.push_back({architecture.embedding, Kind::embedding, -1, -1, architecture.vocab_size, architecture.embedding_width()});
    modules.push_back({architecture.lm_head, Kind::head, -1, -1, architecture.embedding_width(), architecture.head_rows()});
    return modules;
}

bool ModuleSelection::saves(const std::string& module) const {
    return std::any_of(saved.begin(), saved.end(), [&](const std::string& entry) { return in_saved_module(module, entry); });
}

bool ModuleSelection::selects(const AdaptableModule& module) const {
    const std::string& name = module.name;
    if (excluded_pattern && Regex::of_names(*excluded_pattern, source).matches(name)) return false;
    if (listed(name, excluded) || listed_in_part(name, excluded) || saves(name)) return false;
    if (target_pattern) {
        if (*target_pattern == "all-linear") return module.kind == AdaptableModule::Kind::linear;
        return Regex::of_names(*target_pattern, source).matches(name);
    }
    if (listed(name, targets)) return true;
    if (!listed_in_part(name, targets)) return false;
    if (layers.empty()) return true;
    if (module.layer < 0 || std::find(layers.begin(), layers.end(), module.layer) == layers.end()) return false;
    return layer_patterns.empty() ||
           std::any_of(layer_patterns.begin(), layer_patterns.end(), [&](const std::string& pattern) {
               return Regex::of_names(".*\\." + pattern + "\\." + std::to_string(module.layer) + "\\..*", source).matches(name);
           });
}

}  // namespace engine
