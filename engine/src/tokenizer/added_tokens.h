// Tokens that are found in the text itself before anything is split: special tokens and others added to a
// vocabulary.
#pragma once

#include "engine/text_range.h"
#include "tokenizer/model.h"
#include "tokenizer/normalizer.h"

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool special = false;      // not shown when special tokens are skipped
    bool single_word = false;  // only where it is not part of a longer word
    bool lstrip = false;       // swallows white space before it
    bool rstrip = false;       // and after it
    bool normalized = false;   // looked for in the normalised text
    bool as_is = false;        // ... where it is spelled just like this
};

// A stretch of text, or an added token.
struct Segment {
    std::string_view text;
    std::int32_t id = -1;  // -1: text
};

// Immutable after the last add; find may be called from several threads.
class AddedTokens {
  public:
    // A token with the same id replaces the earlier one.
    void add(AddedToken token);
    // Builds the search structures; normalizer (may be null) is applied to the tokens with normalized set.
    void prepare(const Normalizer* normalizer);

    const AddedToken* find_id(std::int32_t id) const;
    const AddedToken* find_content(std::string_view content) const;
    const std::map<std::int32_t, AddedToken>& all() const { return tokens_; }

    // Cuts text at the tokens whose normalized flag is as given: at each place the longest one, from left to
    // right. include_special false: special tokens are ordinary text; so are those that touch a range of data
    // (ascending).
    std::vector<Segment> split(std::string_view text, bool normalized, bool include_special,
                               std::span<const TextRange> data = {}) const;
    // Whether some special token is looked for in the normalised text.
    bool has_normalized_special() const;

  private:
    // A trie over bytes.
    struct Node {
        std::map<unsigned char, std::size_t> children;
        std::int32_t id = -1;
    };
    struct Trie {
        std::vector<Node> nodes = std::vector<Node>(1);
        std::bitset<256> starts;
        void insert(std::string_view content, std::int32_t id);
        // The longest token at text[position]: its id and length, or -1.
        std::pair<std::int32_t, std::size_t> longest(std::string_view text, std::size_t position) const;
    };

    std::map<std::int32_t, AddedToken> tokens_;
    TextMap<std::int32_t> by_content_;
    Trie plain_, normalized_;
};

}  // namespace engine
