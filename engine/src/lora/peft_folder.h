// PEFT adapter folders: adapter_config.json + adapter_model.safetensors. The only place that knows PEFT's key names.
#pragma once

#include <filesystem>

#include "lora/adapter_set.h"

namespace engine {

// Every tensor of the file must belong to a projection of the architecture, and every module that the configuration
// names must be there; anything else is a Failure naming what is missing or unexpected.
AdapterSet load_peft(const std::filesystem::path& folder, const Architecture& architecture, const c10::Device& device);

// Writes both files atomically; folder is created. Slices of a fused projection become one block adapter on it: the A's
// stacked, the B's placed in their rows; rank k·r and alpha k·alpha (alpha·sqrt(k) with rsLoRA), so the scaling and the
// function stay exactly the same.
struct PeftMetadata {
    std::string base_model;
    double dropout = 0;
    bool use_rslora = false;
};
void save_peft(const std::filesystem::path& folder, const Architecture& architecture, const AdapterSet& adapters,
               const PeftMetadata& metadata);

// "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"; half is 'A' or 'B'.
std::string peft_key(const Architecture& architecture, const AdapterSite& site, char half);

}  // namespace engine
