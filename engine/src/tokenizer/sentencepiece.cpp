#include "tokenizer/sentencepiece.h"

#include "tokenizer/bpe_model.h"
#include "tokenizer/chars_map.h"
#include "tokenizer/text.h"
#include "tokenizer/token_trie.h"
#include "tokenizer/unigram_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace engine {
namespace {

constexpr std::string_view space_mark = "\xE2\x96\x81";

// Kudo and Richardson 2018, arXiv:1808.06226, and its released code: the longest rule that fits, white space
// collapsed, a space in front, and spaces as marks.
class SentencePieceNormalizer : public Normalizer {
  public:
    SentencePieceNormalizer(const SentencePieceFile& file, bool dummy_prefix, const std::string& source)
        : rules_(file.chars_map, source),
          space_(file.escape_whitespaces ? space_mark : " "),
          dummy_prefix_(dummy_prefix),
          remove_extra_(file.remove_extra_whitespaces),
          suffix_(file.treat_whitespace_as_suffix) {
        std::vector<std::pair<std::string_view, std::int32_t>> kept;
        for (const SentencePiece& piece : file.pieces)
            if (piece.type == PieceType::user_defined) kept.emplace_back(piece.text, 0);
        user_defined_ = TokenTrie(std::move(kept));
    }

    std::string apply(std::string text) const override {
        std::string_view rest = text;
        if (remove_extra_) {
            for (CharsMap::Match first; !rest.empty() && (first = next(rest)).replacement == " ";)
                rest.remove_prefix(first.length);
        }
        if (rest.empty()) return {};
        std::string result;
        result.reserve(text.size() + text.size() / 2);
        if (dummy_prefix_ && !suffix_) result += space_;
        bool after_space = remove_extra_;
        while (!rest.empty()) {
            const CharsMap::Match match = next(rest);
            std::string_view replacement = match.replacement;
            while (after_space && replacement.starts_with(' ')) replacement.remove_prefix(1);
            if (!replacement.empty()) {
                for (const char c : replacement) {
                    if (c == ' ') {
                        result += space_;
                    } else {
                        result += c;
                    }
                }
                after_space = remove_extra_ && replacement.ends_with(' ');
            }
            rest.remove_prefix(match.length);
        }
        while (remove_extra_ && result.ends_with(space_)) result.resize(result.size() - space_.size());
        if (dummy_prefix_ && suffix_) result += space_;
        return result;
    }

  private:
    // What the start of text becomes: a piece of the user's as it is, by a rule, or a character as it is.
    CharsMap::Match next(std::string_view text) const {
        std::size_t longest = 0;
        user_defined_.prefixes(text, [&](std::int32_t, std::size_t length) { longest = length; });
        if (longest == 0) {
            if (const auto rule = rules_.longest(text)) return *rule;
            longest = character_at(text, 0).length;
        }
        return {longest, text.substr(0, longest)};
    }

