// What a PEFT folder says of itself (adapter_config.json and tensor headers). Pure, milliseconds, any thread.
#pragma once

#include <filesystem>

#include "engine/lora_config.h"
#include "engine/error.h"

namespace engine {

struct AdapterInfo {
    std::filesystem::path path;
    int64_t rank = 0;
    double alpha = 0;
    bool use_rslora = false;
    bool use_dora = false;
    TrainBias bias = TrainBias::none;
    std::vector<std::string> modules_to_save;
    std::string base_model;              // base_model_name_or_path
    std::vector<std::string> target_modules;
    int64_t params = 0;        // all values of the file
    int64_t whole_params = 0;  // of them in saved modules and biases
    int64_t bytes = 0;
};

Result<AdapterInfo> inspect_adapter(const std::filesystem::path& folder);

}  // namespace engine
