#include "recipes.h"

#include <stdexcept>

namespace {

// 6 layers of 256, 8 query heads over 2 key-value heads, 3,868,928 parameters: 7.7 MB in bf16.
const char* const tiny_config = R"({
  "architectures": ["LlamaForCausalLM"],
  "model_type": "llama",
  "vocab_size": 2048,
  "hidden_size": 256,
  "intermediate_size": 512,
  "num_hidden_layers": 6,
  "num_attention_heads": 8,
  "num_key_value_heads": 2,
  "hidden_act": "silu",
  "max_position_embeddings": 1024,
  "initializer_range": 0.02,
  "rms_norm_eps": 1e-05,
  "rope_theta": 10000.0,
  "attention_bias": false,
  "mlp_bias": false,
  "tie_word_embeddings": true,
  "bos_token_id": 0,
  "eos_token_id": 1,
  "pad_token_id": 2,
  "torch_dtype": "float32"
}
)";

const char* const micro_llama_config = R"({
  "architectures": ["LlamaForCausalLM"],
  "model_type": "llama",
  "vocab_size": 384,
  "hidden_size": 32,
  "intermediate_size": 48,
  "num_hidden_layers": 2,
  "num_attention_heads": 4,
  "num_key_value_heads": 2,
  "hidden_act": "silu",
  "max_position_embeddings": 128,
  "initializer_range": 0.08,
  "rms_norm_eps": 1e-05,
  "rope_theta": 10000.0,
  "tie_word_embeddings": false,
  "bos_token_id": 0,
  "eos_token_id": 1,
  "pad_token_id": 2,
  "torch_dtype": "float32"
}
)";

const char* const micro_gpt2_config = R"({
  "architectures": ["GPT2LMHeadModel"],
  "model_type": "gpt2",
  "vocab_size": 384,
  "n_positions": 128,
  "n_embd": 32,
  "n_layer": 2,
  "n_head": 4,
  "n_inner": null,
  "activation_function": "gelu_new",
  "layer_norm_epsilon": 1e-05,
  "initializer_range": 0.08,
  "tie_word_embeddings": true,
  "bos_token_id": 0,
  "eos_token_id": 1,
  "torch_dtype": "float32"
}
)";

engine::ExperimentSpec from_scratch() {
    engine::ExperimentSpec spec;
    spec.method = engine::Method::full;
    spec.from_scratch = true;
    spec.data.held_out = 0.01;
    spec.optimizer.weight_decay = 0.05;
    spec.optimizer.beta2 = 0.95;
    spec.optimizer.schedule = engine::Schedule::cosine;
    spec.optimizer.warmup = 0.03;
    spec.epochs = 1;
    spec.seed = 1;
    spec.precision = engine::Precision::bf16;
    spec.device = "cpu";
    return spec;
}

ModelRecipe micro(const std::string& name, const char* config) {
    ModelRecipe r;
    r.name = name;
    r.config_json = config;
    r.vocab_size = 384;
    r.corpus_bytes = 120'000;
    r.tokenizer_bytes = 120'000;
    r.spec = from_scratch();
    r.spec.precision = engine::Precision::f32;
    r.spec.data.seq_len = 64;
    r.spec.data.held_out = 0.05;
    r.spec.optimizer.learning_rate = 3e-3;
    r.spec.batch_size = 16;
    r.spec.steps = 60;
    return r;
}

}  // namespace

ModelRecipe recipe(const std::string& name) {
    if (name == "micro-llama") return micro(name, micro_llama_config);
    if (name == "micro-gpt2") return micro(name, micro_gpt2_config);
    if (name != "tiny") throw std::invalid_argument("There is no recipe '" + name + "'; choose tiny, micro-llama or micro-gpt2.");
    ModelRecipe r;
    r.name = name;
    r.config_json = tiny_config;
    r.vocab_size = 2048;
    r.corpus_bytes = 16'000'000;
    r.tokenizer_bytes = 4'000'000;
    r.store_bf16 = true;
    r.spec = from_scratch();
    r.spec.data.seq_len = 320;
    r.spec.optimizer.learning_rate = 2.5e-3;
    r.spec.batch_size = 32;
    r.spec.eval_interval = 200;
    return r;
}
