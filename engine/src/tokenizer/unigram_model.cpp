#include "tokenizer/unigram_model.h"

#include "engine/error.h"
#include "tokenizer/component.h"
#include "tokenizer/text.h"

#include <algorithm>
#include <cmath>

namespace engine {
namespace {

// How far below every token an unknown character lies, in both references.
constexpr double unknown_penalty = 10.0;

}  // namespace

UnigramModel::UnigramModel(Vocabulary vocabulary, std::vector<double> scores, UnigramOptions options)
    : vocabulary_(std::move(vocabulary)), scores_(std::move(scores)), options_(std::move(options)) {
    unk_score_ = options_.unk_score.value_or(
        (scores_.empty() ? 0 : *std::min_element(scores_.begin(), scores_.end())) - unknown_penalty);
    std::vector<std::pair<std::string_view, std::int32_t>> tokens;
    for (std::int32_t id = 0; id < vocabulary_.size(); ++id) {
        const auto at = static_cast<std::size_t>(id);
        if (at < options_.not_in_text.size() && options_.not_in_text[at]) continue;
        tokens.emplace_back(vocabulary_.token(id), id);
    }
    trie_ = TokenTrie(std::move(tokens));
    if (options_.byte_fallback) byte_ids_ = byte_token_ids(vocabulary_);
}

void UnigramModel::tokenize(std::string_view piece, Specials specials, std::vector<std::int32_t>& out) const {
    // The best way to reach each place: its score, its last token and where that begins.
    struct Step {
        double score = 0;
        std::int32_t id = -1;  // -1: not reached
        std::uint32_t begin = 0;
    };
    std::vector<Step> best(piece.size() + 1);
    for (std::size_t at = 0; at < piece.size();) {
        const double so_far = best[at].score;
        const auto kept = [&](double sum) {
            return options_.single_precision ? static_cast<float>(sum) : sum;
        };
        const auto propose = [&](std::int32_t id, std::size_t end, double sum) {
            Step& step = best[end];
            if (step.id < 0 || sum > step.score) step = {kept(sum), id, static_cast<std::uint32_t>(at)};
        };
        const std::size_t length = character_at(piece, at).length;
        bool covered = false;  // by a token of exactly this character
        trie_.prefixes(piece.substr(at), [&](std::int32_t id, std::size_t size) {
            if (refuses(id, specials)) return;
            propose(id, at + size, so_far + scores_[static_cast<std::size_t>(id)]);
            covered = covered || size == length;
        });
        if (!covered) propose(options_.unk_id, at + length, kept(so_far + unk_score_));
        at += length;
    }

    std::vector<Step> path;  // from the end
    for (std::size_t end = piece.size(); end > 0; end = path.back().begin) path.push_back(best[end]);
    bool unknown_before = false;
    for (std::size_t i = path.size(); i-- > 0;) {
        const bool unknown = path[i].id == options_.unk_id;
        if (unknown && !byte_ids_.empty()) {
            const std::size_t end = i > 0 ? path[i - 1].begin : piece.size();
            for (std::size_t at = path[i].begin; at < end; ++at)
                out.push_back(byte_ids_[static_cast<unsigned char>(piece[at])]);
        } else if (!unknown || !unknown_before) {  // neighbouring unknown characters are one token
            out.push_back(path[i].id);
        }
        unknown_before = unknown;
    }
}

std::unique_ptr<TokenModel> make_unigram_model(const Json& description, const std::string& source) {
    Vocabulary vocabulary;
    std::vector<double> scores;
    for (const Json& item : component_list(description, "vocab", source)) {
        if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_number())
            fail_input("A token in " + source + " is not a text with its score. Fetch the file again.");
        vocabulary.add(item[0].get<std::string>(), static_cast<std::int64_t>(scores.size()), source);
        scores.push_back(item[1].get<double>());
    }
    const auto unk = json_int(description, "unk_id", source);
    if (!unk || *unk < 0 || *unk >= vocabulary.size())
        fail_input("The model in " + source +
                   " has no valid \"unk_id\", the token of unknown characters. Fetch the file again.");
    UnigramOptions options;
    options.unk_id = static_cast<std::int32_t>(*unk);
    options.byte_fallback = json_bool(description, "byte_fallback", source).value_or(false);
    return std::make_unique<UnigramModel>(std::move(vocabulary), std::move(scores), std::move(options));
}

}  // namespace engine
