// Encoders: attention in both directions, blocks that normalise behind each sum, and a head on the first
// token.
#include "architecture/families.h"

#include <algorithm>
#include <sstream>

namespace engine {
namespace {

// What BERT, RoBERTa and DeBERTa share; prefix: "bert.", "roberta.", "deberta.".
Architecture common(const ConfigFields& config, const std::string& prefix, const char* attention_end,
                    std::int64_t vocabulary, double norm_eps, std::int64_t token_types) {
    for (const char* key : {"is_decoder", "add_cross_attention"})
        if (config.boolean(key, false)) config.refuse(key, "this family is supported as an encoder alone.");
    Architecture a;
    a.encoder = true;
    a.layers = config.integer("num_hidden_layers", 12, 1, limits::layers);
    a.hidden_size = config.integer("hidden_size", 768, 1, limits::width);
    a.heads = a.kv_heads = config.integer("num_attention_heads", 12, 1, limits::heads);
    set_head_dim(a, config, "num_attention_heads");
    a.intermediate_size = config.integer("intermediate_size", 3072, 1, limits::inner);
    a.vocab_size = config.integer("vocab_size", vocabulary, 1, limits::rows);
    a.max_positions = config.integer("max_position_embeddings", 512, 1, limits::rows);
    a.token_types = config.integer("type_vocab_size", token_types, 0, limits::rows);
    a.norm = NormKind::layer_norm;
    a.norm_eps = config.real("layer_norm_eps", norm_eps, 0, 1);
    a.activation = read_activation(config, "hidden_act", "gelu");
    a.positions = PositionKind::learned;

    a.base_prefix = prefix;
    a.layer_prefix = prefix + "encoder.layer.";
    a.embedding = prefix + "embeddings.word_embeddings";
    a.position_embedding = prefix + "embeddings.position_embeddings";
    if (a.token_types > 0) a.token_type_embedding = prefix + "embeddings.token_type_embeddings";
    a.embedding_norm = prefix + "embeddings.LayerNorm";
    a.attention_norm = "attention.output.LayerNorm";
    a.mlp_norm = "output.LayerNorm";
    a.lm_head = "classifier";
    a.head_bias = true;
    const std::int64_t d = a.hidden_size, ff = a.intermediate_size;
    const std::string self = "attention.self.", end = attention_end;
    a.attention_in = {linear(self + "query" + end, "q", d, d, true),
                      linear(self + "key" + end, "k", d, d, true),
                      linear(self + "value" + end, "v", d, d, true)};
    a.attention_out = linear("attention.output.dense", "o", d, d, true);
    a.mlp_in = {linear("intermediate.dense", "up", d, ff, true)};
    a.mlp_out = linear("output.dense", "down", ff, d, true);
    return a;
}

// Absolute positions are added to the embeddings; relative ones come into the scores of attention instead.
void read_position_kind(Architecture& a, const ConfigFields& config) {
    const std::string kind = config.text("position_embedding_type", "absolute");
    if (kind == "absolute") return;
    if (kind != "relative_key" && kind != "relative_key_query")
        config.refuse("position_embedding_type", "supported are absolute, relative_key and relative_key_query.");
    a.distances = DistanceEmbedding{kind == "relative_key_query", a.max_positions, "attention.self.distance_embedding"};
    a.positions = PositionKind::none;
}

// A list, or words between bars.
std::vector<std::string> words_of(const ConfigFields& config, const char* key) {
    if (!config.has(key)) return {};
    const Json& value = config.json().at(key);
    std::vector<std::string> words;
    if (value.is_string()) {
        std::istringstream text(value.get<std::string>());
        for (std::string word; std::getline(text, word, '|');)
            if (!word.empty()) words.push_back(word);
        return words;
    }
    if (!value.is_array()) config.refuse(key, "it must be a list of names, or names with bars between them.");
    for (const Json& word : value) {
        if (!word.is_string()) config.refuse(key, "it must be a list of names.");
        words.push_back(word.get<std::string>());
    }
    return words;
}

std::optional<Convolution> read_convolution(const ConfigFields& config, const Architecture& a) {
    Convolution conv;
    conv.kernel = config.integer("conv_kernel_size", 0, 0, limits::rows);
    conv.groups = config.integer("conv_groups", 1, 1, limits::width);
    conv.activation = read_activation(config, "conv_act", "tanh");
    if (conv.kernel == 0) return {};
    if (conv.kernel % 2 == 0)
        config.refuse("conv_kernel_size", "it must be odd, or the convolution would change the number of tokens.");
    if (a.hidden_size % conv.groups != 0)
        config.refuse("conv_groups", "it must divide hidden_size, " + std::to_string(a.hidden_size) + ".");
    conv.module = a.base_prefix + "encoder.conv.conv";
    conv.norm = a.base_prefix + "encoder.conv.LayerNorm";
    return conv;
}

RelativeAttention read_relative_attention(const ConfigFields& config, const Architecture& a) {
    RelativeAttention relative;
    for (const std::string& word : words_of(config, "pos_att_type")) {
        if (word == "c2p")
            relative.content_to_position = true;
        else if (word == "p2c")
            relative.position_to_content = true;
        else
            config.refuse("pos_att_type", "supported kinds are c2p and p2c.");
    }
    if (!config.boolean("share_att_key", false)) {
        if (relative.content_to_position) relative.key_module = "attention.self.pos_key_proj";
        if (relative.position_to_content) relative.query_module = "attention.self.pos_query_proj";
    }
    relative.max_distance = config.integer("max_relative_positions", -1, -1, limits::rows);
    if (relative.max_distance < 1) relative.max_distance = a.max_positions;
    const std::int64_t buckets = config.integer("position_buckets", -1, -1, limits::rows / 2);
    relative.logarithmic = buckets > 0;
    relative.span = buckets > 0 ? buckets : relative.max_distance;
    if (relative.logarithmic && (relative.span < 4 || relative.max_distance <= relative.span / 2 + 1))
        config.refuse("position_buckets", "there must be at least 4, and positions beyond half of them.");
    relative.embedding = a.base_prefix + "encoder.rel_embeddings";
    for (const std::string& word : words_of(config, "norm_rel_ebd")) {
        if (word == "layer_norm")
            relative.norm = a.base_prefix + "encoder.LayerNorm";
        else if (word != "none")
            config.refuse("norm_rel_ebd", "supported are none and layer_norm.");
    }
    return relative;
}

}  // namespace

Architecture describe_bert(const ConfigFields& config) {
    Architecture a = common(config, "bert.", "", 30522, 1e-12, 2);
    read_position_kind(a, config);
    a.head_dense = "bert.pooler.dense";
    a.head_activation = Activation::tanh;
    return a;
}

namespace {

// Positions count from behind that of the padding token.
Architecture like_roberta(const ConfigFields& config, std::int64_t vocabulary) {
    Architecture a = common(config, "roberta.", "", vocabulary, 1e-12, 2);
    read_position_kind(a, config);
    a.position_offset = config.integer("pad_token_id", 1, 0, limits::rows / 2) + 1;
    a.positions_skip_padding = true;
    a.max_positions -= a.position_offset;
    if (a.max_positions < 1)
        config.refuse("max_position_embeddings", "no position is left behind that of the padding.");
    a.head_dense = "classifier.dense";
    a.lm_head = "classifier.out_proj";
    a.head_activation = Activation::tanh;
    return a;
}

}  // namespace

Architecture describe_roberta(const ConfigFields& config) {
    return like_roberta(config, 50265);
}

// Conneau et al. 2019, arXiv:1911.02116: RoBERTa with another vocabulary, also under the same names.
Architecture describe_xlm_roberta(const ConfigFields& config) {
    return like_roberta(config, 30522);
}

// He, Gao & Chen 2021, arXiv:2111.09543; disentangled attention: He et al. 2020, arXiv:2006.03654.
Architecture describe_deberta_v2(const ConfigFields& config) {
    Architecture a = common(config, "deberta.", "_proj", 128100, 1e-7, 0);
    if (!config.boolean("position_biased_input", true)) {
        a.positions = PositionKind::none;
        a.position_embedding.clear();
    }
    if (config.integer("embedding_size", a.hidden_size, 1, limits::width) != a.hidden_size)
        config.refuse("embedding_size",
                      "embeddings of another width than the hidden size are not supported.");
    a.convolution = read_convolution(config, a);
    if (config.integer("attention_head_size", a.head_dim, 1, limits::width) != a.head_dim)
        config.refuse("attention_head_size", "it must be hidden_size divided by num_attention_heads, " +
                                                 std::to_string(a.head_dim) + ".");
    if (config.boolean("relative_attention", false))
        a.relative = read_relative_attention(config, a);
    else if (!words_of(config, "pos_att_type").empty())
        config.refuse("pos_att_type", "it only means something with relative_attention true.");
    a.head_dense = "pooler.dense";
    a.head_activation = read_activation(config, "pooler_hidden_act", "gelu");
    if (config.integer("pooler_hidden_size", a.hidden_size, 1, limits::width) != a.hidden_size)
        config.refuse("pooler_hidden_size",
                      "it must be the hidden size, " + std::to_string(a.hidden_size) + ".");
    return a;
}

}  // namespace engine
