// Last step of encoding: the special tokens around a text or two. Every post-processor comes to the same
// thing, ids in front, between and behind.
#pragma once

#include "io/json.h"

#include <engine/tokenizer.h>

#include <string>

namespace engine {

using SpecialFrame = TextFrame;

// From the "post_processor" of a tokenizer.json; empty for null. Failure (bad_input) for an unknown type.
SpecialFrame make_special_frame(const Json& description, const std::string& source);

}  // namespace engine
