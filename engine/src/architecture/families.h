// The families of decoders: for each model_type one function that turns config.json into an Architecture.
// Adding a family is adding a function and its row in families().
#pragma once

#include "architecture/architecture.h"
#include "architecture/config_fields.h"

#include <string>
#include <vector>

namespace engine {

struct Family {
    std::string model_type;
    // Classes of transformers whose weights are this decoder with or without its head; the first is written.
    std::vector<std::string> classes;
    // Endings of tensors that old files carry and that are no weights.
    std::vector<std::string> ignored_suffixes;
    Architecture (*describe)(const ConfigFields& config);
};

const std::vector<Family>& families();
// Failure (bad_input) that names what is known.
const Family& family_of(const std::string& model_type, const std::string& source);

// rope_theta and rope_scaling, or the newer rope_parameters.
RopeConfig read_rope(const ConfigFields& config, std::int64_t rotary_dim);
Activation read_activation(const ConfigFields& config, const char* key, const std::string& fallback);

}  // namespace engine
