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

engine::ExperimentSpec full_training() {
    engine::ExperimentSpec spec;
    spec.method = engine::Method::full;
    spec.data.held_out = 0.01;
    spec.optimizer.weight_decay = 0.05;
    spec.optimizer.beta2 = 0.95;
    spec.optimizer.schedule = engine::Schedule::cosine;
    spec.optimizer.warmup = 0.03;
    spec.epochs = 1;
    spec.seed = 1;
    spec.device = "cpu";
    return spec;
}

ModelRecipe micro(const std::string& name, const char* config) {
    ModelRecipe r;
    r.name = name;
    r.config_json = config;
    r.vocab_size = 384;
    r.tokenizer_bytes = 120'000;
    Stage stage{"train", "", 0, 1, 120'000, full_training()};
    stage.spec.data.seq_len = 64;
    stage.spec.data.held_out = 0.05;
    stage.spec.optimizer.learning_rate = 3e-3;
    stage.spec.batch_size = 16;
    stage.spec.steps = 60;
    r.stages = {stage};
    return r;
}

ModelRecipe tiny() {
    ModelRecipe r;
    r.name = "tiny";
    r.config_json = tiny_config;
    r.vocab_size = 2048;
    r.tokenizer_bytes = 4'000'000;
    r.store_bf16 = true;

    Stage language{"language", "", 0, 1, 26'000'000, full_training()};
    language.spec.precision = engine::Precision::bf16;
    language.spec.data.seq_len = 320;
    language.spec.optimizer.learning_rate = 2.5e-3;
    language.spec.batch_size = 32;
    language.spec.eval_interval = 200;

    // The mixture alone does not teach a model of this size and training to copy what it has read, which
    // table-to-text needs; some hundred steps of nothing else do (the loss falls from 4.7 to below 2.4
    // between steps 200 and 360).
    Stage copying{"copying", "repeats", 100, 2, 2'500'000, full_training()};
    copying.spec.data.seq_len = 128;
    copying.spec.optimizer.learning_rate = 1e-3;
    copying.spec.optimizer.schedule = engine::Schedule::constant;
    copying.spec.batch_size = 16;
    copying.spec.steps = 700;
    copying.spec.eval_interval = 100;

    Stage both{"both", "repeats", 25, 3, 12'000'000, language.spec};
    both.spec.optimizer.learning_rate = 1.2e-3;

    // Telling a table is copying with a choice of what to copy; that too comes only with many tables whose
    // names and values cannot be known by heart.
    Stage tables{"tables", "told_table", 60, 4, 24'000'000, language.spec};
    tables.spec.optimizer.learning_rate = 1.5e-3;
    tables.spec.eval_interval = 400;

    r.stages = {language, copying, both, tables};
    return r;
}

}  // namespace

ModelRecipe recipe(const std::string& name) {
    if (name == "micro-llama") return micro(name, micro_llama_config);
    if (name == "micro-gpt2") return micro(name, micro_gpt2_config);
    if (name == "tiny") return tiny();
    throw std::invalid_argument("There is no recipe '" + name + "'; choose tiny, micro-llama or micro-gpt2.");
}
