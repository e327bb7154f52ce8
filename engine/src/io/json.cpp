#include "io/json.h"

#include "engine/error.h"
#include "io/file.h"

#include <cmath>
#include <cstdio>

namespace engine {
namespace {

// The library's parser keeps its own stack, but copying and printing a document recurse.
void refuse_deep_nesting(std::string_view text, const std::string& source) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > max_json_depth)
                fail_input(source + " nests deeper than " + std::to_string(max_json_depth) +
                           " levels and was not read. It is not a file of this kind.");
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
}

std::string place_of(std::string_view text, std::size_t byte) {
    std::size_t line = 1, column = 1;
    for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
        ++column;
        if (text[i] == '\n') ++line, column = 1;
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

const Json* field(const Json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto it = object.find(key);
    return it == object.end() || it->is_null() ? nullptr : &*it;
}

[[noreturn]] void wrong_type(const std::string& source, const char* key, const char* expected,
                             const Json& value) {
    fail_input("\"" + std::string(key) + "\" in " + source + " must be " + expected + ", not " +
               dump_json(value, -1).substr(0, 60) + ".");
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source, const Json::parser_callback_t& watcher) {
    refuse_deep_nesting(text, source);
    try {
        return Json::parse(text, watcher);
    } catch (const Json::parse_error& e) {
        throw Failure(Error{
            ErrorCode::bad_input,
            source + " is not valid JSON at " + place_of(text, e.byte) + ". Mend it or fetch the file again.",
            e.what()});
    } catch (const Json::exception& e) {
        throw Failure(Error{ErrorCode::bad_input,
                            source + " is not valid JSON. Mend it or fetch the file again.", e.what()});
    }
}

Json read_json_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
    return parse_json(read_text(path, max_bytes), "The file '" + path.string() + "'");
}

std::string dump_json(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string json_number(double value) {
    if (!std::isfinite(value)) return "null";
    return Json(value).dump();
}

std::optional<std::int64_t> json_int(const Json& object, const char* key, const std::string& source) {
    const Json* value = field(object, key);
    if (!value) return std::nullopt;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{INT64_MAX})
        wrong_type(source, key, "a whole number", *value);
    if (value->is_number_integer()) return value->get<std::int64_t>();
    if (value->is_number_float()) {
        const double number = value->get<double>();
        if (number == std::floor(number) && std::abs(number) < 9.0e15)
            return static_cast<std::int64_t>(number);
    }
    wrong_type(source, key, "a whole number", *value);
}

std::optional<double> json_double(const Json& object, const char* key, const std::string& source) {
    const Json* value = field(object, key);
    if (!value) return std::nullopt;
    if (!value->is_number()) wrong_type(source, key, "a number", *value);
    return value->get<double>();
}

std::optional<bool> json_bool(const Json& object, const char* key, const std::string& source) {
    const Json* value = field(object, key);
    if (!value) return std::nullopt;
    if (!value->is_boolean()) wrong_type(source, key, "true or false", *value);
    return value->get<bool>();
}

std::optional<std::string> json_string(const Json& object, const char* key, const std::string& source) {
    const Json* value = field(object, key);
    if (!value) return std::nullopt;
    if (!value->is_string()) wrong_type(source, key, "a text", *value);
    return value->get<std::string>();
}

}  // namespace engine
