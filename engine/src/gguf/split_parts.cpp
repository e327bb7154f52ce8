#include "gguf/split_parts.h"

#include "engine/error.h"

namespace engine::split_parts {
namespace {

void flatten(const Json& part, const char* list, std::vector<Json>& out) {
    if (part.is_null()) return;
    if (!part.is_object() || part.value("type", Json()) != "Sequence") return out.push_back(part);
    const auto items = part.find(list);
    if (items == part.end() || !items->is_array()) return;
    for (const Json& item : *items) flatten(item, list, out);
}

}  // namespace

void refuse(const std::string& what, const std::string& source) {
    fail_input("The tokenizer in " + source + " has " + what +
               ", for which llama.cpp has no rule: it would split texts otherwise. Export a merged Hugging "
               "Face folder.");
}

std::vector<Json> parts_of(const Json& tokenizer, const char* key, const char* list) {
    std::vector<Json> parts;
    const auto part = tokenizer.find(key);
    if (part != tokenizer.end()) flatten(*part, list, parts);
    return parts;
}

std::string type_of(const Json& part) {
    return part.is_object() ? text_of(part, "type") : std::string();
}

std::string text_of(const Json& part, const char* key) {
    const auto it = part.find(key);
    return it != part.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool flag(const Json& part, const char* key, bool otherwise) {
    const auto it = part.find(key);
    return it != part.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

std::string pattern_of(const Json& part, const char* form) {
    const auto pattern = part.find("pattern");
    if (pattern == part.end() || !pattern->is_object()) return {};
    return text_of(*pattern, form);
}

std::string prepend_scheme(const Json& metaspace) {
    const std::string scheme = text_of(metaspace, "prepend_scheme");
    if (!scheme.empty()) return scheme;
    return flag(metaspace, "add_prefix_space", true) ? "always" : "never";
}

}  // namespace engine::split_parts
