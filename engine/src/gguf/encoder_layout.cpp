#include "gguf/encoder_layout.h"

#include "gguf/layout_sources.h"

namespace engine {
namespace {

constexpr std::uint32_t pooling_of_classifiers = 4;  // "rank": of the first token, through the head

}  // namespace

std::string encoder_mismatch(const Architecture& a) {
    if (a.distances || a.relative || a.positions != PositionKind::learned)
        return "its architecture bert knows positions as a table alone, and this one has them in its "
               "attention";
    if (a.head_activation != Activation::tanh) return "its architecture bert has tanh in the head";
    return {};
}

std::vector<std::string> encoder_notes(const Architecture& a) {
    std::vector<std::string> notes = {
        "llama.cpp gives the logits of the labels where it is asked for the embedding of a text "
        "(llama-embedding with --pooling rank)."};
    if (a.token_types > 1)
        notes.push_back("llama.cpp gives every token the type 0; a pair of texts gets other logits there.");
    return notes;
}

std::vector<GgufSource> encoder_sources(const Architecture& a) {
    const std::int64_t d = a.hidden_size;
    Sources sources(a);
    sources.matrix("token_embd.weight", a.embedding + ".weight", a.vocab_size, d);
    // RoBERTa's rows for padding are those in front, and no text in llama.cpp has padding.
    sources.rows_from(a.position_offset, "position_embd.weight", a.position_embedding + ".weight",
                      a.max_positions, d);
    if (a.token_types > 0)
        sources.exact("token_types.weight", a.token_type_embedding + ".weight", {a.token_types, d});
    sources.norm("token_embd_norm", a.embedding_norm, d, true);
    for (std::int64_t layer = 0; layer < a.layers; ++layer) {
        const std::string block = "blk." + std::to_string(layer) + ".", stored = a.layer_name(layer);
        for (const Projection& projection : a.attention_in) sources.projection(layer, projection);
        sources.projection(layer, a.attention_out);
        sources.norm(block + "attn_output_norm", stored + a.attention_norm, d, true);
        for (const Projection& projection : a.mlp_in) sources.projection(layer, projection);
        sources.projection(layer, a.mlp_out);
        sources.norm(block + "layer_output_norm", stored + a.mlp_norm, d, true);
    }
    if (!a.classifier) return sources.take();
    sources.exact("cls.weight", a.head_dense + ".weight", {d, d});
    sources.exact("cls.bias", a.head_dense + ".bias", {d});
    sources.exact("cls.output.weight", a.lm_head + ".weight", {a.head_rows(), d});
    sources.exact("cls.output.bias", a.lm_head + ".bias", {a.head_rows()});
    return sources.take();
}

GgufMetadata encoder_settings(const Architecture& a) {
    GgufMetadata settings = {
        {"bert.attention.causal", GgufValue{false}},
        {"tokenizer.ggml.token_type_count", GgufValue{static_cast<std::uint32_t>(a.token_types)}}};
    if (!a.classifier) return settings;
    std::vector<std::string> labels = a.classifier->label_names;
    for (auto i = static_cast<std::int64_t>(labels.size()); i < a.classifier->labels; ++i)
        labels.push_back("LABEL_" + std::to_string(i));
    settings.emplace_back("bert.pooling_type", GgufValue{pooling_of_classifiers});
    settings.emplace_back("bert.classifier.output_labels", gguf_array(labels));
    return settings;
}

}  // namespace engine
