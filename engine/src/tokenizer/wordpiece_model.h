// WordPiece (Wu et al. 2016, arXiv:1609.08144, as BERT applies it): from the left, the longest token that
// fits; a word that cannot be covered is unknown as a whole. WordLevel: every word is one token.
#pragma once

#include "tokenizer/model.h"

namespace engine {

struct WordPieceOptions {
    std::string unk_token = "[UNK]";
    std::string continuing_subword_prefix = "##";  // before every token of a word but the first
    std::size_t max_input_chars_per_word = 100;    // longer words are unknown
};

class WordPieceModel : public TokenModel {
  public:
    // Failure (bad_input) when the unknown token is not in the vocabulary.
    WordPieceModel(Vocabulary vocabulary, WordPieceOptions options, const std::string& source);

    // Cost: quadratic in the length of a word, which the options bound.
    void tokenize(std::string_view piece, Specials specials, std::vector<std::int32_t>& out) const override;
    const Vocabulary& vocabulary() const override { return vocabulary_; }
    std::optional<std::int32_t> unk_id() const override { return unk_id_; }
    std::string kind() const override { return "WordPiece"; }

  private:
    Vocabulary vocabulary_;
    WordPieceOptions options_;
    std::int32_t unk_id_ = 0;
};

class WordLevelModel : public TokenModel {
  public:
    WordLevelModel(Vocabulary vocabulary, const std::string& unk_token, const std::string& source);

    void tokenize(std::string_view piece, Specials specials, std::vector<std::int32_t>& out) const override;
    const Vocabulary& vocabulary() const override { return vocabulary_; }
    std::optional<std::int32_t> unk_id() const override { return unk_id_; }
    std::string kind() const override { return "WordLevel"; }

  private:
    Vocabulary vocabulary_;
    std::int32_t unk_id_ = 0;
};

std::unique_ptr<TokenModel> make_wordpiece_model(const Json& description, const std::string& source);
std::unique_ptr<TokenModel> make_word_level_model(const Json& description, const std::string& source);

}  // namespace engine
