// The rows of a file of texts with labels, before anybody asks what the labels mean.
#pragma once

#include "io/json.h"

#include <engine/data.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace engine {

struct LabelledRow {
    std::int64_t line = 0;
    std::string first;
    std::optional<std::string> second;
    Json label;
};

struct LabelledRows {
    std::filesystem::path path;
    std::string format;  // "jsonl labelled", "tsv labelled", "csv labelled"
    std::vector<LabelledRow> rows;
    std::vector<BadRow> bad_rows;
    std::string content_hash;
};

// Failure (bad_input): no file, no rows, or a kind of file that holds no labelled rows.
LabelledRows read_labelled_rows(const std::filesystem::path& path);

// Failure (bad_input) listing the first bad rows as file:line.
[[noreturn]] void fail_labelled_rows(LabelledRows& file);

// What the labels at the beginning of the file look like: names or whole numbers are classes, other numbers a
// regression, lists several labels at once. Nothing when the rows have none, or not all of one kind.
std::optional<Task> task_of_labels(const std::filesystem::path& path);
// The same of rows that were read.
std::optional<Task> task_of_labels(const LabelledRows& file);

}  // namespace engine
