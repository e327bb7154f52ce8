// Decoders with a gated MLP, RMSNorm and rotary positions: Llama and its relatives.
#include "architecture/families.h"

#include <engine/error.h>

#include <cmath>

namespace engine {
namespace {

struct Defaults {
    std::int64_t hidden, inner, layers, heads;
    std::int64_t kv_heads;  // 0: as many as heads
    std::int64_t head_dim;  // 0: hidden / heads
    std::int64_t vocabulary, positions;
    bool tied = false;
    RopeHabits rope = {};
};

Architecture common(const ConfigFields& config, const Defaults& defaults) {
    Architecture a;
    a.layers = config.integer("num_hidden_layers", defaults.layers, 1, limits::layers);
    a.hidden_size = config.integer("hidden_size", defaults.hidden, 1, limits::width);
    a.heads = config.integer("num_attention_heads", defaults.heads, 1, limits::heads);
    // An explicit null means one pair per head also where the default is another number.
    const bool null_kv = config.mentions("num_key_value_heads") && !config.has("num_key_value_heads");
    a.kv_heads =
        config.integer("num_key_value_heads", defaults.kv_heads == 0 || null_kv ? a.heads : defaults.kv_heads,
                       1, limits::heads);
    if (a.heads % a.kv_heads != 0)
        config.refuse("num_key_value_heads",
                      "it must divide num_attention_heads, " + std::to_string(a.heads) + ".");
    const bool explicit_dim =
        config.has("head_dim") || (defaults.head_dim != 0 && !config.mentions("head_dim"));
    if (!explicit_dim && a.hidden_size % a.heads != 0)
        config.refuse("num_attention_heads",
                      "it must divide hidden_size, " + std::to_string(a.hidden_size) + ".");
    a.head_dim = config.integer("head_dim", explicit_dim ? defaults.head_dim : a.hidden_size / a.heads, 1,
                                limits::width / a.heads);
    if (a.head_dim % 2 != 0)
        fail_input("The heads in " + config.source() + " are " + std::to_string(a.head_dim) +
                   " wide: rotary positions need an even width.");
    a.intermediate_size = config.integer("intermediate_size", defaults.inner, 1, limits::inner);
    a.vocab_size = config.integer("vocab_size", defaults.vocabulary, 1, limits::rows);
    a.max_positions = config.integer("max_position_embeddings", defaults.positions, 1, limits::rows);
    a.norm = NormKind::rms_norm;
    a.norm_eps = config.real("rms_norm_eps", 1e-6, 0, 1);
    a.activation = read_activation(config, "hidden_act", "silu");
    a.gated_mlp = true;
    a.positions = PositionKind::rotary;
    const double fraction = read_rotary_fraction(config, 1);
    a.rope = read_rope(config, a.head_dim, fraction, a.max_positions, defaults.rope);
    a.tied_embeddings = config.boolean("tie_word_embeddings", defaults.tied);
    // pretraining_tp only splits the same products; the result is the same, so it is not read.

    a.base_prefix = "model.";
    a.layer_prefix = "model.layers.";
    a.embedding = "model.embed_tokens";
    a.attention_norm = "input_layernorm";
    a.mlp_norm = "post_attention_layernorm";
    a.final_norm = "model.norm";
    a.lm_head = "lm_head";
    return a;
}

std::int64_t q_rows(const Architecture& a) {
    return a.heads * a.head_dim;
}
std::int64_t kv_rows(const Architecture& a) {
    return a.kv_heads * a.head_dim;
}

struct Biases {
    bool qkv = false, o = false, mlp = false;
};

void separate_projections(Architecture& a, const ConfigFields& config, Biases bias) {
    if (a.rope.rotary_dim != a.head_dim)
        config.refuse("partial_rotary_factor", "this family rotates whole heads; only 1 is supported.");
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size;
    a.attention_in = {linear("self_attn.q_proj", "q", d, q_rows(a), bias.qkv),
                      linear("self_attn.k_proj", "k", d, kv_rows(a), bias.qkv),
                      linear("self_attn.v_proj", "v", d, kv_rows(a), bias.qkv)};
    a.attention_out = linear("self_attn.o_proj", "o", q_rows(a), d, bias.o);
    a.mlp_in = {linear("mlp.gate_proj", "gate", d, ff, bias.mlp),
                linear("mlp.up_proj", "up", d, ff, bias.mlp)};
    a.mlp_out = linear("mlp.down_proj", "down", ff, d, bias.mlp);
}

// A window for the layers from first_layer on, or for those that layer_types names.
void read_windows(Architecture& a, const ConfigFields& config, std::int64_t fallback, bool used,
                  std::int64_t first_layer) {
    const bool is_null = config.mentions("sliding_window") && !config.has("sliding_window");
    const std::int64_t window = config.integer("sliding_window", fallback, 0, limits::rows);
    const bool windowed = used && !is_null && window > 0;
    std::vector<std::int64_t> windows;
    for (std::int64_t layer = 0; layer < a.layers; ++layer)
        windows.push_back(windowed && layer >= first_layer ? window : 0);
    if (config.has("layer_types")) {
        const Json& types = config.json().at("layer_types");
        if (!types.is_array() || static_cast<std::int64_t>(types.size()) != a.layers)
            config.refuse("layer_types",
                          "it must list one kind for each of the " + std::to_string(a.layers) + " layers.");
        for (std::size_t layer = 0; layer < types.size(); ++layer) {
            const bool sliding = types[layer] == "sliding_attention";
            if (!sliding && types[layer] != "full_attention")
                config.refuse("layer_types",
                              "supported kinds of layers are full_attention and sliding_attention.");
            if (sliding && !windowed)
                config.refuse("layer_types", "it names windows, but no sliding_window is in use.");
            windows[layer] = sliding ? window : 0;
        }
    }
    for (const std::int64_t each : windows)
        if (each > 0) {
            a.windows = windows;
            return;
        }
}

}  // namespace

Architecture describe_llama(const ConfigFields& config) {
    Architecture a = common(config, {4096, 11008, 32, 32, 0, 0, 32000, 2048});
    const bool attention = config.boolean("attention_bias", false);
    separate_projections(a, config, {attention, attention, config.boolean("mlp_bias", false)});
    return a;
}

Architecture describe_mistral(const ConfigFields& config) {
    Architecture a = common(config, {4096, 14336, 32, 32, 8, 0, 32000, 131072});
    read_windows(a, config, 4096, true, 0);
    separate_projections(a, config, {});
    return a;
}

// Layers below max_window_layers see everything.
Architecture describe_qwen2(const ConfigFields& config) {
    Architecture a = common(config, {4096, 22016, 32, 32, 32, 0, 151936, 32768});
    read_windows(a, config, 4096, config.boolean("use_sliding_window", false),
                 config.integer("max_window_layers", 28, 0, limits::rows));
    separate_projections(a, config, {true, false, false});
    return a;
}

Architecture describe_qwen3(const ConfigFields& config) {
    Architecture a = common(config, {4096, 22016, 32, 32, 32, 128, 151936, 32768});
    read_windows(a, config, 4096, config.boolean("use_sliding_window", false),
                 config.integer("max_window_layers", 28, 0, limits::rows));
    const bool bias = config.boolean("attention_bias", false);
    separate_projections(a, config, {bias, bias, false});
    a.q_norm = "self_attn.q_norm";
    a.k_norm = "self_attn.k_norm";
    return a;
}

Architecture describe_gemma(const ConfigFields& config) {
    Architecture a = common(config, {3072, 24576, 28, 16, 16, 256, 256000, 8192, true});
    // The first releases named hidden_act "gelu" and meant the tanh form; hidden_activation has the last
    // word.
    a.activation = read_activation(config, "hidden_activation", "gelu_pytorch_tanh");
    a.norm_offset = 1;
    a.embedding_scale = std::sqrt(static_cast<double>(a.hidden_size));
    const bool bias = config.boolean("attention_bias", false);
    separate_projections(a, config, {bias, bias, false});
    return a;
}

Architecture describe_phi3(const ConfigFields& config) {
    Architecture a = common(config, {3072, 8192, 32, 32, 0, 0, 32064, 4096, false,
                                      {.long_rope = true, .original_positions = 4096}});
    read_windows(a, config, 0, true, 0);
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size;
    a.attention_in = {
        stacked("self_attn.qkv_proj", d, {{"q", q_rows(a)}, {"k", kv_rows(a)}, {"v", kv_rows(a)}}, false)};
    a.attention_out = linear("self_attn.o_proj", "o", q_rows(a), d, false);
    a.mlp_in = {stacked("mlp.gate_up_proj", d, {{"gate", ff}, {"up", ff}}, false)};
    a.mlp_out = linear("mlp.down_proj", "down", ff, d, false);
    return a;
}

}  // namespace engine
