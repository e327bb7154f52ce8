#include "architecture/families.h"

#include <engine/error.h>

namespace engine {
namespace {

// Beyond these a file is damaged or hostile; within them no count of values can overflow 64 bits.
constexpr std::int64_t max_layers = 10'000;
constexpr std::int64_t max_width = std::int64_t{1} << 20;
constexpr std::int64_t max_inner = std::int64_t{1} << 24;
constexpr std::int64_t max_heads = std::int64_t{1} << 16;
constexpr std::int64_t max_rows = (std::int64_t{1} << 31) - 1;

Projection linear(std::string module, std::string kind, std::int64_t in, std::int64_t out, bool bias) {
    return {std::move(module), in, out, bias, false, {{std::move(kind), 0, out}}};
}

Projection conv1d(std::string module, std::int64_t in, const std::vector<std::string>& kinds,
                  std::int64_t rows_each) {
    Projection projection{std::move(module), in, 0, true, true, {}};
    for (const std::string& kind : kinds) {
        projection.slots.push_back({kind, projection.out_features, rows_each});
        projection.out_features += rows_each;
    }
    return projection;
}

Architecture describe_gpt2(const ConfigFields& config) {
    if (config.boolean("add_cross_attention", false))
        config.refuse("add_cross_attention", "a decoder that reads an encoder is not supported.");
    Architecture a;
    a.layers = config.integer("n_layer", 12, 1, max_layers);
    a.hidden_size = config.integer("n_embd", 768, 1, max_width);
    a.heads = a.kv_heads = config.integer("n_head", 12, 1, max_heads);
    if (a.hidden_size % a.heads != 0)
        config.refuse("n_head", "it must divide n_embd, " + std::to_string(a.hidden_size) + ".");
    a.head_dim = a.hidden_size / a.heads;
    a.intermediate_size = config.integer("n_inner", 4 * a.hidden_size, 1, max_inner);
    a.vocab_size = config.integer("vocab_size", 50257, 1, max_rows);
    a.max_positions = config.integer("n_positions", 1024, 1, max_rows);
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
    const std::int64_t d = a.hidden_size;
    a.attention_in = {conv1d("attn.c_attn", d, {"q", "k", "v"}, d)};
    a.attention_out = conv1d("attn.c_proj", d, {"o"}, d);
    a.mlp_in = {conv1d("mlp.c_fc", d, {"up"}, a.intermediate_size)};
    a.mlp_out = conv1d("mlp.c_proj", a.intermediate_size, {"down"}, d);
    return a;
}

Architecture describe_llama(const ConfigFields& config) {
    Architecture a;
    a.layers = config.integer("num_hidden_layers", 32, 1, max_layers);
    a.hidden_size = config.integer("hidden_size", 4096, 1, max_width);
    a.heads = config.integer("num_attention_heads", 32, 1, max_heads);
    a.kv_heads = config.integer("num_key_value_heads", a.heads, 1, max_heads);
    if (a.heads % a.kv_heads != 0)
        config.refuse("num_key_value_heads",
                      "it must divide num_attention_heads, " + std::to_string(a.heads) + ".");
    if (!config.has("head_dim") && a.hidden_size % a.heads != 0)
        config.refuse("num_attention_heads",
                      "it must divide hidden_size, " + std::to_string(a.hidden_size) + ".");
    a.head_dim = config.integer("head_dim", a.hidden_size / a.heads, 1, max_width / a.heads);
    if (a.head_dim % 2 != 0)
        fail_input("The heads in " + config.source() + " are " + std::to_string(a.head_dim) +
                   " wide: rotary positions need an even width.");
    a.intermediate_size = config.integer("intermediate_size", 11008, 1, max_inner);
    a.vocab_size = config.integer("vocab_size", 32000, 1, max_rows);
    a.max_positions = config.integer("max_position_embeddings", 2048, 1, max_rows);
    a.norm = NormKind::rms_norm;
    a.norm_eps = config.real("rms_norm_eps", 1e-6, 0, 1);
    a.activation = read_activation(config, "hidden_act", "silu");
    a.gated_mlp = true;
    a.positions = PositionKind::rotary;
    if (config.real("partial_rotary_factor", 1, 0, 1) != 1)
        config.refuse("partial_rotary_factor", "a llama rotates whole heads; only 1 is supported.");
    a.rope = read_rope(config, a.head_dim);
    a.tied_embeddings = config.boolean("tie_word_embeddings", false);
    const bool attention_bias = config.boolean("attention_bias", false);
    const bool mlp_bias = config.boolean("mlp_bias", false);
    // pretraining_tp only splits the same products; the result is the same, so it is not read.

    a.base_prefix = "model.";
    a.layer_prefix = "model.layers.";
    a.embedding = "model.embed_tokens";
    a.attention_norm = "input_layernorm";
    a.mlp_norm = "post_attention_layernorm";
    a.final_norm = "model.norm";
    a.lm_head = "lm_head";
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size;
    const std::int64_t q_rows = a.heads * a.head_dim, kv_rows = a.kv_heads * a.head_dim;
    a.attention_in = {linear("self_attn.q_proj", "q", d, q_rows, attention_bias),
                      linear("self_attn.k_proj", "k", d, kv_rows, attention_bias),
                      linear("self_attn.v_proj", "v", d, kv_rows, attention_bias)};
    a.attention_out = linear("self_attn.o_proj", "o", q_rows, d, attention_bias);
    a.mlp_in = {linear("mlp.gate_proj", "gate", d, ff, mlp_bias),
                linear("mlp.up_proj", "up", d, ff, mlp_bias)};
    a.mlp_out = linear("mlp.down_proj", "down", ff, d, mlp_bias);
    return a;
}

}  // namespace

const std::vector<Family>& families() {
    static const std::vector<Family> known = {
        {"gpt2", {"GPT2LMHeadModel", "GPT2Model"}, {".attn.bias", ".attn.masked_bias"}, describe_gpt2},
        {"llama", {"LlamaForCausalLM", "LlamaModel"}, {".rotary_emb.inv_freq"}, describe_llama},
    };
    return known;
}

const Family& family_of(const std::string& model_type, const std::string& source) {
    std::string known;
    for (const Family& family : families()) {
        if (family.model_type == model_type) return family;
        known += (known.empty() ? "" : ", ") + family.model_type;
    }
    fail_input("The architecture \"" + model_type.substr(0, 80) + "\" of " + source +
               " is not supported. Choose a model of one of these families: " + known + ".");
}

Activation read_activation(const ConfigFields& config, const char* key, const std::string& fallback) {
    const std::string name = config.text(key, fallback);
    if (name == "gelu") return Activation::gelu;
    if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast")
        return Activation::gelu_tanh;
    if (name == "silu" || name == "swish") return Activation::silu;
    if (name == "relu") return Activation::relu;
    config.refuse(key, "supported activations are gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, silu, relu.");
}

RopeConfig read_rope(const ConfigFields& config, std::int64_t rotary_dim) {
    RopeConfig rope;
    rope.rotary_dim = rotary_dim;
    const char* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    rope.theta = config.real("rope_theta", 10000, 1, 1e12);
    if (!config.has(key)) return rope;
    const Json& object = config.json().at(key);
    if (!object.is_object()) config.refuse(key, "it must be an object or null.");
    const ConfigFields fields(object, "\"" + std::string(key) + "\" in " + config.source());
    rope.theta = fields.real("rope_theta", rope.theta, 1, 1e12);

    const std::string type = fields.text("rope_type", fields.text("type", "default"));
    if (type == "default") {
        for (const auto& [name, value] : object.items())
            if (value.is_object()) config.refuse(key, "settings per kind of layer are not supported.");
        return rope;
    }
    if (type != "linear" && type != "llama3")
        config.refuse(key, "supported types of rope scaling are default, linear and llama3.");
    const auto need = [&](const char* name, double low, double high) {
        if (!fields.has(name)) config.refuse(key, "the field " + std::string(name) + " is missing.");
        return fields.real(name, 0, low, high);
    };
    rope.factor = need("factor", 1e-6, 1e6);
    rope.scaling = RopeScaling::linear;
    if (type == "llama3") {
        rope.scaling = RopeScaling::llama3;
        rope.low_freq_factor = need("low_freq_factor", 1e-6, 1e6);
        rope.high_freq_factor = need("high_freq_factor", 1e-6, 1e6);
        if (rope.high_freq_factor <= rope.low_freq_factor)
            config.refuse(key, "high_freq_factor must be above low_freq_factor.");
        rope.original_max_positions = static_cast<std::int64_t>(
            need("original_max_position_embeddings", 1, static_cast<double>(max_rows)));
    }
    return rope;
}

}  // namespace engine
