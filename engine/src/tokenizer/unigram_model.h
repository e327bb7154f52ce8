// The unigram language model (Kudo 2018, arXiv:1804.10959): of all ways to cut a piece into tokens, the one
// with the highest sum of scores.
#pragma once

#include "tokenizer/model.h"
#include "tokenizer/token_trie.h"

namespace engine {

// What a tokenizer.json and a sentencepiece model do differently with the same scores.
struct UnigramOptions {
    std::int32_t unk_id = 0;
    bool byte_fallback = false;     // unknown characters become their bytes, tokens <0x00> to <0xFF>
    bool single_precision = false;  // sums are kept as float: sentencepiece does
    std::vector<bool>
        not_in_text;  // by id: never found in a text (sentencepiece's control and unused pieces)
    std::optional<double> unk_score;  // when not 10 below the lowest score
};

class UnigramModel : public TokenModel {
  public:
    // scores by id; the vocabulary has no gaps.
    UnigramModel(Vocabulary vocabulary, std::vector<double> scores, UnigramOptions options);

    // Viterbi's search. Cost: the length of the piece times that of the longest token.
    void tokenize(std::string_view piece, Specials specials, std::vector<std::int32_t>& out) const override;
    const Vocabulary& vocabulary() const override { return vocabulary_; }
    std::optional<std::int32_t> unk_id() const override { return options_.unk_id; }
    std::string kind() const override { return "Unigram"; }

  private:
    Vocabulary vocabulary_;
    std::vector<double> scores_;
    UnigramOptions options_;
    double unk_score_ = 0;
    TokenTrie trie_;
    std::vector<std::int32_t> byte_ids_;
};

std::unique_ptr<TokenModel> make_unigram_model(const Json& description, const std::string& source);

}  // namespace engine
