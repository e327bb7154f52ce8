// Text to token ids and back, from the tokenizer files of a Hugging Face model folder: tokenizer.json, else
// tokenizer.model, spm.model and the like (SentencePiece), vocab.json with merges.txt, or vocab.txt (WordPiece). The
// model's weights need not be there.
//
// A Tokenizer is a handle on shared immutable state: copying is cheap, and every const function may be called
// from several threads at once. Ids are exactly those of the reference implementation of the same files.
#pragma once

#include "engine/error.h"
#include "engine/text_range.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct EncodeOptions {
    bool add_special_tokens = true;  // what the files say belongs around a text (BOS, CLS, SEP ...)
    bool parse_special =
        true;  // a special token written in the text becomes its id; false: it is ordinary text
};

// The special tokens around one text, before and after, or around two: before, first, middle, second, end.
struct TextFrame {
    std::vector<std::int32_t> before, after;
    std::vector<std::int32_t> middle, end;
    bool second_type = false;  // what follows middle has token type 1
};

// What encode_marked gives.
struct MarkedIds {
    std::vector<std::int32_t> ids;
    std::vector<std::size_t> before;  // for each cut: how many ids end there or earlier
};

class Tokenizer {
  public:
    // Cost: parses the files, tens of milliseconds for a 50k vocabulary. Something in the files that is not
    // supported is an error (bad_input) that names the component and what is supported.
    static Result<Tokenizer> load(const std::filesystem::path& folder);

    // Whether the folder holds files that load() would try.
    static bool is_available(const std::filesystem::path& folder);

    // Invalid UTF-8 counts as U+FFFD. Linear in the length of the text.
    std::vector<std::int32_t> encode(std::string_view utf8, EncodeOptions options = {}) const;

    // A valid UTF-8 text that brings its own special tokens, such as a rendered chat; nothing is added around
    // it. A special token that touches a range of data (ascending) is ordinary text, so nobody can write one
    // into a message; otherwise the ids are those of encode. cuts: byte offsets, ascending; the token that
    // reaches across one, or that what stands behind it has changed, counts as behind it.
    MarkedIds encode_marked(std::string_view utf8, std::span<const TextRange> data,
                            std::span<const std::size_t> cuts) const;

    // Always valid UTF-8. An id outside the vocabulary shows as U+FFFD; ask contains() first where that
    // matters.
    std::string decode(std::span<const std::int32_t> ids, bool skip_special = false) const;

    const TextFrame& frame() const;

    bool contains(std::int32_t id) const;
    std::string token(std::int32_t id) const;  // as spelled in the vocabulary; "" outside it
    std::string piece_text(
        std::int32_t id) const;  // the bytes it stands for: may be part of a UTF-8 character
    std::optional<std::int32_t> id(std::string_view token) const;  // by vocabulary spelling
    bool is_special(std::int32_t id) const;

    // 1 + the largest id; the model's embedding may have more rows (padding).
    std::int64_t vocab_size() const;

    std::optional<std::int32_t> bos_id() const;
    std::optional<std::int32_t> eos_id() const;
    std::optional<std::int32_t> pad_id() const;
    std::optional<std::int32_t> unk_id() const;
    // Every id that ends a generation: eos_id() and those that generation_config.json adds.
    const std::vector<std::int32_t>& stop_ids() const;

    std::string kind() const;  // for people: "byte-level BPE", "BPE", "Unigram", "WordPiece" or "WordLevel"

    struct State;  // defined with the implementation
    explicit Tokenizer(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  private:
    std::shared_ptr<const State> state_;
};

// Text of a growing sequence of ids, handed out only as complete UTF-8 characters: for showing a generation
// while it runs. The concatenation of everything handed out equals decode() of all ids. Not thread-safe.
class StreamDecoder {
  public:
    explicit StreamDecoder(Tokenizer tokenizer, bool skip_special = true)
        : tokenizer_(std::move(tokenizer)), skip_special_(skip_special) {}

    std::string push(std::int32_t id);  // the new complete text, often empty inside a character
    std::string flush();                // what is left, incomplete bytes as U+FFFD

  private:
    std::string take(bool everything);

    Tokenizer tokenizer_;
    bool skip_special_;
    std::vector<std::int32_t> window_;  // ids whose text is needed to place the next one
    std::size_t emitted_ids_ = 0;       // of them, already handed out
};

}  // namespace engine
