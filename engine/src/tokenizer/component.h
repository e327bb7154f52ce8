// What the readers of tokenizer.json's components share: typed fields and the sentences for what is not
// supported.
#pragma once

#include "io/json.h"
#include "tokenizer/regex.h"

#include <string>
#include <string_view>

namespace engine {

// The "type" of a component object; kind ("normalizer", ...) is for the sentence.
std::string component_type(const Json& description, const char* kind, const std::string& source);

[[noreturn]] void refuse_component(const char* kind, const std::string& type, const char* supported,
                                   const std::string& source);

// Required fields; Failure (bad_input) when absent or of another type.
std::string component_text(const Json& description, const char* key, const std::string& source);
// The same for what is put into texts over and over: at most a KiB, so that no text outgrows the memory.
std::string component_insertion(const Json& description, const char* key, const std::string& source);
constexpr std::size_t max_insertion_bytes = 1024;
const Json& component_list(const Json& description, const char* key, const std::string& source);

// "pattern": {"String": ...} or {"Regex": ...}
Regex component_pattern(const Json& description, const std::string& source);

std::string replace_all(std::string_view text, const Regex& pattern, std::string_view content);
// The same for a plain text; an empty one is nowhere.
std::string replace_text(std::string_view text, std::string_view from, std::string_view to);

}  // namespace engine
