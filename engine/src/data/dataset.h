// Rows of text as token ids with a mask of what is trained.
//
//   prompt/completion: [bos] template(prompt) | completion [eos]     trained: right of the bar
//   chat:              what the chat template makes of the messages  trained: the answers of the assistant,
//   each with
//                                                                    the end of its turn
//   text:              [bos] text [eos]                              trained: all but the first token
//   plain text file:   [bos] text [eos] as one stream, cut into windows of seq_len that overlap by one token,
//                      so that every token but the first is trained exactly once
//
// bos is added where the tokenizer's files put one around a text, eos where the tokenizer has one. Prompt and
// completion are encoded apart, so the boundary is exact, and special tokens written in the data stay
// ordinary text. A row longer than seq_len is cut on the right.
#pragma once

#include <engine/data.h>
#include <engine/tokenizer.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct Example {
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> trained;  // one per id; 1: a label, its loss counts
    std::int64_t line = 0;              // 1-based line of the file where the row begins
    std::int64_t cut = 0;               // tokens dropped on the right
    std::uint64_t group = 0;            // rows with the same prompt have the same group
    std::vector<float> targets;         // of a classifier (labelled.h): the class, or one number per label
    std::int64_t second_type = 0;       // of a classifier: this many ids at the end have token type 1
};

struct Dataset {
    std::string format;  // as DataReport::format
    std::vector<Example> examples;
    std::int64_t trained_tokens = 0;
    std::int32_t largest_id = -1;  // must be below the model's vocab_size
    std::int64_t longest_row = 0;  // tokens
    std::string content_hash;      // SHA-256 of the file
};

// Sets trained_tokens, largest_id and longest_row to what the examples say.
void count_tokens(Dataset& dataset);

// The template with the prompt in place of {prompt}; Failure when the template does not contain it.
std::string apply_template(std::string_view prompt_template, std::string_view prompt);
// The ids of [bos] text exactly as in front of a completion in training; for generation.
std::vector<std::int32_t> encode_prompt(const Tokenizer& tokenizer, std::string_view text);

// How rows become text.
struct RowFormat {
    std::string prompt_template = "{prompt}\n";  // of prompt/completion
    std::filesystem::path model;                 // its chat template is that of conversations ...
    std::filesystem::path chat_template;         // ... unless this file is named
};

// Reads and encodes the whole file on all cores; about 20 MB/s and core. Failure (bad_input) when a row is bad, listing the
// first ones as file:line; ErrorCode::interrupted when stopped.
Dataset load_dataset(const std::filesystem::path& file, const Tokenizer& tokenizer, const RowFormat& format,
                     std::int64_t seq_len, std::stop_token stop = {});

// Keeps back about fraction of the rows for evaluation. Rows of one prompt stay together, so no prompt is
// both trained and evaluated; the choice depends on the seed and the prompts alone. Both parts keep the
// file's order. held_out is empty when fraction is 0 or all rows share one prompt; otherwise neither part is
// empty.
struct Split {
    Dataset train;
    Dataset held_out;
};
Split split_held_out(Dataset dataset, double fraction, std::uint64_t seed);

// The rows of an epoch in their order: a permutation of 0..count-1.
std::vector<std::int64_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch);

// Which rows make up micro-step k: a pure function of the constructor's arguments and k, so that a resumed
// run needs nothing but the step number. Every row comes once per epoch; the last batch of an epoch may be
// smaller. With grouping, rows of similar length share a batch (sorted inside windows of 64 batches of the
// shuffled order, then the batches are shuffled): where no kernel walks packed sequences one by one, those of
// equal length are computed together. Keeps one epoch's order; not thread-safe.
class BatchSampler {
  public:
    BatchSampler(const Dataset& dataset, std::int64_t batch_size, std::uint64_t seed, bool group_by_length);

    std::int64_t batches_per_epoch() const { return batches_per_epoch_; }
    std::int64_t epoch_of(std::int64_t micro_step) const { return micro_step / batches_per_epoch_; }
    // Indices into dataset.examples.
    std::vector<std::int64_t> batch(std::int64_t micro_step);

  private:
    void prepare(std::int64_t epoch);

    std::vector<std::int64_t> lengths_;  // empty without grouping
    std::int64_t count_ = 0;
    std::int64_t batch_size_ = 1;
    std::int64_t batches_per_epoch_ = 0;
    std::uint64_t seed_ = 0;
    std::int64_t epoch_ = -1;
    std::vector<std::vector<std::int64_t>> batches_;  // of epoch_
};

inline constexpr std::int64_t ignored_label = -100;

// Rows laid end to end without padding: row r is tokens [offsets[r], offsets[r + 1]).
struct Batch {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> labels;  // the id where trained, else ignored_label; not shifted
    std::vector<std::int64_t> offsets{0};
    std::int64_t trained_tokens = 0;
    std::vector<float> targets;            // of all rows, one after the other
    std::vector<std::int64_t> second_types;  // per row

    std::int64_t rows() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
    std::int64_t tokens() const { return offsets.back(); }
};
Batch pack(const Dataset& dataset, std::span<const std::int64_t> indices);

}  // namespace engine
