// Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909): the characters of a piece, joined pair by pair
// in the order in which the pairs were learnt.
#pragma once

#include "tokenizer/model.h"

#include <utility>

namespace engine {

struct BpeOptions {
    std::optional<std::string> unk_token;
    std::string continuing_subword_prefix;  // put before every character of a piece but the first
    std::string end_of_word_suffix;         // put after the last character of a piece
    bool fuse_unk = false;                  // neighbouring unknown characters become one token
    bool byte_fallback = false;             // an unknown character becomes its bytes, tokens <0x00> to <0xFF>
    bool ignore_merges = false;             // a piece that is a token is taken whole
};

// Joins left and right to result; of the pairs of a piece, that with the lowest rank comes first, then the
// leftmost.
struct RankedMerge {
    std::int32_t left = 0, right = 0, result = 0;
    std::int32_t rank = 0;
};

class BpeModel : public TokenModel {
  public:
    // merges by their spellings, in the order of their ranks
    BpeModel(Vocabulary vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
             BpeOptions options, const std::string& source);
    BpeModel(Vocabulary vocabulary, const std::vector<RankedMerge>& merges, BpeOptions options);

    // Cost: n log n in the length of the piece.
    void tokenize(std::string_view piece, Specials specials, std::vector<std::int32_t>& out) const override;
    const Vocabulary& vocabulary() const override { return vocabulary_; }
    std::optional<std::int32_t> unk_id() const override { return unk_id_; }
    std::string kind() const override { return "BPE"; }
    std::string_view word_mark() const override { return word_mark_; }

  private:
    struct Merge {
        std::int32_t rank = 0;
        std::int32_t result = 0;
    };
    struct Symbol {
        std::int32_t id = 0;
        std::int32_t previous = -1;  // neighbours in the list, -1 at the ends
        std::int32_t next = -1;
        bool alive = true;
    };
    void prepare();
    std::vector<Symbol> symbols_of(std::string_view piece) const;
    const Merge* find_merge(std::int32_t left, std::int32_t right) const;

    Vocabulary vocabulary_;
    BpeOptions options_;
    std::optional<std::int32_t> unk_id_;
    std::vector<std::int32_t> byte_ids_;  // of <0x00> ... <0xFF>, or empty
    std::string_view word_mark_;
    std::unordered_map<std::uint64_t, Merge> merges_;
};

std::unique_ptr<TokenModel> make_bpe_model(const Json& description, const std::string& source);

}  // namespace engine
