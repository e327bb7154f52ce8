#include "tokenizer/component.h"

#include "engine/error.h"

namespace engine {

std::string component_type(const Json& description, const char* kind, const std::string& source) {
    const auto type = description.is_object() ? json_string(description, "type", source) : std::nullopt;
    if (!type)
        fail_input("A " + std::string(kind) + " in " + source + " has no \"type\". Fetch the file again.");
    return *type;
}

void refuse_component(const char* kind, const std::string& type, const char* supported,
                      const std::string& source) {
    fail_input("The " + std::string(kind) + " '" + type.substr(0, 60) + "' in " + source +
               " is not supported; supported are " + supported + ". Choose a model with one of these.");
}

std::string component_text(const Json& description, const char* key, const std::string& source) {
    auto text = json_string(description, key, source);
    if (!text) fail_input("A component in " + source + " has no \"" + key + "\". Fetch the file again.");
    return *std::move(text);
}

std::string component_insertion(const Json& description, const char* key, const std::string& source) {
    std::string text = component_text(description, key, source);
    if (text.size() > max_insertion_bytes)
        fail_input("A component in " + source + " has a \"" + key + "\" of " + std::to_string(text.size()) +
                   " bytes; at most " + std::to_string(max_insertion_bytes) +
                   " are accepted. Fetch the file again.");
    return text;
}

const Json& component_list(const Json& description, const char* key, const std::string& source) {
    const auto it = description.find(key);
    if (it == description.end() || !it->is_array())
        fail_input("A component in " + source + " has no list \"" + key + "\". Fetch the file again.");
    return *it;
}

Regex component_pattern(const Json& description, const std::string& source) {
    const auto it = description.find("pattern");
    if (it != description.end() && it->is_object()) {
        if (const auto text = json_string(*it, "String", source)) return Regex::literal(*text, source);
        if (const auto text = json_string(*it, "Regex", source)) return Regex(*text, source);
    }
    fail_input("A component in " + source +
               " has no \"pattern\" with a \"String\" or a \"Regex\". Fetch the file again.");
}

std::string replace_all(std::string_view text, const Regex& pattern, std::string_view content) {
    std::string result;
    std::size_t from = 0;
    for (const Span& match : pattern.find_all(text)) {
        result += text.substr(from, match.begin - from);
        result += content;
        from = match.end;
    }
    result += text.substr(from);
    return result;
}

std::string replace_text(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    std::size_t at = 0;
    for (std::size_t match; !from.empty() && (match = text.find(from, at)) != std::string_view::npos;
         at = match + from.size()) {
        result += text.substr(at, match - at);
        result += to;
    }
    result += text.substr(at);
    return result;
}

}  // namespace engine
