#include "gguf/layout.h"

#include "engine/error.h"
#include "gguf/encoder_layout.h"
#include "gguf/layout_sources.h"

#include <algorithm>
#include <cmath>

namespace engine {
namespace {

enum class Biases { none, attention_in, optional, required };

// What llama.cpp's graph of an architecture computes; a model must agree with it.
struct Graph {
    const char* family;
    const char* name;
    std::vector<Activation> activations;
    Biases biases;           // of projections: those that may be there, or (required) must all be
    bool permuted = false;   // q and k with interleaved halves
    bool own_head = false;   // the head must be in the file, tied or not
    bool frequencies = false;  // reads rope_freqs
    bool long_rope = false;    // reads rope_factors_short and rope_factors_long
    bool windows = false;      // asks for attention.sliding_window, and then attends to everything all the same
};

const Graph* graph_of(const Architecture& a) {
    // llama.cpp's GELU is the tanh form with a table; the exact form differs from it by less than 1e-3.
    static const std::vector<Activation> silu = {Activation::silu};
    static const std::vector<Activation> gelu = {Activation::gelu, Activation::gelu_tanh};
    static const std::vector<Graph> graphs = {
        {"gpt2", "gpt2", gelu, Biases::required},
        {"llama", "llama", silu, Biases::optional, true, false, true, true},
        {"mistral", "llama", silu, Biases::optional, true, false, true, true},
        {"qwen2", "qwen2", silu, Biases::attention_in},
        {"qwen3", "qwen3", silu, Biases::none},
        {"gemma", "gemma", gelu, Biases::none},
        {"phi3", "phi3", silu, Biases::none, false, false, false, true, true},
        {"phi", "phi2", gelu, Biases::required, false, true},
        {"gpt_neox", "gptneox", gelu, Biases::required, false, true},
        {"bert", "bert", gelu, Biases::required},
        {"roberta", "bert", gelu, Biases::required},
        {"xlm-roberta", "bert", gelu, Biases::required},
    };
    for (const Graph& graph : graphs)
        if (a.family == graph.family) return &graph;
    return nullptr;
}

// What is wrong with the biases of the projections; empty when nothing is.
std::string bias_mismatch(const Architecture& a, const Graph& graph) {
    for (const Projection* projection : a.projections()) {
        const bool attention_in =
            projection >= a.attention_in.data() && projection < a.attention_in.data() + a.attention_in.size();
        const bool allowed =
            graph.biases >= Biases::optional || (graph.biases == Biases::attention_in && attention_in);
        if (projection->has_bias && !allowed) return " has no such biases";
        if (!projection->has_bias && graph.biases == Biases::required)
            return " needs a bias on every projection, and '" + projection->module + "' has none";
    }
    return {};
}

// The part of a sentence that follows "llama.cpp cannot run this model: ".
std::string mismatch(const Architecture& a, const Graph& graph) {
    const std::string name = graph.name;
    if (a.classifier && !a.encoder) return "it has heads for classes on encoders alone";
    if (std::find(graph.activations.begin(), graph.activations.end(), a.activation) ==
        graph.activations.end())
        return "its architecture " + name + " uses another activation";
    if (const std::string biases = bias_mismatch(a, graph); !biases.empty())
        return "its architecture " + name + biases;
    if (a.encoder) return encoder_mismatch(a);
    if (a.head_bias && name != "phi2") return "its architecture " + name + " has no bias on the head";
    if (!a.scale_attention || a.scale_attention_by_layer) return "it scales attention scores in another way";
    if (a.rope.scaling == RopeScaling::llama3 && !graph.frequencies)
        return "its architecture " + name + " knows no llama3 rope scaling";
    if (a.rope.scaling == RopeScaling::longrope && !graph.long_rope)
        return "its architecture " + name + " knows no longrope scaling";
    if (a.rope.scaling == RopeScaling::yarn &&
        (a.rope.beta_fast != 32 || a.rope.beta_slow != 1 || !a.rope.truncate || a.rope.factor < 1))
        return "not every release of it reads the beta_fast, beta_slow and truncate of yarn rope scaling";
    if (!a.q_norm.empty() && name != "qwen3") return "its architecture " + name + " has no norms on queries and keys";
    if (name == "gemma" && !a.tied_embeddings) return "its gemma takes the embedding as the head";
    return {};
}

std::int64_t shortest_window(const Architecture& a) {
    std::int64_t shortest = 0;
    for (const std::int64_t window : a.windows)
        if (window > 0 && (shortest == 0 || window < shortest)) shortest = window;
    return shortest < a.max_positions ? shortest : 0;
}

const Graph& require_graph(const Architecture& a) {
    const std::string refusal = gguf_fitness(a).refusal;
    if (!refusal.empty()) fail_input(refusal);
    return *graph_of(a);
}

std::vector<std::int64_t> interleaved_halves(std::int64_t heads, std::int64_t head_dim) {
    std::vector<std::int64_t> order;
    order.reserve(static_cast<std::size_t>(heads * head_dim));
    for (std::int64_t head = 0; head < heads; ++head)
        for (std::int64_t i = 0; i < head_dim / 2; ++i)
            for (const std::int64_t half : {std::int64_t{0}, head_dim / 2})
                order.push_back(head * head_dim + half + i);
    return order;
}

std::vector<std::int64_t> runs_joined(const Projection& projection) {
    std::vector<std::int64_t> order;
    order.reserve(static_cast<std::size_t>(projection.out_features));
    for (const Slot& slot : projection.slots)
        for (std::int64_t block = 0; block < slot.blocks; ++block)
            for (std::int64_t row = 0; row < slot.rows / slot.blocks; ++row)
                order.push_back(block * slot.stride + slot.row_begin + row);
    return order;
}

std::string kinds_of(const Projection& projection) {
    std::string kinds;
    for (const Slot& slot : projection.slots) kinds += (kinds.empty() ? "" : ",") + slot.kind;
    return kinds;
}

// The divisors of the rotary frequencies: what llama3 scaling makes of them.
std::vector<float> frequency_divisors(const RopeConfig& rope) {
    RopeConfig plain = rope;
    plain.scaling = RopeScaling::none;
    const std::vector<float> before = inverse_frequencies(plain), after = inverse_frequencies(rope);
    std::vector<float> divisors(before.size());
    for (std::size_t i = 0; i < before.size(); ++i) divisors[i] = before[i] / after[i];
    return divisors;
}

}  // namespace

GgufType gguf_type_of(const GgufSource& source, GgufType matrices) {
    if (!source.matrix) return GgufType::f32;
    return source.shape.back() % block_values(matrices) == 0 ? matrices : GgufType::f16;
}

GgufFitness gguf_fitness(const Architecture& a) {
    const Graph* graph = graph_of(a);
    if (!graph)
        return {"llama.cpp has no architecture for " + a.family +
                    " models, so there is no GGUF of them. Export a merged Hugging Face folder.",
                {}};
    const std::string why = mismatch(a, *graph);
    if (!why.empty())
        return {"llama.cpp cannot run this " + a.family + " model: " + why +
                    ". Export a merged Hugging Face folder.",
                {}};
    GgufFitness fitness;
    if (a.encoder) fitness.notes = encoder_notes(a);
    const std::int64_t window = shortest_window(a);
    if (window > 0)
        fitness.notes.push_back("llama.cpp does not limit the attention of this model to " +
                                std::to_string(window) + " tokens; longer texts give other answers there.");
    if (a.rope.scaling == RopeScaling::longrope)
        fitness.notes.push_back("llama.cpp chooses the short or the long rope factors by the context it is started with, not by the "
                                "length of a text: start it with up to " +
                                std::to_string(a.rope.original_max_positions) + " tokens unless texts are longer.");
    if (a.rope.scaling == RopeScaling::dynamic)
        fitness.notes.push_back("llama.cpp does not stretch positions with the text (dynamic rope scaling); texts beyond " +
                                std::to_string(a.rope.original_max_positions) + " tokens give other answers there.");
    return fitness;
}

std::string gguf_architecture(const Architecture& a) {
    return require_graph(a).name;
}

std::string gguf_module(const Architecture&, std::int64_t layer, const Projection& projection) {
    static const std::vector<std::pair<std::string, const char*>> names = {
        {"q", "attn_q"},       {"k", "attn_k"},       {"v", "attn_v"},
        {"q,k,v", "attn_qkv"}, {"o", "attn_output"},  {"gate", "ffn_gate"},
        {"up", "ffn_up"},      {"gate,up", "ffn_up"}, {"down", "ffn_down"}};
    const std::string kinds = kinds_of(projection);
    for (const auto& [key, name] : names)
        if (key == kinds) return "blk." + std::to_string(layer) + "." + name;
    fail_input("llama.cpp has no tensor for the module '" + projection.module +
               "', so this model has no GGUF. Export a merged Hugging Face folder.");
}

std::vector<std::int64_t> gguf_row_order(const Architecture& a, const Projection& projection) {
    const Graph& graph = require_graph(a);
    if (std::any_of(projection.slots.begin(), projection.slots.end(),
                    [](const Slot& slot) { return slot.blocks > 1; }))
        return runs_joined(projection);
    const std::string kinds = kinds_of(projection);
    if (graph.permuted && kinds == "q") return interleaved_halves(a.heads, a.head_dim);
    if (graph.permuted && kinds == "k") return interleaved_halves(a.kv_heads, a.head_dim);
    return {};
}

std::vector<GgufSource> gguf_sources(const Architecture& a) {
    const Graph& graph = require_graph(a);
    if (a.encoder) return encoder_sources(a);
    const bool biased = a.norm == NormKind::layer_norm;
    const std::int64_t d = a.hidden_size;
    Sources sources(a);
    sources.matrix("token_embd.weight", a.embedding + ".weight", a.vocab_size, d);
    if (!a.position_embedding.empty())
        sources.exact("position_embd.weight", a.position_embedding + ".weight",
                      {a.max_positions + a.position_offset, d});
    if (a.rope.scaling == RopeScaling::llama3)
        sources.computed("rope_freqs.weight", frequency_divisors(a.rope));
    if (a.rope.scaling == RopeScaling::longrope) {
        sources.computed("rope_factors_long.weight", {a.rope.long_factors.begin(), a.rope.long_factors.end()});
        sources.computed("rope_factors_short.weight", {a.rope.short_factors.begin(), a.rope.short_factors.end()});
    }
    for (std::int64_t layer = 0; layer < a.layers; ++layer) {
        const std::string block = "blk." + std::to_string(layer) + ".", stored = a.layer_name(layer);
        sources.norm(block + "attn_norm", stored + a.attention_norm, d, biased);
        for (const Projection& projection : a.attention_in) sources.projection(layer, projection);
        if (!a.q_norm.empty()) sources.norm(block + "attn_q_norm", stored + a.q_norm, a.head_dim, false);
        if (!a.k_norm.empty()) sources.norm(block + "attn_k_norm", stored + a.k_norm, a.head_dim, false);
        sources.projection(layer, a.attention_out);
        if (!a.mlp_norm.empty()) sources.norm(block + "ffn_norm", stored + a.mlp_norm, d, biased);
        for (const Projection& projection : a.mlp_in) sources.projection(layer, projection);
        sources.projection(layer, a.mlp_out);
    }
    sources.norm("output_norm", a.final_norm, d, biased);
    if (!a.tied_embeddings || graph.own_head)
        sources.matrix("output.weight", (a.tied_embeddings ? a.embedding : a.lm_head) + ".weight",
                       a.vocab_size, d);
    if (a.head_bias) sources.exact("output.bias", a.lm_head + ".bias", {a.vocab_size});
    return sources.take();
}

GgufMetadata gguf_settings(const Architecture& a) {
    const Graph& graph = require_graph(a);
    const std::string arch = graph.name;
    GgufMetadata settings;
    const auto set = [&](const char* key, auto value) {
        settings.emplace_back(arch + "." + key, GgufValue{value});
    };
    const auto count = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
    settings.emplace_back("general.architecture", GgufValue{arch});
    set("block_count", count(a.layers));
    set("context_length", count(a.max_positions));
    set("embedding_length", count(a.hidden_size));
    set("feed_forward_length", count(a.intermediate_size));
    set("vocab_size", count(a.vocab_size));
    set("attention.head_count", count(a.heads));
    set("attention.head_count_kv", count(a.kv_heads));
    set(a.norm == NormKind::layer_norm ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon",
        static_cast<float>(a.norm_eps));
    if (a.head_dim * a.heads != a.hidden_size || a.positions == PositionKind::rotary) {
        set("attention.key_length", count(a.head_dim));
        set("attention.value_length", count(a.head_dim));
    }
    if (a.positions == PositionKind::rotary) {
        set("rope.dimension_count", count(a.rope.rotary_dim));
        set("rope.freq_base", static_cast<float>(a.rope.theta));
        if (a.rope.scaling == RopeScaling::linear) {
            set("rope.scaling.type", std::string("linear"));
            set("rope.scaling.factor", static_cast<float>(a.rope.factor));
        }
        if (a.rope.scaling == RopeScaling::yarn) {
            set("rope.scaling.type", std::string("yarn"));
            set("rope.scaling.factor", static_cast<float>(a.rope.factor));
            set("rope.scaling.original_context_length", count(a.rope.original_max_positions));
            // On top of what llama.cpp makes of the factor itself.
            set("rope.scaling.attn_factor", static_cast<float>(a.rope.attention_factor / (1 + 0.1 * std::log(a.rope.factor))));
        }
        if (a.rope.scaling == RopeScaling::longrope) {
            set("rope.scaling.type", std::string("longrope"));
            set("rope.scaling.original_context_length", count(a.rope.original_max_positions));
            set("rope.scaling.attn_factor", static_cast<float>(a.rope.attention_factor));
        }
    }
    if (a.encoder)
        for (auto& entry : encoder_settings(a)) settings.push_back(std::move(entry));
    if (arch == "gptneox") set("use_parallel_residual", a.parallel_block);
    if (graph.windows && shortest_window(a) > 0) set("attention.sliding_window", count(shortest_window(a)));
    return settings;
}

}  // namespace engine
