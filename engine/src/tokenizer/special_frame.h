// Last step of encoding: the special tokens around a text. For a single text every post-processor comes to
// the same thing, ids in front and ids behind.
#pragma once

#include "io/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

struct SpecialFrame {
    std::vector<std::int32_t> before;
    std::vector<std::int32_t> after;
};

// From the "post_processor" of a tokenizer.json; empty for null. Failure (bad_input) for an unknown type.
SpecialFrame make_special_frame(const Json& description, const std::string& source);

}  // namespace engine
