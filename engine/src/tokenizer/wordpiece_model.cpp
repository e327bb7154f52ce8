#include "tokenizer/wordpiece_model.h"

#include "engine/error.h"
#include "tokenizer/component.h"
#include "tokenizer/text.h"

#include <algorithm>

namespace engine {
namespace {

std::int32_t require_unknown(const Vocabulary& vocabulary, const std::string& token,
                             const std::string& source) {
    const auto id = vocabulary.id(token);
    if (!id)
        fail_input("The token for unknown words, '" + token + "', is not in the vocabulary of " + source +
                   ". Fetch the file again.");
    return *id;
}

}  // namespace

WordPieceModel::WordPieceModel(Vocabulary vocabulary, WordPieceOptions options, const std::string& source)
    : vocabulary_(std::move(vocabulary)),
      options_(std::move(options)),
      unk_id_(require_unknown(vocabulary_, options_.unk_token, source)) {}

void WordPieceModel::tokenize(std::string_view piece, Specials specials,
                              std::vector<std::int32_t>& out) const {
    // Where the characters begin, and the end.
    std::vector<std::size_t> bounds;
    for (std::size_t at = 0; at < piece.size(); at += character_at(piece, at).length) {
        bounds.push_back(at);
        if (bounds.size() > options_.max_input_chars_per_word) {
            out.push_back(unk_id_);
            return;
        }
    }
    bounds.push_back(piece.size());

    const std::size_t first = out.size();
    std::string spelling;
    for (std::size_t begin = 0; begin + 1 < bounds.size();) {
        spelling = begin > 0 ? options_.continuing_subword_prefix : "";
        const std::size_t prefix = spelling.size();
        spelling += piece.substr(bounds[begin]);
        std::size_t end = bounds.size() - 1;
        for (; end > begin; --end) {
            spelling.resize(prefix + bounds[end] - bounds[begin]);
            const auto id = vocabulary_.id(spelling);
            if (!id || refuses(*id, specials)) continue;
            out.push_back(*id);
            break;
        }
        if (end == begin) {
            out.resize(first);
            out.push_back(unk_id_);
            return;
        }
        begin = end;
    }
}

WordLevelModel::WordLevelModel(Vocabulary vocabulary, const std::string& unk_token, const std::string& source)
    : vocabulary_(std::move(vocabulary)), unk_id_(require_unknown(vocabulary_, unk_token, source)) {}

void WordLevelModel::tokenize(std::string_view piece, Specials specials,
                              std::vector<std::int32_t>& out) const {
    const auto id = vocabulary_.id(piece);
    out.push_back(id && !refuses(*id, specials) ? *id : unk_id_);
}

std::unique_ptr<TokenModel> make_wordpiece_model(const Json& description, const std::string& source) {
    WordPieceOptions options;
    if (auto token = json_string(description, "unk_token", source)) options.unk_token = *std::move(token);
    if (auto prefix = json_string(description, "continuing_subword_prefix", source))
        options.continuing_subword_prefix = *std::move(prefix);
    const auto longest = json_int(description, "max_input_chars_per_word", source).value_or(100);
    // The search is quadratic; nothing published comes near this limit.
    if (longest < 1 || longest > 1000)
        fail_input("\"max_input_chars_per_word\" in " + source + " is " + std::to_string(longest) +
                   "; it must be from 1 to 1000. Fetch the file again.");
    options.max_input_chars_per_word = static_cast<std::size_t>(longest);
    return std::make_unique<WordPieceModel>(read_vocabulary(description, source), std::move(options), source);
}

std::unique_ptr<TokenModel> make_word_level_model(const Json& description, const std::string& source) {
    return std::make_unique<WordLevelModel>(read_vocabulary(description, source),
                                            component_text(description, "unk_token", source), source);
}

}  // namespace engine
