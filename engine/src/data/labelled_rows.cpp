#include "data/labelled_rows.h"

#include "io/file.h"
#include "io/sha256.h"

#include <engine/error.h>

#include <algorithm>
#include <fstream>

namespace engine {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{4} << 30;
constexpr std::size_t glance_bytes = 256 << 10;  // enough rows to tell what their labels are

constexpr std::pair<const char*, const char*> text_fields[] = {
    {"sentence1", "sentence2"}, {"premise", "hypothesis"}, {"question1", "question2"},
    {"question", "sentence"},   {"text", "text_pair"},     {"sentence", nullptr},
    {"text", nullptr},
};

// Takes the row's texts and label; what is wrong with it, if anything.
std::optional<BadRow> take_row(const Json& object, LabelledRow& row) {
    if (!object.is_object()) return BadRow{row.line, "row", "is no JSON object with text and label"};
    const auto chosen = std::find_if(std::begin(text_fields), std::end(text_fields), [&](const auto& fields) {
        return object.contains(fields.first) && (!fields.second || object.contains(fields.second));
    });
    if (chosen == std::end(text_fields))
        return BadRow{row.line, "row",
                      "has no text: neither \"text\" nor a pair such as \"sentence1\" and \"sentence2\""};
    for (const char* field : {chosen->first, chosen->second}) {
        if (!field) continue;
        const Json& text = object.at(field);
        if (!text.is_string() || text.get<std::string>().find_first_not_of(" \t\r\n") == std::string::npos)
            return BadRow{row.line, field, "must be a text that is not empty"};
        (field == chosen->first ? row.first : row.second.emplace()) = text.get<std::string>();
    }
    if (!object.contains("label") || object.at("label").is_null())
        return BadRow{row.line, "label", "is missing"};
    row.label = object.at("label");
    return {};
}

bool is_jsonl(const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    return extension == ".jsonl" || extension == ".json" || extension == ".ndjson";
}

void read_jsonl(std::string_view text, LabelledRows& file) {
    file.format = "jsonl labelled";
    std::int64_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        LabelledRow row;
        row.line = number;
        try {
            const Json object = parse_json(line, "the row");
            if (auto problem = take_row(object, row))
                file.bad_rows.push_back(std::move(*problem));
            else
                file.rows.push_back(std::move(row));
        } catch (const Failure&) {
            file.bad_rows.push_back({number, "row", "is not valid JSON"});
        }
    }
}

void read_text_rows(std::string_view text, LabelledRows& file) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    read_jsonl(text, file);
}

}  // namespace

LabelledRows read_labelled_rows(const std::filesystem::path& path) {
    if (!is_jsonl(path))
        fail_input("The data file '" + path.string() +
                   "' is not JSONL. Write one object with \"text\" and \"label\" per line.");
    LabelledRows file;
    file.path = path;
    const std::string bytes = read_text(path, max_file_bytes);
    file.content_hash = sha256_of_text(bytes);
    read_text_rows(bytes, file);
    if (file.rows.empty() && file.bad_rows.empty())
        fail_input("The data file '" + path.string() + "' is empty. Choose a file with at least one row.");
    return file;
}

void fail_labelled_rows(LabelledRows& file) {
    std::stable_sort(file.bad_rows.begin(), file.bad_rows.end(),
                     [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
    const std::string name = file.path.filename().string();
    std::string message = "The data file '" + file.path.string() + "' has " +
                          std::to_string(file.bad_rows.size()) +
                          (file.bad_rows.size() == 1 ? " problem. " : " problems. ");
    for (std::size_t i = 0; i < file.bad_rows.size() && i < 3; ++i) {
        const BadRow& row = file.bad_rows[i];
        message += name + ":" + std::to_string(row.line) + ": " + row.field + " " + row.reason + ". ";
    }
    if (file.bad_rows.size() > 3) message += "And " + std::to_string(file.bad_rows.size() - 3) + " more. ";
    fail_input(message + "Correct or remove these rows.");
}

std::optional<Task> task_of_labels(const LabelledRows& file) {
    std::size_t names = 0, wholes = 0, fractions = 0, lists = 0;
    for (const LabelledRow& row : file.rows) {
        names += row.label.is_string();
        wholes += row.label.is_number_integer();
        fractions += row.label.is_number_float();
        lists += row.label.is_array();
    }
    const std::size_t all = file.rows.size();
    if (all == 0) return {};
    if (lists == all) return Task::multi_label;
    if (names + wholes == all) return Task::classification;
    // One fraction among whole numbers makes numbers of all of them.
    if (wholes + fractions == all) return Task::regression;
    return {};
}

std::optional<Task> task_of_labels(const std::filesystem::path& path) {
    if (!is_jsonl(path)) return {};
    std::ifstream in(path, std::ios::binary);
    std::string text(glance_bytes, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (!in.eof()) text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
    LabelledRows file;
    read_text_rows(text, file);
    return task_of_labels(file);
}

}  // namespace engine
