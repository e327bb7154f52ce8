// Names of PEFT folders shared by reader and writer.
#pragma once

#include <string>

namespace engine {

inline constexpr const char* peft_config_file = "adapter_config.json";
inline constexpr const char* peft_weights_file = "adapter_model.safetensors";
inline constexpr const char* peft_prefix = "base_model.model.";

}  // namespace engine
