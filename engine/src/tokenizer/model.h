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

// Immutable; tokenize may be called from several threads.
class TokenModel {
  public:
    virtual ~TokenModel() = default;
    virtual void tokenize(std::string_view piece, std::vector<std::int32_t>& out) const = 0;
    virtual const Vocabulary& vocabulary() const = 0;
    virtual std::optional<std::int32_t> unk_id() const = 0;
    virtual std::string kind() const = 0;  // "BPE"
};

// From the "model" of a tokenizer.json. Failure (bad_input) for an unknown type.
std::unique_ptr<const TokenModel> make_token_model(const Json& description, const std::string& source);

}  // namespace engine
