// From tokens, as spelled in the vocabulary, back to text.
#pragma once

#include "io/json.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// Immutable; safe from several threads.
class Decoder {
  public:
    virtual ~Decoder() = default;
    // Rewrites the list of tokens; the text is what its items concatenate to.
    virtual void apply(std::vector<std::string>& tokens) const = 0;
    // The bytes that one token stands for in the middle of a text.
    virtual std::string piece(std::string token) const = 0;
    virtual bool byte_level() const { return false; }
};

// From the "decoder" of a tokenizer.json; nullptr for null. Failure (bad_input) for an unknown type.
std::unique_ptr<const Decoder> make_decoder(const Json& description, const std::string& source);

}  // namespace engine
