// Questions to a model: logits, gradients, generation, evaluation. Synchronous; call on a compute thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>

#include "engine/chat.h"
#include "engine/events.h"
#include "engine/experiment_spec.h"

namespace engine {

struct LogitsRequest {
    std::filesystem::path model;
    std::filesystem::path adapter;  // PEFT folder; empty: the base
    std::filesystem::path input;    // safetensors: input_ids [batch, seq] int64, optional attention_mask, labels
    std::filesystem::path output;   // safetensors
    Precision precision = Precision::f32;
    std::string device = "auto";
};
Status compute_logits(const LogitsRequest& request);     // writes logits [batch, seq, vocab] f32
Status compute_gradients(const LogitsRequest& request);  // writes loss, logits, grad.<adapter key>; needs labels

struct GenerateRequest {
    std::filesystem::path model;
    std::vector<std::filesystem::path> adapters;  // an empty path is the base; one output each
    std::string prompt;                           // already through the template
    std::vector<ChatMessage> messages;            // not empty: instead of prompt, through the chat template; the
                                                  // answer ends where the template ends a turn
    int64_t max_new_tokens = 64;
    double temperature = 0;  // 0 = greedy
    int64_t top_k = 0;       // 0 = off
    double top_p = 1;
    uint64_t seed = 1;
    bool stop_at_eos = true;
    Precision precision = Precision::f32;
    std::string device = "auto";
    std::filesystem::path chat_template;  // for messages; empty: the model's own
};
struct GenerateOutput {
    std::string text;  // new text only
    std::vector<int32_t> ids;
    double tokens_per_second = 0;
};
// on_text(adapter index, piece) is called with complete characters as they come; may be empty.
Result<std::vector<GenerateOutput>> generate(const GenerateRequest& request,
                                             const std::function<void(std::size_t, const std::string&)>& on_text = {},
                                             std::stop_token stop = {});

struct EvaluateRequest {
    std::filesystem::path model;
    std::filesystem::path adapter;
    std::filesystem::path data;
    std::string prompt_template = "{prompt}\n";
    int64_t seq_len = 256;
    int64_t batch_size = 8;
    Precision precision = Precision::f32;
    std::string device = "auto";
    std::filesystem::path chat_template;  // for conversations; empty: the model's own
    std::filesystem::path cache_dir;      // keeps tokenised data between calls; empty: none
};
struct EvaluateResult {
    double loss = 0;  // natural log, summed over trained tokens then divided
    double perplexity = 0;
    int64_t rows = 0;
    int64_t tokens = 0;
    std::vector<NamedValue> metrics;  // of a classifier: accuracy, f1, matthews, pearson as fits; it has no perplexity
};
// A model with a head over labels is measured on labelled rows ("text" and "label"); its loss is the mean over rows.
Result<EvaluateResult> evaluate(const EvaluateRequest& request, std::stop_token stop = {});

struct ClassifyRequest {
    std::filesystem::path model;
    std::filesystem::path adapter;  // PEFT folder; empty: the base's own head
    std::vector<std::pair<std::string, std::optional<std::string>>> texts;  // one text, or two
    int64_t seq_len = 512;  // longer texts are cut
    Precision precision = Precision::f32;
    std::string device = "auto";
};
struct Classified {
    std::vector<std::string> labels;  // the likeliest, or those above one half; none in a regression
    std::vector<NamedValue> scores;   // probability of each label, or the number
};
// One result per text.
Result<std::vector<Classified>> classify(const ClassifyRequest& request);

}  // namespace engine
