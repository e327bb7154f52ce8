#include "data/labelled_rows.h"

#include "data/delimited.h"
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
    {"#1 String", "#2 String"}, {"question", "sentence"},   {"text", "text_pair"},     {"sentence", nullptr},
    {"text", nullptr},
};

// Of a table; the later ones as the files of GLUE call them.
constexpr const char* label_columns[] = {"label", "gold_label", "score", "is_duplicate", "Quality"};

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

enum class FileKind { none, jsonl, tsv, csv };

FileKind kind_of(const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    if (extension == ".jsonl" || extension == ".json" || extension == ".ndjson") return FileKind::jsonl;
    if (extension == ".tsv") return FileKind::tsv;
    return extension == ".csv" ? FileKind::csv : FileKind::none;
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

std::string quoted(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
    return text;
}

// Where a table keeps what a row is made of.
struct Columns {
    std::size_t first = 0, second = npos, label = 0, count = 0;
    static constexpr std::size_t npos = std::string::npos;
};

Columns columns_of(const DelimitedRecord& header, const LabelledRows& file) {
    const auto& names = header.cells;
    const auto place = [&](std::string_view name) {
        const auto it = std::find(names.begin(), names.end(), name);
        return it == names.end() ? Columns::npos : static_cast<std::size_t>(it - names.begin());
    };
    const std::string object = "The first line of '" + file.path.string() + "' ";
    if (!header.problem.empty()) fail_input(object + header.problem + ". Correct it.");
    for (std::size_t i = 0; i < names.size(); ++i)
        if (place(names[i]) != i) fail_input(object + "names the column \"" + names[i] + "\" twice. Rename one of them.");
    Columns columns;
    columns.count = names.size();
    columns.first = columns.label = Columns::npos;
    for (const auto& [first, second] : text_fields) {
        if (place(first) == Columns::npos || (second && place(second) == Columns::npos)) continue;
        columns.first = place(first);
        if (second) columns.second = place(second);
        break;
    }
    for (const char* name : label_columns)
        if (columns.label == Columns::npos) columns.label = place(name);
    if (columns.first == Columns::npos || columns.label == Columns::npos)
        fail_input(object + "names the columns " + quoted(names) + ". It must name the texts, \"sentence\", \"text\" or a pair "
                   "such as \"sentence1\" and \"sentence2\", and the \"label\"; add such a line if the file has none.");
    return columns;
}

// A cell that is spelled like a JSON number is one; anything else is a name.
Json label_in(const std::string& cell) {
    const std::size_t sign = cell.starts_with('-') ? 1 : 0;
    if (sign < cell.size() && cell[sign] >= '0' && cell[sign] <= '9' && Json::accept(cell)) return Json::parse(cell);
    return cell;
}

void read_table(std::string_view text, Delimited kind, LabelledRows& file) {
    file.format = kind == Delimited::tsv ? "tsv labelled" : "csv labelled";
    DelimitedReader reader(text, kind);
    DelimitedRecord record;
    if (!reader.next(record)) return;
    const Columns columns = columns_of(record, file);
    while (reader.next(record)) {
        const auto refuse = [&](const std::string& field, const std::string& reason) {
            file.bad_rows.push_back({record.line, field, reason});
        };
        const auto& cells = record.cells;
        const auto empty = [&](std::size_t column) {
            return column != Columns::npos && cells[column].find_first_not_of(" \t\r\n") == std::string::npos;
        };
        if (!record.problem.empty()) {
            refuse("row", record.problem);
        } else if (cells.size() != columns.count) {
            refuse("row", "has " + std::to_string(cells.size()) + " cells, and the first line names " +
                              std::to_string(columns.count) + " columns");
        } else if (empty(columns.first) || empty(columns.second)) {
            refuse("text", "must be a text that is not empty");
        } else if (empty(columns.label)) {
            refuse("label", "is missing");
        } else {
            LabelledRow row;
            row.line = record.line;
            row.first = cells[columns.first];
            if (columns.second != Columns::npos) row.second = cells[columns.second];
            row.label = label_in(cells[columns.label]);
            file.rows.push_back(std::move(row));
        }
    }
}

void read_text_rows(std::string_view text, LabelledRows& file) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    switch (kind_of(file.path)) {
        case FileKind::jsonl:
            return read_jsonl(text, file);
        case FileKind::tsv:
            return read_table(text, Delimited::tsv, file);
        case FileKind::csv:
            return read_table(text, Delimited::csv, file);
        case FileKind::none:
            fail_input("The data file '" + file.path.string() +
                       "' is neither JSONL nor TSV nor CSV. Write one object with \"text\" and \"label\" per line, or a "
                       "table whose first line names these columns, and name it accordingly.");
    }
}

}  // namespace

LabelledRows read_labelled_rows(const std::filesystem::path& path) {
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
    if (kind_of(path) == FileKind::none) return {};
    std::ifstream in(path, std::ios::binary);
    std::string text(glance_bytes, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (!in.eof()) text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
    LabelledRows file;
    file.path = path;
    try {
        read_text_rows(text, file);
    } catch (const Failure&) {
        return {};  // a table without labels
    }
    return task_of_labels(file);
}

}  // namespace engine
