// PEFT adapter folders: adapter_config.json + adapter_model.safetensors. The only place that knows PEFT's key names.
#pragma once

#include <filesystem>

#include "lora/adapter_set.h"

namespace engine {

// Every tensor of the file must have its place in the model, and everything that the configuration names must be there;
// anything else is a Failure naming what is missing and what is unexpected. Attach the result to the decoder (attach.h).
AdapterSet load_peft(const std::filesystem::path& folder, const Architecture& architecture, const c10::Device& device);

// Writes both files atomically; folder is created. Slices of a fused projection become one block adapter on it: the A's
// stacked, the B's placed in their rows; rank k·r and alpha k·alpha (alpha·sqrt(k) with rsLoRA), so the scaling and the
// function stay exactly the same. With DoRA the rows without a slice get the norm they have.
struct PeftMetadata {
    std::string base_model;
    double dropout = 0;
    bool use_rslora = false;
    TrainBias bias = TrainBias::none;
    std::vector<std::string> modules_to_save;
};
void save_peft(const std::filesystem::path& folder, const Architecture& architecture, const AdapterSet& adapters,
               const PeftMetadata& metadata);
// What a folder says of itself, to be written again with another base_model.
PeftMetadata read_peft_metadata(const std::filesystem::path& folder);

// The tensors of an adapter under the names of its file, "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight".
// Slices of one fused projection appear under one name each time, before they are put together.
struct PeftTensor {
    std::string key;
    at::Tensor tensor;
    bool transposed = false;  // the file holds tensor.t()
};
std::vector<PeftTensor> peft_tensors(const Architecture& architecture, const AdapterSet& adapters);

}  // namespace engine
