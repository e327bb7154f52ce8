// First step of a tokenizer: rewrites the text between the special tokens.
#pragma once

#include "io/json.h"

#include <memory>
#include <string>

namespace engine {

// Immutable; apply may be called from several threads. text is valid UTF-8, and so is the result.
class Normalizer {
  public:
    virtual ~Normalizer() = default;
    virtual std::string apply(std::string text) const = 0;
};

// From the "normalizer" of a tokenizer.json; nullptr for null. Failure (bad_input) for an unknown type.
std::unique_ptr<const Normalizer> make_normalizer(const Json& description, const std::string& source);

}  // namespace engine