    CharsMap rules_;
    TokenTrie user_defined_;
    std::string_view space_;
    bool dummy_prefix_, remove_extra_, suffix_;
};

// A mark in front of the whole input.
class MarkAtStart : public PreTokenizer {
  public:
    void apply(Pieces& pieces) const override {
        if (pieces.at_start && !pieces.items.empty() && !pieces.items.front().empty())
            pieces.items.front() = pieces.keep(std::string(space_mark).append(pieces.items.front()));
    }
};

Vocabulary vocabulary_of(const SentencePieceFile& file, const std::string& source) {
    Vocabulary vocabulary;
    for (std::size_t id = 0; id < file.pieces.size(); ++id)
        vocabulary.add(file.pieces[id].text, static_cast<std::int64_t>(id), source);
    return vocabulary;
}

// Sentencepiece joins the neighbours whose union is the piece with the best score: every way to cut a piece
// in two is a merge, and its rank is the order of the piece's score.
std::vector<RankedMerge> merges_of(const SentencePieceFile& file, const Vocabulary& vocabulary) {
    const auto piece = [&](std::int32_t id) -> const SentencePiece& {
        return file.pieces[static_cast<std::size_t>(id)];
    };
    std::vector<std::int32_t> order;
    for (std::int32_t id = 0; id < vocabulary.size(); ++id)
        if (piece(id).type == PieceType::normal) order.push_back(id);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t a, std::int32_t b) { return piece(a).score > piece(b).score; });
    const auto normal = [&](std::string_view text) -> std::optional<std::int32_t> {
        const auto id = vocabulary.id(text);
        return id && piece(*id).type == PieceType::normal ? id : std::nullopt;
    };
    std::vector<RankedMerge> merges;
    std::int32_t rank = -1;
    float score = std::numeric_limits<float>::infinity();
    for (const std::int32_t id : order) {
        if (piece(id).score != score) ++rank;  // equal scores: the leftmost pair first
        score = piece(id).score;
        const std::string_view text = piece(id).text;
        for (std::size_t cut = character_at(text, 0).length; cut < text.size();
             cut += character_at(text, cut).length) {
            const auto left = normal(text.substr(0, cut));
            if (!left) continue;
            if (const auto right = normal(text.substr(cut))) merges.push_back({*left, *right, id, rank});
        }
    }
    return merges;
}

std::unique_ptr<TokenModel> make_bpe(const SentencePieceFile& file, const std::string& source) {
    BpeOptions options;
    options.unk_token = file.pieces[static_cast<std::size_t>(file.unk_id)].text;
    options.fuse_unk = true;
    options.byte_fallback = file.byte_fallback;
    Vocabulary vocabulary = vocabulary_of(file, source);
    const std::vector<RankedMerge> merges = merges_of(file, vocabulary);
    return std::make_unique<BpeModel>(std::move(vocabulary), merges, std::move(options));
}

std::unique_ptr<TokenModel> make_unigram(const SentencePieceFile& file, const std::string& source) {
    float lowest = std::numeric_limits<float>::max(), highest = std::numeric_limits<float>::lowest();
    for (const SentencePiece& piece : file.pieces) {
        if (piece.type != PieceType::normal) continue;
        lowest = std::min(lowest, piece.score);
        highest = std::max(highest, piece.score);
    }
    UnigramOptions options;
    options.unk_id = file.unk_id;
    options.byte_fallback = file.byte_fallback;
    options.single_precision = true;
    options.unk_score = lowest - 10.0f;
    std::vector<double> scores;
    for (const SentencePiece& piece : file.pieces) {
        const bool own = piece.type == PieceType::user_defined;
        // The library's bonus for pieces of the user's.
        scores.push_back(own ? static_cast<double>(static_cast<float>(piece.text.size()) * highest) - 0.1
                             : static_cast<double>(piece.score));
        options.not_in_text.push_back(!own && piece.type != PieceType::normal);
    }
    return std::make_unique<UnigramModel>(vocabulary_of(file, source), std::move(scores), std::move(options));
}

}  // namespace

SentencePieceParts make_sentencepiece(const SentencePieceFile& file, PrefixPlace prefix,
                                      const std::string& source) {
    SentencePieceParts parts;
    const bool everywhere = prefix == PrefixPlace::every_segment && file.add_dummy_prefix;
    parts.normalizer = std::make_unique<SentencePieceNormalizer>(file, everywhere, source);
    if (prefix == PrefixPlace::start) parts.pre_tokenizer = std::make_unique<MarkAtStart>();
    if (file.algorithm == SentencePieceAlgorithm::unigram) {
        parts.model = make_unigram(file, source);
        return parts;
    }
    parts.model = make_bpe(file, source);
    for (std::size_t id = 0; id < file.pieces.size(); ++id)
        if (file.pieces[id].type == PieceType::user_defined)
            parts.user_defined.push_back({.id = static_cast<std::int32_t>(id),
                                          .content = file.pieces[id].text,
                                          .normalized = true,
                                          .as_is = true});
    return parts;
}

}  // namespace engine
