#pragma once

#include "builtin/rng.h"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace builtin {

// The text that the built-in base model is pre-trained on: an endless row of short English documents of many
// kinds, made by grammars and word lists of this project. The same seed gives the same bytes on every
// platform. A Corpus is a small value, used by one thread; a document takes some ten microseconds.
class Corpus {
  public:
    explicit Corpus(std::uint64_t seed) : rng_(seed) {}

    // One document of about 40 to 250 words: no blank line inside, no newline at the end.
    std::string next();

    // The same, of one kind: an index into kinds().
    std::string next_of(std::size_t kind);

    // Names of the document kinds, for statistics and tests.
    static const std::vector<std::string>& kinds();

  private:
    Rng rng_;
};

// Writes whole documents, each followed by one blank line, until at least `bytes` bytes are written.
void generate_corpus(std::uint64_t seed, std::size_t bytes, std::ostream& out);

// The same documents as JSON Lines, one {"text": ...} object a line; `bytes` counts the text alone.
// With a kind (one of kinds()) that percentage of the documents is of that kind and the others come from the whole mixture;
// std::invalid_argument when there is none of that name.
void generate_corpus_jsonl(std::uint64_t seed, std::size_t bytes, std::ostream& out, std::string_view kind = {},
                           int kind_percent = 100);

}  // namespace builtin
