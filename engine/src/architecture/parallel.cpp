// Decoders whose attention and MLP stand side by side, with LayerNorm and partly rotated heads: Phi and
// GPT-NeoX.
#include "architecture/families.h"

namespace engine {
namespace {

struct Defaults {
    std::int64_t hidden, inner, layers, heads, vocabulary;
    const char* activation;
};

Architecture common(const ConfigFields& config, const Defaults& defaults) {
    Architecture a;
    a.layers = config.integer("num_hidden_layers", defaults.layers, 1, limits::layers);
    a.hidden_size = config.integer("hidden_size", defaults.hidden, 1, limits::width);
    a.heads = a.kv_heads = config.integer("num_attention_heads", defaults.heads, 1, limits::heads);
    set_head_dim(a, config, "num_attention_heads");
    a.intermediate_size = config.integer("intermediate_size", defaults.inner, 1, limits::inner);
    a.vocab_size = config.integer("vocab_size", defaults.vocabulary, 1, limits::rows);
    a.max_positions = config.integer("max_position_embeddings", 2048, 1, limits::rows);
    a.norm = NormKind::layer_norm;
    a.norm_eps = config.real("layer_norm_eps", 1e-5, 0, 1);
    a.activation = read_activation(config, "hidden_act", defaults.activation);
    a.tied_embeddings = config.boolean("tie_word_embeddings", false);
    a.parallel_block = true;
    a.attention_norm = "input_layernorm";
    return a;
}

}  // namespace

Architecture describe_phi(const ConfigFields& config) {
    Architecture a = common(config, {2048, 8192, 24, 32, 51200, "gelu_new"});
    a.kv_heads = config.integer("num_key_value_heads", a.heads, 1, limits::heads);
    if (a.heads % a.kv_heads != 0)
        config.refuse("num_key_value_heads",
                      "it must divide num_attention_heads, " + std::to_string(a.heads) + ".");
    if (config.boolean("qk_layernorm", false)) {
        a.q_norm = "self_attn.q_layernorm";
        a.k_norm = "self_attn.k_layernorm";
    }
    a.rope = read_rope(config, a.head_dim, read_rotary_fraction(config, 0.5), a.max_positions);
    a.head_bias = true;

    a.base_prefix = "model.";
    a.layer_prefix = "model.layers.";
    a.embedding = "model.embed_tokens";
    a.final_norm = "model.final_layernorm";
    a.lm_head = "lm_head";
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size, kv_rows = a.kv_heads * a.head_dim;
    a.attention_in = {linear("self_attn.q_proj", "q", d, d, true),
                      linear("self_attn.k_proj", "k", d, kv_rows, true),
                      linear("self_attn.v_proj", "v", d, kv_rows, true)};
    a.attention_out = linear("self_attn.dense", "o", d, d, true);
    a.mlp_in = {linear("mlp.fc1", "up", d, ff, true)};
    a.mlp_out = linear("mlp.fc2", "down", ff, d, true);
    return a;
}

Architecture describe_gpt_neox(const ConfigFields& config) {
    Architecture a = common(config, {6144, 24576, 44, 64, 50432, "gelu"});
    a.parallel_block = config.boolean("use_parallel_residual", true);
    const double fraction = config.real("rotary_pct", read_rotary_fraction(config, 0.25), 0, 1);
    a.rope = read_rope(config, a.head_dim, fraction, a.max_positions, {.theta_key = "rotary_emb_base"});
    const bool attention_bias = config.boolean("attention_bias", true);

    a.base_prefix = "gpt_neox.";
    a.layer_prefix = "gpt_neox.layers.";
    a.embedding = "gpt_neox.embed_in";
    a.mlp_norm = "post_attention_layernorm";
    a.final_norm = "gpt_neox.final_layer_norm";
    a.lm_head = "embed_out";
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size;
    a.attention_in = {
        interleaved("attention.query_key_value", d, {"q", "k", "v"}, a.heads, a.head_dim, attention_bias)};
    a.attention_out = linear("attention.dense", "o", d, d, attention_bias);
    a.mlp_in = {linear("mlp.dense_h_to_4h", "up", d, ff, true)};
    a.mlp_out = linear("mlp.dense_4h_to_h", "down", ff, d, true);
    return a;
}

}  // namespace engine
