// Rows of a data file before they are tokens. Every line is looked at; what is wrong is collected, not
// thrown.
#pragma once

#include <engine/chat.h>
#include <engine/data.h>

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace engine {

enum class RowKind { prompt_completion, chat, text, plain_text };
const char* format_name(RowKind kind);

struct Row {
    std::int64_t line = 0;
    std::string prompt;                 // prompt_completion only
    std::string text;                   // the completion, or the text
    std::vector<ChatMessage> messages;  // chat only; at least one of them is the assistant's
    std::string tools;                  // chat only: a JSON array, or empty
};

struct RowFile {
    RowKind kind = RowKind::prompt_completion;
    std::vector<Row> rows;  // plain_text: one row, the whole file
    std::vector<BadRow> bad_rows;
    std::string content_hash;  // SHA-256 of the file
};

// Accepts a byte order mark, CRLF and blank lines. Failure when there is no such file, it is empty, not UTF-8
// text at all, or of a format that is not read; ErrorCode::interrupted when stopped.
RowFile read_rows(const std::filesystem::path& file, std::stop_token stop);

[[noreturn]] void fail_interrupted(const std::filesystem::path& file);

}  // namespace engine
