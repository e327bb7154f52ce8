// A tiny decoder of every family with random weights, biases and norms; what sets the family apart is in use.
#pragma once

#include "io/file.h"
#include "model/load.h"
#include "model/tensor_io.h"

#include <string>
#include <vector>

namespace support {

struct FamilyModel {
    const char* name;
    const char* config;
};

inline constexpr FamilyModel family_models[] = {
    {"llama with biases",
     R"({"model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12, "vocab_size": 384,
        "max_position_embeddings": 64, "attention_bias": true, "mlp_bias": true, "initializer_range": 0.2,
        "rope_scaling": {"type": "linear", "factor": 2}})"},
    {"mistral",
     R"({"model_type": "mistral", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 384, "max_position_embeddings": 64,
        "sliding_window": 4, "initializer_range": 0.2})"},
    {"qwen2", R"({"model_type": "qwen2", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 384, "max_position_embeddings": 64,
        "use_sliding_window": true, "sliding_window": 3, "max_window_layers": 1, "initializer_range": 0.2,
        "tie_word_embeddings": true})"},
    {"qwen3", R"({"model_type": "qwen3", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12, "vocab_size": 384,
        "max_position_embeddings": 64, "initializer_range": 0.2})"},
    {"gemma", R"({"model_type": "gemma", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 12, "vocab_size": 384,
        "max_position_embeddings": 64, "initializer_range": 0.2})"},
    {"phi3", R"({"model_type": "phi3", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 384, "max_position_embeddings": 64,
        "partial_rotary_factor": 0.5, "sliding_window": 6, "initializer_range": 0.2})"},
    {"phi", R"({"model_type": "phi", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "vocab_size": 384, "max_position_embeddings": 64, "initializer_range": 0.2})"},
    {"gpt_neox",
     R"({"model_type": "gpt_neox", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "vocab_size": 384, "max_position_embeddings": 64, "initializer_range": 0.2})"},
    {"gpt_neox in sequence", R"({"model_type": "gpt_neox", "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 384, "max_position_embeddings": 64,
        "use_parallel_residual": false, "initializer_range": 0.2})"},
    {"opt", R"({"model_type": "opt", "hidden_size": 32, "ffn_dim": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "vocab_size": 384, "max_position_embeddings": 64, "init_std": 0.2})"},
};

inline std::string family_config(const std::string& name) {
    for (const FamilyModel& model : family_models)
        if (name == model.name) return model.config;
    throw std::logic_error("no family model " + name);
}

inline engine::Decoder family_decoder(const std::string& name) {
    at::NoGradGuard no_grad;
    engine::Decoder decoder =
        engine::random_decoder(engine::parse_architecture(family_config(name), name), engine::Precision::f32,
                               c10::kCPU, engine::Precision::f32, 11);
    // Fresh biases are 0 and norms 1, which hides mistakes.
    int count = 0;
    for (const engine::WeightSlot& slot : engine::weight_slots(decoder)) {
        if (slot.tensor->dim() != 1) continue;
        *slot.tensor =
            *slot.tensor + 0.3 * at::sin(at::arange(slot.tensor->numel(), at::kFloat) * 1.7 + ++count);
    }
    return decoder;
}

// config.json and model.safetensors; folder exists.
inline void write_family_model(const std::string& name, const std::filesystem::path& folder) {
    engine::atomic_write_text(folder / "config.json", family_config(name));
    engine::save_tensors(folder / "model.safetensors", engine::named_weights(family_decoder(name)));
}

}  // namespace support
