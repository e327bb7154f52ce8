// The one door to nlohmann-json: parsing never lets its exceptions out, refuses nesting deep enough to
// exhaust a stack, and writing never produces an invalid document. Include it in .cpp files only (it is
// costly to compile).
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

using Json = nlohmann::json;

inline constexpr int max_json_depth = 128;

// Parses one document. source names it in the Failure (bad_input), which gives line and column.
// watcher sees every parse event and may keep notes (nlohmann's parser_callback_t; return true).
Json parse_json(std::string_view text, const std::string& source,
                const Json::parser_callback_t& watcher = nullptr);

// Reads and parses a file of at most max_bytes; the Failure names the file.
Json read_json_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{512} << 20);

// Serialises; invalid UTF-8 becomes U+FFFD, NaN and infinity (which JSON cannot express) become null.
std::string dump_json(const Json& value, int indent = 2);

// A JSON number with enough digits to read back the same double; "null" for NaN and infinity.
std::string json_number(double value);

// Typed fields of an object, for configuration files. An absent or null field gives nullopt; a field of
// another type is a Failure (bad_input) that names source and key. Integers may be written as 4096.0; a
// fraction may not.
std::optional<std::int64_t> json_int(const Json& object, const char* key, const std::string& source);
std::optional<double> json_double(const Json& object, const char* key, const std::string& source);
std::optional<bool> json_bool(const Json& object, const char* key, const std::string& source);
std::optional<std::string> json_string(const Json& object, const char* key, const std::string& source);

}  // namespace engine
