#include "architecture/shapes.h"

#include "architecture/architecture.h"

#include <engine/error.h>

#include <utility>

namespace engine {
namespace {

struct DecoderShape {
    const char* name;
    const char* config;  // config.json; absent fields have their defaults
};

constexpr DecoderShape decoder_shapes[] = {
    {"gpt2", R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]})"},
    {"gpt2-medium", R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"],
        "n_layer": 24, "n_embd": 1024, "n_head": 16})"},
    {"gpt2-large", R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"],
        "n_layer": 36, "n_embd": 1280, "n_head": 20})"},
    {"gpt2-xl", R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"],
        "n_layer": 48, "n_embd": 1600, "n_head": 25})"},
    {"gpt3-175b", R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"],
        "n_layer": 96, "n_embd": 12288, "n_head": 96, "n_positions": 2048})"},
    {"tiny-llama-1b", R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"],
        "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22, "num_attention_heads": 32,
        "num_key_value_heads": 4, "vocab_size": 32000, "max_position_embeddings": 2048, "rms_norm_eps": 1e-5})"},
    {"llama-2-7b", R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"],
        "max_position_embeddings": 4096, "rms_norm_eps": 1e-5})"},
    {"llama-3-8b", R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"],
        "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
        "rope_theta": 500000})"},
    {"llama-3.2-1b", R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"],
        "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32,
        "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 128256, "max_position_embeddings": 131072,
        "rms_norm_eps": 1e-5, "rope_theta": 500000, "tie_word_embeddings": true,
        "rope_scaling": {"rope_type": "llama3", "factor": 32, "low_freq_factor": 1, "high_freq_factor": 4,
                         "original_max_position_embeddings": 8192}})"},
    {"mistral-7b", R"({"model_type": "mistral", "architectures": ["MistralForCausalLM"],
        "max_position_embeddings": 32768, "rms_norm_eps": 1e-5})"},
    {"qwen2-0.5b", R"({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"],
        "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14,
        "num_key_value_heads": 2, "max_position_embeddings": 131072, "rope_theta": 1000000,
        "tie_word_embeddings": true})"},
    {"qwen2.5-7b", R"({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"],
        "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
        "num_key_value_heads": 4, "vocab_size": 152064, "rope_theta": 1000000})"},
    {"qwen3-0.6b", R"({"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"],
        "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16,
        "num_key_value_heads": 8, "max_position_embeddings": 40960, "rope_theta": 1000000,
        "tie_word_embeddings": true})"},
    {"gemma-2b", R"({"model_type": "gemma", "architectures": ["GemmaForCausalLM"],
        "hidden_size": 2048, "intermediate_size": 16384, "num_hidden_layers": 18, "num_attention_heads": 8,
        "num_key_value_heads": 1})"},
    {"phi-2", R"({"model_type": "phi", "architectures": ["PhiForCausalLM"],
        "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 32, "partial_rotary_factor": 0.4})"},
    {"phi-3-mini", R"({"model_type": "phi3", "architectures": ["Phi3ForCausalLM"],
        "rms_norm_eps": 1e-5, "sliding_window": 2047})"},
    {"pythia-160m", R"({"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"],
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
        "vocab_size": 50304})"},
    {"opt-125m", R"({"model_type": "opt", "architectures": ["OPTForCausalLM"]})"},
};

}  // namespace

std::string shape_of_alias(const std::string& name) {
    if (name == "gpt2-small") return "gpt2";
    return name;
}

const std::vector<EncoderShape>& encoder_shapes() {
    static const std::vector<std::string> roberta_modules = {"attention.self.query", "attention.self.key",
                                                             "attention.self.value", "attention.output.dense",
                                                             "intermediate.dense",   "output.dense"};
    static const std::vector<std::string> deberta_modules = {
        "attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj",
        "attention.output.dense",    "intermediate.dense",      "output.dense"};
    static const std::vector<EncoderShape> known = {
        {"roberta-base", "roberta", "RobertaModel", 12, 768, 12, 3072, 50265, 514, 124'645'632,
         roberta_modules, "roberta.encoder.layer."},
        {"roberta-large", "roberta", "RobertaModel", 24, 1024, 16, 4096, 50265, 514, 355'359'744,
         roberta_modules, "roberta.encoder.layer."},
        {"deberta-v2-xxlarge", "deberta-v2", "DebertaV2Model", 48, 1536, 24, 6144, 128100, 512, 1'564'549'632,
         deberta_modules, "deberta.encoder.layer."},
    };
    return known;
}

std::vector<std::string> shape_names() {
    std::vector<std::string> names;
    for (const DecoderShape& shape : decoder_shapes) names.emplace_back(shape.name);
    for (const EncoderShape& shape : encoder_shapes()) names.push_back(shape.name);
    return names;
}

std::string config_of_shape(const std::string& name) {
    const std::string shape_name = shape_of_alias(name);
    for (const DecoderShape& shape : decoder_shapes)
        if (shape_name == shape.name) return shape.config;
    for (const EncoderShape& shape : encoder_shapes())
        if (shape_name == shape.name)
            fail_input("The shape " + name +
                       " is an encoder and only serves to count adapters. Choose a decoder, "
                       "for example gpt2.");
    std::string known;
    for (const std::string& known_name : shape_names()) known += (known.empty() ? "" : ", ") + known_name;
    fail_input("There is no shape named \"" + name + "\". Known are " + known + ".");
}

Architecture architecture_of_shape(const std::string& name) {
    return parse_architecture(config_of_shape(name), "the shape " + name);
}

}  // namespace engine
