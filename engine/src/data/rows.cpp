#include "data/rows.h"

#include "data/chat_rows.h"
#include "io/file.h"
#include "io/json.h"
#include "tokenizer/text.h"

#include <engine/error.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

namespace engine {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{4} << 30;
constexpr const char* whole_row = "row";  // the field of a problem that concerns the line as a whole

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

std::optional<BadRow> utf8_problem(std::string_view text, std::int64_t line, const char* field) {
    if (std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; })) return {};
    const std::string valid = valid_utf8(text);
    if (valid == text) return {};
    const auto at = std::mismatch(text.begin(), text.end(), valid.begin(), valid.end()).first - text.begin();
    return BadRow{line, field, "is not valid UTF-8 at byte " + std::to_string(at + 1)};
}

// The object of a line, or what is wrong with it.
std::optional<BadRow> parse_line(std::string_view line, std::int64_t number, Json& object) {
    if (auto problem = utf8_problem(line, number, whole_row)) return problem;
    struct TooDeep {};
    try {
        object = Json::parse(line, [](int depth, Json::parse_event_t, Json&) {
            if (depth > max_json_depth) throw TooDeep{};
            return true;
        });
    } catch (const Json::parse_error& error) {
        return BadRow{number, whole_row,
                      "is not valid JSON at column " + std::to_string(std::max<std::size_t>(error.byte, 1))};
    } catch (const Json::exception&) {
        return BadRow{number, whole_row, "is not valid JSON"};
    } catch (const TooDeep&) {
        return BadRow{number, whole_row, "nests deeper than " + std::to_string(max_json_depth) + " levels"};
    }
    if (!object.is_object())
        return BadRow{number, whole_row,
                      "is a JSON " + std::string(object.type_name()) +
                          ", not an object such as {\"prompt\": \"...\", \"completion\": \"...\"}"};
    return {};
}

std::string fields_of(const Json& object) {
    std::string names;
    int count = 0;
    for (const auto& [name, value] : object.items()) {
        if (++count > 5) return names + ", ...";
        names += (names.empty() ? "" : ", ") + name.substr(0, 40);
    }
    return names.empty() ? "none" : names;
}

// Takes a text field; filled: it must hold more than white space.
std::optional<BadRow> take_text(const Json& object, std::int64_t line, const char* field, bool filled,
                                std::string& out) {
    const auto it = object.find(field);
    if (it == object.end())
        return BadRow{line, field, "is missing; the fields of the row are: " + fields_of(object)};
    if (!it->is_string())
        return BadRow{line, field, "must be a text, not a JSON " + std::string(it->type_name())};
    out = it->get<std::string>();
    if (filled && is_blank(out)) return BadRow{line, field, "is empty, so there is nothing to learn from"};
    return {};
}

RowKind kind_of_first(const Json& object) {
    if (chat_field(object) && !object.contains("prompt") && !object.contains("completion"))
        return RowKind::chat;
    return object.contains("text") && !object.contains("prompt") && !object.contains("completion")
               ? RowKind::text
               : RowKind::prompt_completion;
}

void read_jsonl(std::string_view text, RowFile& result, const std::filesystem::path& file,
                std::stop_token stop) {
    bool kind_known = false;
    std::int64_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (number % 256 == 0 && stop.stop_requested()) fail_interrupted(file);
        if (is_blank(line)) continue;
        Json object;
        if (auto problem = parse_line(line, number, object)) {
            result.bad_rows.push_back(std::move(*problem));
            continue;
        }
        if (!kind_known && (object.contains("text") || object.contains("prompt") ||
                            object.contains("completion") || chat_field(object))) {
            result.kind = kind_of_first(object);
            kind_known = true;
        }
        Row row;
        row.line = number;
        const std::size_t bad_before = result.bad_rows.size();
        const auto note = [&](std::optional<BadRow> problem) {
            if (problem) result.bad_rows.push_back(std::move(*problem));
        };
        if (result.kind == RowKind::chat) {
            note(take_conversation(object, line, row));
        } else if (result.kind == RowKind::text) {
            note(take_text(object, number, "text", true, row.text));
        } else {
            note(take_text(object, number, "prompt", false, row.prompt));
            note(take_text(object, number, "completion", true, row.text));
        }
        if (result.bad_rows.size() == bad_before) result.rows.push_back(std::move(row));
    }
}

std::string lower_extension(const std::filesystem::path& file) {
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension;
}

bool looks_like_jsonl(const std::filesystem::path& file, std::string_view text) {
    const std::string extension = lower_extension(file);
    if (extension == ".txt" || extension == ".text" || extension == ".md") return false;
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (text[first] == '[' && (extension == ".json" || extension == ".jsonl"))
        fail_input("The data file '" + file.string() +
                   "' is one JSON array. Write one object per line instead (JSONL).");
    if (extension == ".jsonl" || extension == ".json" || extension == ".ndjson") return true;
    for (const char* unread : {".csv", ".tsv", ".parquet", ".arrow", ".xlsx", ".gz", ".zip", ".zst"})
        if (extension == unread)
            fail_input("The data file '" + file.string() +
                       "' has a format that is not read. Convert it to JSONL "
                       "(one object with prompt and completion, with messages, or with text, per line) or "
                       "plain text (.txt).");
    return text[first] == '{';
}

}  // namespace

const char* format_name(RowKind kind) {
    switch (kind) {
        case RowKind::prompt_completion:
            return "jsonl prompt/completion";
        case RowKind::chat:
            return "jsonl chat";
        case RowKind::text:
            return "jsonl text";
        case RowKind::plain_text:
            return "plain text";
    }
    return "";
}

void fail_interrupted(const std::filesystem::path& file) {
    throw Failure(ErrorCode::interrupted, "Reading the data file '" + file.string() + "' was stopped.");
}

RowFile read_rows(const std::filesystem::path& file, std::stop_token stop) {
    const std::string bytes = read_text(file, max_file_bytes);
    std::string_view text = bytes;
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        fail_input("The data file '" + file.string() + "' is UTF-16. Save it as UTF-8.");
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (is_blank(text))
        fail_input("The data file '" + file.string() + "' is empty. Choose a file with at least one row.");
    if (text.substr(0, 4096).find('\0') != std::string_view::npos)
        fail_input("The data file '" + file.string() + "' is not text. Choose a JSONL or plain text file.");

    RowFile result;
    result.content_hash = sha256_of_text(bytes);
    if (looks_like_jsonl(file, text)) {
        read_jsonl(text, result, file, stop);
        return result;
    }
    result.kind = RowKind::plain_text;
    std::int64_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (auto problem = utf8_problem(text.substr(begin, end - begin), ++number, "text"))
            result.bad_rows.push_back(std::move(*problem));
        begin = end + 1;
    }
    if (!result.bad_rows.empty()) return result;
    Row row;
    row.line = 1;
    row.text = text;
    std::erase(row.text, '\r');
    result.rows.push_back(std::move(row));
    return result;
}

}  // namespace engine
