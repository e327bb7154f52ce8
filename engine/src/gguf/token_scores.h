// What llama.cpp is told of each token: its kind, and for SentencePiece's algorithms its score.
#pragma once

#include "io/json.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace engine {

// The numbers are those of the file.
namespace token_type {
enum : std::int32_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
}

using Merges = std::vector<std::pair<std::string, std::string>>;

// Of the "model" of a tokenizer.json, in either form of spelling them.
Merges merges_of(const Json& model);

struct MergeScores {
    std::vector<float> scores;     // by id
    bool as_sentencepiece = true;  // they make the same tokens as the merges, for every text
};

// SentencePiece joins the neighbours whose union scores best; a list of merges joins those that come first.
// The earlier a token is first made, the better its score.
MergeScores merge_scores(const std::vector<std::string>& tokens, const std::vector<std::int32_t>& types,
                         Merges merges);

}  // namespace engine
