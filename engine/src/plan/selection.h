// Which matrices and whole tensors of a model a LoRA configuration means. One set of rules, held against either
// description of a model: ModelInfo, by which a run is planned, or Architecture, by which it is built.
#pragma once

#include <engine/lora_config.h>
#include <engine/model_info.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// What the targets are held against.
struct TargetSpace {
    std::string model;  // named in failures
    std::vector<std::string> kinds;
    std::int64_t layers = 0;
};

// Failure (bad_input): nothing chosen, a kind or a layer that the model does not have; the sentence names it.
void check_targets(const TargetMap& targets, const TargetSpace& space);
bool is_target(const TargetMap& targets, const std::string& kind, std::int64_t layer);
// Failure (bad_input): a rank outside 1..min(in_features, out_features).
void check_rank(std::int64_t rank, const std::string& kind, std::int64_t layer, std::int64_t in_features,
                std::int64_t out_features);

// In the order of model.matrices; checked by the above.
std::vector<const MatrixInfo*> select_matrices(const ModelInfo& model, const LoraConfig& lora);

// What is trained in full beside the adapted matrices, by canonical tensor names.
struct WholeTensors {
    std::vector<std::string> saved;   // of modules_to_save
    std::vector<std::string> biases;  // by the bias setting; none that is in saved
};
// tensors: every tensor of the model; adapted: the modules that carry adapters. Failure (bad_input): a name that no
// module has, an adapted module that is also to be saved in full.
WholeTensors select_whole_tensors(const std::string& model, const std::vector<std::string>& tensors,
                                  const LoraConfig& lora, const std::set<std::string>& adapted);

// PEFT's rule: a module is saved when its name, or that of a module it is part of, ends with the entry.
bool in_saved_module(std::string_view module, const std::string& entry);

// "model.layers.0.mlp.up_proj.weight" -> "model.layers.0.mlp.up_proj"
std::string module_of(const std::string& tensor);

}  // namespace engine
