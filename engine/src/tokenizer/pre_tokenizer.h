// Second step of a tokenizer: cuts the normalised text into pieces that the model never merges across.
#pragma once

#include "io/json.h"

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// A text cut into pieces. The views point into the text it was made from, or into storage once rewritten.
class Pieces {
  public:
    // at_start: the text begins where the whole input begins (some pre-tokenizers treat that place
    // differently).
    Pieces(std::string_view text, bool at_start) : items{text}, at_start(at_start) {}
    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;

    // Keeps a rewritten text alive as long as the pieces.
    std::string_view keep(std::string text) { return storage_.emplace_back(std::move(text)); }

    std::vector<std::string_view> items;  // none empty after a pre-tokenizer
    bool at_start;

  private:
    std::deque<std::string> storage_;
};

// Immutable; apply may be called from several threads.
class PreTokenizer {
  public:
    virtual ~PreTokenizer() = default;
    virtual void apply(Pieces& pieces) const = 0;
};

// From the "pre_tokenizer" of a tokenizer.json; nullptr for null. Failure (bad_input) for an unknown type.
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const Json& description, const std::string& source);

// GPT-2's own split, used by ByteLevel.
extern const char* const gpt2_split_pattern;

}  // namespace engine
