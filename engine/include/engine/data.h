// Looking at a data file before training: format, every bad row, token counts, what is trained and what is masked.
// Pure functions, any thread; cost is reading and tokenising the file once (about 20 MB/s and core).
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>

#include "engine/experiment_spec.h"

namespace engine {

struct BadRow {
    int64_t line = 0;  // 1-based
    std::string field;
    std::string reason;
};

struct PreviewToken {
    int32_t id = 0;
    std::string text;      // as text; bytes that are no complete character are shown as \xNN
    bool trained = false;  // false: masked, no loss
    bool cut = false;      // beyond seq_len, dropped
};

struct PreviewRow {
    int64_t line = 0;
    std::vector<PreviewToken> tokens;
    std::string label;           // of a labelled row, as text: what is trained there
    int64_t cut_tokens = 0;      // of a labelled row, whose texts lose their ends and keep what stands behind
};

struct LabelRange {  // of numbers
    double least = 0, most = 0, mean = 0;
};

struct HistogramBin {
    int64_t from = 0;  // tokens, inclusive
    int64_t to = 0;    // exclusive
    int64_t rows = 0;
};

struct DataReport {
    std::string format;  // "jsonl prompt/completion", "jsonl chat", "jsonl text", "plain text"
    int64_t rows = 0;    // good rows
    bool has_conversations = false;  // so a chat template is needed
    std::vector<BadRow> bad_rows;
    struct LabelCount {
        std::string name;
        int64_t rows = 0;
    };
    std::vector<LabelCount> labels;  // of classes: all there are
    std::optional<LabelRange> label_range;  // of a regression
    std::optional<Task> labels_suit;        // the task that the labels of the rows look like; none without labels
    bool tokenized = false;     // the rest needs a tokenizer
    std::string trained_on;     // what carries the loss: "the answers of the assistant ..."
    std::string chat_template;  // where the template of a chat was read; empty for other formats
    int64_t total_tokens = 0;
    int64_t trained_tokens = 0;
    int64_t truncated_tokens = 0;
    int64_t truncated_rows = 0;
    int64_t longest_row = 0;  // tokens
    std::vector<HistogramBin> length_histogram;
    std::vector<PreviewRow> preview;
};

struct DataRequest {
    std::filesystem::path file;
    std::filesystem::path model;  // folder with tokenizer files; empty: no tokens
    std::string prompt_template = "{prompt}\n";
    int64_t seq_len = 256;
    int64_t preview_rows = 5;
    std::filesystem::path chat_template;  // for conversations; empty: the model's own
    Task task = Task::causal_lm;          // other tasks read labelled rows; model: also for the labels it has already
};

Result<DataReport> inspect_data(const DataRequest& request, std::stop_token stop = {});

}  // namespace engine
