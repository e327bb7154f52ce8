// Well-known shapes without weights, for planning and measuring.
#pragma once

#include <engine/model_info.h>

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

// Encoders of the LoRA paper: their matrices can be counted, the models are not built.
struct EncoderShape {
    std::string name;
    std::string family;
    std::string class_name;
    std::int64_t layers = 0;
    std::int64_t hidden_size = 0;
    std::int64_t heads = 0;
    std::int64_t intermediate_size = 0;
    std::int64_t vocab_size = 0;
    std::int64_t max_positions = 0;
    std::int64_t total_params = 0;     // encoder and pooler
    std::vector<std::string> modules;  // of q k v o up down, relative to the layer
    std::string layer_prefix;
};
const std::vector<EncoderShape>& encoder_shapes();

// "gpt2-small" -> "gpt2": other names in use for the same shape.
std::string shape_of_alias(const std::string& name);

}  // namespace engine
