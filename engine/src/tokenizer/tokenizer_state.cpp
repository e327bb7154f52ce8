#include "tokenizer/tokenizer_state.h"

#include "engine/error.h"
#include "tokenizer/component.h"
#include "tokenizer/text.h"

#include <algorithm>

namespace engine {
namespace {

constexpr std::size_t max_cached_pieces = 1 << 16;
constexpr std::size_t max_cached_bytes = 128;  // longer pieces seldom come again
constexpr std::size_t max_idle_caches = 4;
constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Up to the first mark that follows something else; all of the piece without a mark.
std::size_t word_length(std::string_view piece, std::string_view mark) {
    if (mark.empty()) return piece.size();
    std::size_t at = 0;
    while (piece.substr(at).starts_with(mark)) at += mark.size();
    return std::min(piece.find(mark, at), piece.size());
}

}  // namespace

const std::vector<std::int32_t>& PieceCache::ids_of(std::string_view piece, Specials specials,
                                                    const TokenModel& model) {
    auto& ids = ids_[specials == Specials::as_text ? 1 : 0];
    const bool short_enough = piece.size() <= max_cached_bytes;
    if (short_enough) {
        const auto it = ids.find(piece);
        if (it != ids.end()) return it->second;
    }
    last_.clear();
    model.tokenize(piece, specials, last_);
    if (!short_enough) return last_;
    if (ids.size() >= max_cached_pieces) ids.clear();
    return ids.emplace(piece, last_).first->second;
}

std::unique_ptr<PieceCache> PieceCachePool::take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<PieceCache>();
    auto cache = std::move(free_.back());
    free_.pop_back();
    return cache;
}

void PieceCachePool::put_back(std::unique_ptr<PieceCache> cache) {
    const std::lock_guard lock(mutex_);
    if (free_.size() < max_idle_caches) free_.push_back(std::move(cache));
}

Tokenizer::State::State(const TokenizerFiles& files) {
    const Json& document = files.tokenizer;
    const auto part = [&](const char* key) { return document.value(key, Json()); };
    std::vector<AddedToken> user_defined;
    if (files.sentencepiece) {
        SentencePieceParts parts = make_sentencepiece(*files.sentencepiece, files.prefix, files.source);
        normalizer = std::move(parts.normalizer);
        pre_tokenizer = std::move(parts.pre_tokenizer);
        model = std::move(parts.model);
        user_defined = std::move(parts.user_defined);
    } else {
        normalizer = make_normalizer(part("normalizer"), files.source);
        pre_tokenizer = make_pre_tokenizer(part("pre_tokenizer"), files.source);
        const auto description = document.find("model");
        model = make_token_model(description == document.end() ? Json() : *description, files.source);
    }
    frame = make_special_frame(part("post_processor"), files.source);
    decoder = make_decoder(part("decoder"), files.source);
    if (document.contains("added_tokens") && document["added_tokens"].is_array())
        read_added_tokens(document["added_tokens"], files.source, false);
    read_added_tokens(files.added_later, files.source, true);
    set_roles(files);
    for (AddedToken& token : user_defined)
        if (!added.find_id(token.id)) added.add(std::move(token));
    added.prepare(normalizer.get());
    for (const auto& [id, token] : added.all())
        if (token.special) model->set_special(id);
    vocab_size = model->vocabulary().size();
    if (!added.all().empty())
        vocab_size = std::max<std::int64_t>(vocab_size, added.all().rbegin()->first + std::int64_t{1});
    for (const auto* ids : {&frame.before, &frame.after})
        for (const std::int32_t id : *ids)
            if (!contains(id))
                fail_input("The post-processor in " + files.source + " adds the id " + std::to_string(id) +
                           ", which is not in the vocabulary. Fetch the file again.");
}

void Tokenizer::State::read_added_tokens(const Json& list, const std::string& source, bool only_new) {
    for (const Json& item : list) {
        const auto number = item.is_object() ? json_int(item, "id", source) : std::nullopt;
        if (!number || *number < 0 || *number >= 1 << 24)
            fail_input("An added token in " + source + " has no valid \"id\". Fetch the file again.");
        AddedToken token;
        token.id = static_cast<std::int32_t>(*number);
        token.content = component_text(item, "content", source);
        if (only_new && (added.find_content(token.content) || added.find_id(token.id))) continue;
        token.special = json_bool(item, "special", source).value_or(false);
        token.single_word = json_bool(item, "single_word", source).value_or(false);
        token.lstrip = json_bool(item, "lstrip", source).value_or(false);
        token.rstrip = json_bool(item, "rstrip", source).value_or(false);
        token.normalized = json_bool(item, "normalized", source).value_or(!token.special);
        if (!token.content.empty()) added.add(std::move(token));
    }
}

