// Decoders that look their positions up in a table: GPT-2 and OPT.
#include "architecture/families.h"

namespace engine {
namespace {

Projection conv1d(Projection projection) {
    projection.conv1d = true;
    return projection;
}

}  // namespace

Architecture describe_gpt2(const ConfigFields& config) {
    if (config.boolean("add_cross_attention", false))
        config.refuse("add_cross_attention", "a decoder that reads an encoder is not supported.");
    Architecture a;
    a.layers = config.integer("n_layer", 12, 1, limits::layers);
    a.hidden_size = config.integer("n_embd", 768, 1, limits::width);
    a.heads = a.kv_heads = config.integer("n_head", 12, 1, limits::heads);
    set_head_dim(a, config, "n_head");
    a.intermediate_size = config.integer("n_inner", 4 * a.hidden_size, 1, limits::inner);
    a.vocab_size = config.integer("vocab_size", 50257, 1, limits::rows);
    a.max_positions = config.integer("n_positions", 1024, 1, limits::rows);
    a.norm = NormKind::layer_norm;
    a.norm_eps = config.real("layer_norm_epsilon", 1e-5, 0, 1);
    a.activation = read_activation(config, "activation_function", "gelu_new");
    a.positions = PositionKind::learned;
    a.tied_embeddings = config.boolean("tie_word_embeddings", true);
    a.scale_attention = config.boolean("scale_attn_weights", true);
    a.scale_attention_by_layer = config.boolean("scale_attn_by_inverse_layer_idx", false);

    a.base_prefix = "transformer.";
    a.layer_prefix = "transformer.h.";
    a.embedding = "transformer.wte";
    a.position_embedding = "transformer.wpe";
    a.attention_norm = "ln_1";
    a.mlp_norm = "ln_2";
    a.final_norm = "transformer.ln_f";
    a.lm_head = "lm_head";
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size;
    a.attention_in = {conv1d(stacked("attn.c_attn", d, {{"q", d}, {"k", d}, {"v", d}}, true))};
    a.attention_out = conv1d(linear("attn.c_proj", "o", d, d, true));
    a.mlp_in = {conv1d(linear("mlp.c_fc", "up", d, ff, true))};
    a.mlp_out = conv1d(linear("mlp.c_proj", "down", ff, d, true));
    return a;
}

Architecture describe_opt(const ConfigFields& config) {
    Architecture a;
    a.layers = config.integer("num_hidden_layers", 12, 1, limits::layers);
    a.hidden_size = config.integer("hidden_size", 768, 1, limits::width);
    a.heads = a.kv_heads = config.integer("num_attention_heads", 12, 1, limits::heads);
    set_head_dim(a, config, "num_attention_heads");
    a.intermediate_size = config.integer("ffn_dim", 3072, 1, limits::inner);
    a.vocab_size = config.integer("vocab_size", 50272, 1, limits::rows);
    a.max_positions = config.integer("max_position_embeddings", 2048, 1, limits::rows - 2);
    a.norm = NormKind::layer_norm;
    a.norm_eps = 1e-5;  // not configurable
    a.activation = read_activation(config, "activation_function", "relu");
    a.positions = PositionKind::learned;
    a.position_offset = 2;
    a.positions_skip_padding = true;
    a.tied_embeddings = config.boolean("tie_word_embeddings", true);
    const bool bias = config.boolean("enable_bias", true);
    a.post_norm = !config.boolean("do_layer_norm_before", true);
    const bool last_norm = !a.post_norm && !config.boolean("_remove_final_layer_norm", false);
    if (!config.boolean("layer_norm_elementwise_affine", true))
        config.refuse("layer_norm_elementwise_affine", "norms without weights are not supported.");

    a.base_prefix = "model.";
    a.layer_prefix = "model.decoder.layers.";
    a.embedding = "model.decoder.embed_tokens";
    a.position_embedding = "model.decoder.embed_positions";
    a.attention_norm = "self_attn_layer_norm";
    a.mlp_norm = "final_layer_norm";
    if (last_norm) a.final_norm = "model.decoder.final_layer_norm";
    if (const std::int64_t width = config.integer("word_embed_proj_dim", a.hidden_size, 1, limits::width);
        width != a.hidden_size) {
        a.embedding_size = width;
        a.embedding_in = "model.decoder.project_in";
        a.embedding_out = "model.decoder.project_out";
    }
    a.lm_head = "lm_head";
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size;
    a.attention_in = {linear("self_attn.q_proj", "q", d, d, bias),
                      linear("self_attn.k_proj", "k", d, d, bias),
                      linear("self_attn.v_proj", "v", d, d, bias)};
    a.attention_out = linear("self_attn.out_proj", "o", d, d, bias);
    a.mlp_in = {linear("fc1", "up", d, ff, bias)};
    a.mlp_out = linear("fc2", "down", ff, d, bias);
    return a;
}

}  // namespace engine
