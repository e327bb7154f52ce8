// What the rules of splitting look at in a tokenizer.json: its components one by one and their fields.
#pragma once

#include "io/json.h"

#include <string>
#include <vector>

namespace engine::split_parts {

inline const std::string space_mark = "\xE2\x96\x81";  // U+2581, SentencePiece's space

// Failure (bad_input): the tokenizer has something that llama.cpp does in another way.
[[noreturn]] void refuse(const std::string& what, const std::string& source);

// The components under key, those of a "Sequence" (its field list) one after the other.
std::vector<Json> parts_of(const Json& tokenizer, const char* key, const char* list);

// Fields that are absent or of another type: empty, or otherwise.
std::string type_of(const Json& part);
std::string text_of(const Json& part, const char* key);
bool flag(const Json& part, const char* key, bool otherwise);
// The text of {"pattern": {"Regex": ...}} or {"pattern": {"String": ...}}.
std::string pattern_of(const Json& part, const char* form);
// Metaspace's prepend_scheme, or what add_prefix_space, its older name, means: always, first or never.
std::string prepend_scheme(const Json& metaspace);

}  // namespace engine::split_parts
