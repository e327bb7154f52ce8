// Third step of a tokenizer: turns one piece of text into ids.
#pragma once

#include "io/json.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine {

// Lets string_view look up std::string keys without a copy.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

// Spellings and ids of a vocabulary; ids may have gaps.
class Vocabulary {
  public:
    // Failure (bad_input) for a negative, repeated or absurdly large id.
    void add(std::string token, std::int64_t id, const std::string& source);

    std::optional<std::int32_t> id(std::string_view token) const;
    bool contains(std::int32_t id) const;
    const std::string& token(std::int32_t id) const {
        return tokens_[static_cast<std::size_t>(id)];
    }                                                                                // contains(id)
    std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }  // largest id + 1

  private:
    TextMap<std::int32_t> ids_;
    std::vector<std::string> tokens_;
    std::vector<bool> present_;
};

// Whether a model may answer with a special token where the text happens to spell one.
enum class Specials { as_tokens, as_text };

// Immutable once the special tokens are known; tokenize may then be called from several threads.
class TokenModel {
  public:
    virtual ~TokenModel() = default;
    virtual void tokenize(std::string_view piece, Specials specials,
                          std::vector<std::int32_t>& out) const = 0;
    virtual const Vocabulary& vocabulary() const = 0;
    virtual std::optional<std::int32_t> unk_id() const = 0;
    virtual std::string kind() const = 0;  // "BPE"
    // A character before which a piece may be cut, after any other character, without changing its ids;
    // empty when there is none.
    virtual std::string_view word_mark() const { return {}; }

    void set_special(std::int32_t id);

  protected:
    bool refuses(std::int32_t id, Specials specials) const {
        return specials == Specials::as_text && static_cast<std::size_t>(id) < special_.size() &&
               special_[static_cast<std::size_t>(id)];
    }

  private:
    std::vector<bool> special_;
};

// From the "model" of a tokenizer.json. Failure (bad_input) for an unknown type.
std::unique_ptr<TokenModel> make_token_model(const Json& description, const std::string& source);

// What the readers of the models share: "vocab" as an object, and the tokens <0x00> to <0xFF>, empty when one
// is missing.
Vocabulary read_vocabulary(const Json& description, const std::string& source);
std::vector<std::int32_t> byte_token_ids(const Vocabulary& vocabulary);

}  // namespace engine
