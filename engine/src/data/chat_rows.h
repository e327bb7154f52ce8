// Conversations in a line of JSONL: {"messages": [{"role", "content"}, ...]}, or {"conversations": [{"from",
// "value"}, ...]} with human and gpt for user and assistant. Other fields of a message and "tools" reach the
// template as they are.
#pragma once

#include "data/rows.h"
#include "io/json.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace engine {

// The field that holds a conversation, or null.
const char* chat_field(const Json& object);

// Fills row.messages and row.tools from object, the parsed line; what is wrong otherwise, also when there is
// no answer of the assistant to learn from.
std::optional<BadRow> take_conversation(const Json& object, std::string_view line, Row& row);

}  // namespace engine
