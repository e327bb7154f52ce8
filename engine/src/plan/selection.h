// Which matrices of a model a target list means.
#pragma once

#include <engine/lora_config.h>
#include <engine/model_info.h>

#include <vector>

namespace engine {

// In the order of model.matrices. Failure (bad_input): nothing chosen, a kind or a layer that the model does
// not have, a rank outside 1..min(in_features, out_features) of a chosen matrix; the sentence names it.
std::vector<const MatrixInfo*> select_matrices(const ModelInfo& model, const LoraConfig& lora);

}  // namespace engine
