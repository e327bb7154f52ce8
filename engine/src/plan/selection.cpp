#include "plan/selection.h"

#include "spec/kinds.h"

#include <engine/error.h>

#include <algorithm>
#include <set>
#include <string>

namespace engine {
namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void check_targets(const ModelInfo& model, const TargetMap& targets) {
    if (targets.empty()) fail_input("No matrix is chosen to adapt. Tick at least one, for example q and v.");
    for (const auto& [kind, layers] : targets) {
        if (std::find(model.kinds.begin(), model.kinds.end(), kind) == model.kinds.end())
            fail_input("The model " + model.name + " has no matrix " + kind + ". Choose among " +
                       joined(model.kinds) + ".");
        for (const int layer : layers)
            if (layer < 0 || layer >= model.layers)
                fail_input("Layer " + std::to_string(layer) + " is chosen for " + kind + ", but the model " +
                           model.name + " has the layers 0 to " + std::to_string(model.layers - 1) + ".");
    }
}

}  // namespace

std::vector<const MatrixInfo*> select_matrices(const ModelInfo& model, const LoraConfig& lora) {
    check_targets(model, lora.targets);
    if (lora.rank < 1) fail_input("The rank is " + std::to_string(lora.rank) + ": it must be at least 1.");
    std::vector<const MatrixInfo*> selected;
    for (const MatrixInfo& matrix : model.matrices) {
        const auto target = lora.targets.find(matrix.kind);
        if (target == lora.targets.end()) continue;
        const std::vector<int>& layers = target->second;
        if (!layers.empty() && std::find(layers.begin(), layers.end(), matrix.layer) == layers.end())
            continue;
        const std::int64_t limit = std::min(matrix.in_features, matrix.out_features);
        if (lora.rank > limit)
            fail_input("The rank " + std::to_string(lora.rank) + " is too large for " + matrix.kind +
                       " of layer " + std::to_string(matrix.layer) + " (" +
                       std::to_string(matrix.out_features) + " x " + std::to_string(matrix.in_features) +
                       "): at most " + std::to_string(limit) + " makes sense there.");
        selected.push_back(&matrix);
    }
    return selected;
}

}  // namespace engine
