#include "plan/selection.h"

#include <engine/error.h>

#include <algorithm>

namespace engine {
namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

bool is_bias(const std::string& tensor) { return tensor.ends_with(".bias"); }

// Modules outside the layers: what people mean most often when they save a module.
std::string outer_modules(const std::vector<std::string>& tensors) {
    std::vector<std::string> names;
    for (const std::string& tensor : tensors) {
        const std::string module = module_of(tensor), last = module.substr(module.rfind('.') + 1);
        const bool in_layer = std::any_of(module.begin(), module.end(), [](unsigned char c) { return c >= '0' && c <= '9'; });
        if (!in_layer && std::find(names.begin(), names.end(), last) == names.end()) names.push_back(last);
    }
    return joined(names);
}

}  // namespace

std::string module_of(const std::string& tensor) { return tensor.substr(0, tensor.rfind('.')); }

bool in_saved_module(std::string_view module, const std::string& entry) {
    for (;;) {
        if (module.ends_with(entry)) return true;
        const auto dot = module.rfind('.');
        if (dot == std::string_view::npos) return false;
        module = module.substr(0, dot);
    }
}

void check_targets(const TargetMap& targets, const TargetSpace& space) {
    if (targets.empty())
        fail_input("No matrix is chosen to adapt. Tick at least one of " + joined(space.kinds) + ".");
    for (const auto& [kind, layers] : targets) {
        if (std::find(space.kinds.begin(), space.kinds.end(), kind) == space.kinds.end())
            fail_input("The model " + space.model + " has no matrix " + kind + ". Choose among " +
                       joined(space.kinds) + ".");
        for (const int layer : layers)
            if (layer < 0 || layer >= space.layers)
                fail_input("Layer " + std::to_string(layer) + " is chosen for " + kind + ", but the model " +
                           space.model + " has the layers 0 to " + std::to_string(space.layers - 1) + ".");
    }
}

bool is_target(const TargetMap& targets, const std::string& kind, std::int64_t layer) {
    const auto target = targets.find(kind);
    if (target == targets.end()) return false;
    const std::vector<int>& layers = target->second;
    return layers.empty() || std::find(layers.begin(), layers.end(), layer) != layers.end();
}

void check_rank(std::int64_t rank, const std::string& kind, std::int64_t layer, std::int64_t in_features,
                std::int64_t out_features) {
    if (rank < 1) fail_input("The rank is " + std::to_string(rank) + ": it must be at least 1.");
    const std::int64_t limit = std::min(in_features, out_features);
    if (rank > limit)
        fail_input("The rank " + std::to_string(rank) + " is too large for " + kind + " of layer " +
                   std::to_string(layer) + " (" + std::to_string(out_features) + " x " +
                   std::to_string(in_features) + "): at most " + std::to_string(limit) + " makes sense there.");
}

std::vector<const MatrixInfo*> select_matrices(const ModelInfo& model, const LoraConfig& lora) {
    check_targets(lora.targets, {model.name, model.kinds, model.layers});
    std::vector<const MatrixInfo*> selected;
    for (const MatrixInfo& matrix : model.matrices) {
        if (!is_target(lora.targets, matrix.kind, matrix.layer)) continue;
        check_rank(lora.rank, matrix.kind, matrix.layer, matrix.in_features, matrix.out_features);
        selected.push_back(&matrix);
    }
    return selected;
}

WholeTensors select_whole_tensors(const std::string& model, const std::vector<std::string>& tensors,
                                  const LoraConfig& lora, const std::set<std::string>& adapted) {
    WholeTensors whole;
    std::set<std::string> met;
    for (const std::string& tensor : tensors) {
        const std::string module = module_of(tensor);
        bool saved = false;
        for (const std::string& entry : lora.modules_to_save) {
            if (!in_saved_module(module, entry)) continue;
            saved = true;
            met.insert(entry);
            if (adapted.contains(module))
                fail_input("The module " + module + " is adapted and is also to be trained in full (" + entry +
                           "). Choose one of the two.");
        }
        if (saved)
            whole.saved.push_back(tensor);
        else if (is_bias(tensor) && (lora.bias == TrainBias::all ||
                                     (lora.bias == TrainBias::lora_only && adapted.contains(module))))
            whole.biases.push_back(tensor);
    }
    for (const std::string& entry : lora.modules_to_save)
        if (!met.contains(entry))
            fail_input("The model " + model + " has no module " + entry + " to train in full. Choose for example " +
                       outer_modules(tensors) + ".");
    return whole;
}

}  // namespace engine