void Tokenizer::State::set_roles(const TokenizerFiles& files) {
    // A token with a role is special even where the list of added tokens forgets it.
    const auto special = [&](const std::string& content) -> std::optional<std::int32_t> {
        if (const AddedToken* known = added.find_content(content)) return known->id;
        const auto model_id = model->vocabulary().id(content);
        if (model_id && !content.empty()) added.add({.id = *model_id, .content = content, .special = true});
        return model_id;
    };
    const auto role = [&](const std::optional<std::string>& content) {
        return content ? special(*content) : std::nullopt;
    };
    bos_id = role(files.bos);
    eos_id = role(files.eos);
    pad_id = role(files.pad);
    unk_id = role(files.unk);
    if (!unk_id) unk_id = model->unk_id();
    for (const std::string& content : files.other_special) special(content);

    const auto known = [&](std::int64_t id) {
        return id >= 0 && id <= INT32_MAX && contains(static_cast<std::int32_t>(id));
    };
    if (!bos_id && files.config_bos_id && known(*files.config_bos_id))
        bos_id = static_cast<std::int32_t>(*files.config_bos_id);
    if (eos_id) stop_ids.push_back(*eos_id);
    for (const std::int64_t id : files.config_eos_ids) {
        if (!known(id)) continue;
        const auto stop = static_cast<std::int32_t>(id);
        if (!eos_id) eos_id = stop;
        if (std::find(stop_ids.begin(), stop_ids.end(), stop) == stop_ids.end()) stop_ids.push_back(stop);
    }
}

bool Tokenizer::State::contains(std::int32_t id) const {
    return added.find_id(id) || model->vocabulary().contains(id);
}

const std::string& Tokenizer::State::token(std::int32_t id) const {
    const AddedToken* token = added.find_id(id);
    return token ? token->content : model->vocabulary().token(id);
}

std::optional<std::int32_t> Tokenizer::State::id(std::string_view token) const {
    if (const AddedToken* known = added.find_content(token)) return known->id;
    return model->vocabulary().id(token);
}

bool Tokenizer::State::is_special(std::int32_t id) const {
    const AddedToken* token = added.find_id(id);
    return token && token->special;
}

std::vector<std::int32_t> Tokenizer::State::encode(std::string_view utf8, EncodeOptions options) const {
    const std::string text = valid_utf8(utf8);
    std::vector<std::int32_t> ids;
    if (options.add_special_tokens) ids = frame.before;
    auto cache = caches_.take();
    for (const Segment& segment : added.split(text, false, options.parse_special)) {
        if (segment.id >= 0) {
            ids.push_back(segment.id);
        } else {
            encode_text(segment.text, segment.text.data() == text.data(), options, *cache, ids);
        }
    }
    caches_.put_back(std::move(cache));
    if (options.add_special_tokens) ids.insert(ids.end(), frame.after.begin(), frame.after.end());
    return ids;
}

void Tokenizer::State::encode_text(std::string_view text, bool at_start, EncodeOptions options,
                                   PieceCache& cache, std::vector<std::int32_t>& out) const {
    std::string rewritten;
    if (normalizer) text = rewritten = normalizer->apply(std::string(text));
    for (const Segment& segment : added.split(text, true, options.parse_special)) {
        if (segment.id >= 0) {
            out.push_back(segment.id);
            continue;
        }
        Pieces pieces(segment.text, at_start && segment.text.data() == text.data());
        if (pre_tokenizer) pre_tokenizer->apply(pieces);
        const Specials specials = options.parse_special ? Specials::as_tokens : Specials::as_text;
        for (std::string_view piece : pieces.items) {
            while (!piece.empty()) {
                const std::string_view word = piece.substr(0, word_length(piece, model->word_mark()));
                const auto& ids = cache.ids_of(word, specials, *model);
                out.insert(out.end(), ids.begin(), ids.end());
                piece.remove_prefix(word.size());
            }
        }
    }
}

std::string Tokenizer::State::decode(std::span<const std::int32_t> ids, bool skip_special) const {
    std::vector<std::string> tokens;
    tokens.reserve(ids.size());
    for (const std::int32_t id : ids) {
        if (skip_special && is_special(id)) continue;
        tokens.push_back(contains(id) ? token(id) : std::string(replacement));
    }
    std::string text;
    if (decoder) {
        decoder->apply(tokens);
        for (const std::string& token : tokens) text += token;
    } else {
        // As the reference: without a decoder the tokens stand apart.
        for (std::size_t i = 0; i < tokens.size(); ++i) text += (i ? " " : "") + tokens[i];
    }
    return text;
}

std::string Tokenizer::State::piece_text(std::int32_t id) const {
    if (!contains(id)) return std::string(replacement);
    return decoder && !added.find_id(id) ? decoder->piece(token(id)) : token(id);
}

}  // namespace engine
