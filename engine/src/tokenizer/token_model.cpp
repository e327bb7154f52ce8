#include "engine/error.h"
#include "tokenizer/bpe_model.h"
#include "tokenizer/component.h"
#include "tokenizer/model.h"
#include "tokenizer/unigram_model.h"
#include "tokenizer/wordpiece_model.h"

#include <cstdio>

namespace engine {
namespace {

// More ids than any tokenizer has; keeps a damaged file from taking all memory.
constexpr std::int64_t max_vocabulary = 1 << 24;

}  // namespace

void Vocabulary::add(std::string token, std::int64_t id, const std::string& source) {
    if (id < 0 || id >= max_vocabulary)
        fail_input("The token '" + token + "' in " + source + " has the id " + std::to_string(id) +
                   ", which is out of range. Fetch the file again.");
    const auto at = static_cast<std::size_t>(id);
    if (at >= tokens_.size()) tokens_.resize(at + 1), present_.resize(at + 1);
    if (present_[at])
        fail_input("The tokens '" + tokens_[at] + "' and '" + token + "' in " + source + " share the id " +
                   std::to_string(id) + ". Fetch the file again.");
    present_[at] = true;
    tokens_[at] = token;
    ids_.emplace(std::move(token), static_cast<std::int32_t>(id));
}

std::optional<std::int32_t> Vocabulary::id(std::string_view token) const {
    const auto it = ids_.find(token);
    return it == ids_.end() ? std::nullopt : std::optional(it->second);
}

bool Vocabulary::contains(std::int32_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < tokens_.size() && present_[static_cast<std::size_t>(id)];
}

void TokenModel::set_special(std::int32_t id) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= special_.size()) special_.resize(at + 1);
    special_[at] = true;
}

Vocabulary read_vocabulary(const Json& description, const std::string& source) {
    const auto list = description.find("vocab");
    if (list == description.end() || !list->is_object())
        fail_input("The model in " + source + " has no \"vocab\". Fetch the file again.");
    Vocabulary vocabulary;
    for (const auto& [token, id] : list->items()) {
        if (!id.is_number_integer())
            fail_input("The token '" + token + "' in " + source +
                       " has no whole number as its id. Fetch the file again.");
        vocabulary.add(token, id.get<std::int64_t>(), source);
    }
    return vocabulary;
}

std::vector<std::int32_t> byte_token_ids(const Vocabulary& vocabulary) {
    std::vector<std::int32_t> ids;
    for (unsigned byte = 0; byte < 256; ++byte) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", byte);
        const auto id = vocabulary.id(name);
        if (!id) return {};
        ids.push_back(*id);
    }
    return ids;
}

std::unique_ptr<TokenModel> make_token_model(const Json& description, const std::string& source) {
    if (!description.is_object())
        fail_input("There is no \"model\" in " + source + ". Fetch the file again.");
    // Older files leave the type out; what they hold tells it.
    const char* untold = description.contains("merges")                                     ? "BPE"
                         : description.contains("vocab") && description["vocab"].is_array() ? "Unigram"
                         : description.contains("continuing_subword_prefix")                ? "WordPiece"
                                                                                            : "unknown";
    const auto type = json_string(description, "type", source).value_or(untold);
    if (type == "BPE") return make_bpe_model(description, source);
    if (type == "Unigram") return make_unigram_model(description, source);
    if (type == "WordPiece") return make_wordpiece_model(description, source);
    if (type == "WordLevel") return make_word_level_model(description, source);
    refuse_component("tokenizer model", type, "BPE, Unigram, WordPiece and WordLevel", source);
}

}  // namespace engine
