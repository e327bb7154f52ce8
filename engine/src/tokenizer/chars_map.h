// Sentencepiece's compiled rules of normalisation: a double-array trie (Aoe 1989) from byte strings to
// replacements. Layout: u32 size of the trie in bytes, the trie's u32 units, the replacements, each ended by
// a NUL; little-endian.
#pragma once

#include "tokenizer/normalizer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// Immutable; safe from several threads.
class CharsMap {
  public:
    CharsMap() = default;  // no rules
    // Failure (bad_input) when the sizes do not fit or a replacement is not UTF-8 or beyond a KiB.
    CharsMap(std::string_view bytes, const std::string& source);

    struct Match {
        std::size_t length = 0;  // bytes that are replaced
        std::string_view replacement;
    };
    std::optional<Match> shortest(std::string_view text) const { return find(text, true); }
    std::optional<Match> longest(std::string_view text) const { return find(text, false); }
    bool empty() const { return units_.empty(); }

  private:
    std::optional<Match> find(std::string_view text, bool first) const;

    std::vector<std::uint32_t> units_;
    std::string replacements_;
};

// The "Precompiled" normalizer of a tokenizer.json: the bytes of its rules, and what applies them.
std::string precompiled_chars_map(const Json& description, const std::string& source);
std::unique_ptr<const Normalizer> make_precompiled_normalizer(const Json& description,
                                                              const std::string& source);

}  // namespace engine
