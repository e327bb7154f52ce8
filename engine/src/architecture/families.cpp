#include "architecture/families.h"

#include <engine/error.h>

#include <algorithm>
#include <numeric>

namespace engine {
namespace {

// How many letters must be changed, added or left out to make one word of the other (Levenshtein 1965).
std::size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

const std::vector<Family>& families() {
    static const std::vector<Family> known = {
        {"gpt2",
         {"GPT2LMHeadModel", "GPT2Model"},
         "GPT2ForSequenceClassification",
         {".attn.bias", ".attn.masked_bias"},
         describe_gpt2},
        {"llama",
         {"LlamaForCausalLM", "LlamaModel"},
         "LlamaForSequenceClassification",
         {".rotary_emb.inv_freq"},
         describe_llama},
        {"mistral",
         {"MistralForCausalLM", "MistralModel"},
         "MistralForSequenceClassification",
         {".rotary_emb.inv_freq"},
         describe_mistral},
        {"qwen2",
         {"Qwen2ForCausalLM", "Qwen2Model"},
         "Qwen2ForSequenceClassification",
         {".rotary_emb.inv_freq"},
         describe_qwen2},
        {"qwen3",
         {"Qwen3ForCausalLM", "Qwen3Model"},
         "Qwen3ForSequenceClassification",
         {".rotary_emb.inv_freq"},
         describe_qwen3},
        {"gemma",
         {"GemmaForCausalLM", "GemmaModel"},
         "GemmaForSequenceClassification",
         {".rotary_emb.inv_freq"},
         describe_gemma},
        {"phi",
         {"PhiForCausalLM", "PhiModel"},
         "PhiForSequenceClassification",
         {".rotary_emb.inv_freq"},
         describe_phi},
        {"phi3",
         {"Phi3ForCausalLM", "Phi3Model"},
         "Phi3ForSequenceClassification",
         {".rotary_emb.inv_freq"},
         describe_phi3},
        {"gpt_neox",
         {"GPTNeoXForCausalLM", "GPTNeoXModel"},
         "GPTNeoXForSequenceClassification",
         {".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"},
         describe_gpt_neox},
        {"opt", {"OPTForCausalLM", "OPTModel"}, "OPTForSequenceClassification", {}, describe_opt},
        {"bert",
         {"BertModel", "BertForMaskedLM", "BertForPreTraining"},
         "BertForSequenceClassification",
         {".position_ids"},
         describe_bert},
        {"roberta",
         {"RobertaModel", "RobertaForMaskedLM"},
         "RobertaForSequenceClassification",
         {".position_ids"},
         describe_roberta},
        {"xlm-roberta",
         {"XLMRobertaModel", "XLMRobertaForMaskedLM"},
         "XLMRobertaForSequenceClassification",
         {".position_ids"},
         describe_xlm_roberta},
        {"deberta-v2",
         {"DebertaV2Model", "DebertaV2ForMaskedLM"},
         "DebertaV2ForSequenceClassification",
         {".position_ids"},
         describe_deberta_v2},
    };
    return known;
}

const Family& family_of(const std::string& model_type, const std::string& source) {
    const std::string name = model_type.substr(0, 80);
    std::string known;
    const Family* nearest = nullptr;
    std::size_t shortest = name.size() / 2 + 1;  // more than half of it changed is another word
    for (const Family& family : families()) {
        if (family.model_type == model_type) return family;
        known += (known.empty() ? "" : ", ") + family.model_type;
        const std::size_t distance = edit_distance(name, family.model_type);
        if (distance < shortest) {
            shortest = distance;
            nearest = &family;
        }
    }
    fail_input("The architecture \"" + name + "\" of " + source +
               " is not supported; choose a model of one of the families " + known +
               (nearest ? " (the nearest name is " + nearest->model_type + ")." : "."));
}

Projection linear(std::string module, std::string kind, std::int64_t in, std::int64_t out, bool bias) {
    return stacked(std::move(module), in, {{std::move(kind), out}}, bias);
}

Projection stacked(std::string module, std::int64_t in, const std::vector<StackedRows>& parts, bool bias) {
    Projection projection{std::move(module), in, 0, bias, false, {}};
    for (const StackedRows& part : parts) {
        projection.slots.push_back({part.kind, projection.out_features, part.rows});
        projection.out_features += part.rows;
    }
    return projection;
}

Projection interleaved(std::string module, std::int64_t in, const std::vector<std::string>& kinds,
                       std::int64_t blocks, std::int64_t rows_each, bool bias) {
    const std::int64_t stride = rows_each * static_cast<std::int64_t>(kinds.size());
    Projection projection{std::move(module), in, blocks * stride, bias, false, {}};
    std::int64_t begin = 0;
    for (const std::string& kind : kinds) {
        projection.slots.push_back({kind, begin, blocks * rows_each, blocks, stride});
        begin += rows_each;
    }
    return projection;
}

void set_head_dim(Architecture& a, const ConfigFields& config, const char* heads_key) {
    if (a.hidden_size % a.heads != 0)
        config.refuse(heads_key, "it must divide the hidden size, " + std::to_string(a.hidden_size) + ".");
    a.head_dim = a.hidden_size / a.heads;
}

Activation read_activation(const ConfigFields& config, const char* key, const std::string& fallback) {
    const std::string name = config.text(key, fallback);
    if (name == "gelu") return Activation::gelu;
    if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast")
        return Activation::gelu_tanh;
    if (name == "silu" || name == "swish") return Activation::silu;
    if (name == "relu") return Activation::relu;
    if (name == "tanh") return Activation::tanh;
    config.refuse(
        key, "supported activations are gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, silu, relu, tanh.");
}

}  // namespace engine
