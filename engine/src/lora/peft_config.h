// adapter_config.json as PEFT writes it. Reading refuses everything that would change the function in a way that is not
// built, with a sentence.
#pragma once

#include <filesystem>
#include <utility>

#include "engine/lora_config.h"
#include "lora/peft_modules.h"

namespace engine {

struct PeftConfig {
    std::string source;  // the file, named in failures
    int64_t rank = 8;
    double alpha = 8;
    double dropout = 0;
    bool use_rslora = false;
    bool use_dora = false;
    TrainBias bias = TrainBias::none;
    std::string base_model;
    ModuleSelection selection;
    // Regular expressions that must match the end of a name from a dot on, in the order of the file: the first one wins.
    std::vector<std::pair<std::string, double>> rank_pattern, alpha_pattern;

    int64_t rank_of(const std::string& module) const;
    double alpha_of(const std::string& module) const;
    double scaling_of(const std::string& module) const;
};

// Failure: no folder or file, not LoRA, unknown mathematics, a field of another type.
PeftConfig read_peft_config(const std::filesystem::path& folder);

// The file of the weights in the folder. Failure where there is none, or only the old adapter_model.bin.
std::filesystem::path peft_weights_path(const std::filesystem::path& folder);

}  // namespace engine
