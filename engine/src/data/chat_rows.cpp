#include "data/chat_rows.h"

#include "spec/attempt.h"

#include <algorithm>
#include <array>

namespace engine {
namespace {

// Keeps the order of fields, which a template may write out.
using OrderedJson = nlohmann::ordered_json;

struct Names {
    const char* list;
    const char* role;
    const char* content;
};
constexpr std::array<Names, 2> spellings = {
    {{"messages", "role", "content"}, {"conversations", "from", "value"}}};

std::string role_of(const std::string& written) {
    if (written == "human") return "user";
    if (written == "gpt" || written == "chatgpt" || written == "bot") return "assistant";
    return written;
}

std::string dump(const OrderedJson& value) {
    return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::optional<BadRow> take_message(const Json& item, const Names& names, const std::string& field,
                                   std::int64_t line, ChatMessage& message) {
    if (!item.is_object())
        return BadRow{line, field,
                      "is a JSON " + std::string(item.type_name()) + ", not an object with role and content"};
    const auto role = item.find(names.role);
    if (role == item.end() || !role->is_string() || role->get_ref<const std::string&>().empty())
        return BadRow{line, field + "." + names.role, "must be a text such as user or assistant"};
    message.role = role_of(role->get<std::string>());
    const auto content = item.find(names.content);
    const bool called = item.contains("tool_calls");  // an answer that only calls a tool says nothing
    if (content == item.end() && !called) return BadRow{line, field + "." + names.content, "is missing"};
    if (content != item.end() && !content->is_string() && !(content->is_null() && called))
        return BadRow{line, field + "." + names.content,
                      "must be a text, not a JSON " + std::string(content->type_name())};
    if (content != item.end() && content->is_string()) message.content = content->get<std::string>();
    return {};
}

std::optional<BadRow> take_messages(const Json& object, std::string_view line, Row& row) {
    const auto names = std::find_if(spellings.begin(), spellings.end(),
                                    [&](const Names& each) { return object.contains(each.list); });
    if (names == spellings.end()) return BadRow{row.line, "messages", "is missing"};
    const Json& list = object[names->list];
    if (!list.is_array() || list.empty())
        return BadRow{
            row.line, names->list,
            "must be a list of messages, each with " + std::string(names->role) + " and " + names->content};
    const bool plain = std::all_of(list.begin(), list.end(),
                                   [](const Json& item) { return item.is_object() && item.size() == 2; });
    const bool tools = object.contains("tools") && object["tools"].is_array() && !object["tools"].empty();
    const OrderedJson ordered = plain && !tools ? OrderedJson() : OrderedJson::parse(line);
    for (std::size_t i = 0; i < list.size(); ++i) {
        ChatMessage message;
        const std::string field = std::string(names->list) + "[" + std::to_string(i) + "]";
        if (auto problem = take_message(list[i], *names, field, row.line, message)) return problem;
        if (!plain) {
            OrderedJson more = ordered[names->list][i];
            more.erase(names->role);
            // A template tells content that is null from an empty text.
            const bool null = more.contains("content") && more["content"].is_null();
            more.erase(names->content);
            if (null) more["content"] = nullptr;
            if (!more.empty()) message.more = dump(more);
        }
        row.messages.push_back(std::move(message));
    }
    if (tools) row.tools = dump(ordered["tools"]);
    return {};
}

}  // namespace

const char* chat_field(const Json& object) {
    for (const Names& names : spellings)
        if (object.contains(names.list)) return names.list;
    return nullptr;
}

std::optional<BadRow> take_conversation(const Json& object, std::string_view line, Row& row) {
    if (auto problem = take_messages(object, line, row)) return problem;
    const bool answered = std::any_of(row.messages.begin(), row.messages.end(),
                                      [](const ChatMessage& message) { return message.role == "assistant"; });
    if (answered) return {};
    return BadRow{row.line, "messages", "hold no answer of the assistant, so there is nothing to learn from"};
}

Result<std::vector<ChatMessage>> messages_from_json(const std::string& text) {
    return attempt([&] {
        Json json = parse_json(text, "The messages");
        std::string line = text;
        if (json.is_array()) {
            json = Json{{"messages", std::move(json)}};
            line = "{\"messages\": " + text + "}";
        }
        if (!json.is_object())
            fail_input("The messages cannot be read: the document is no list of messages.");
        Row row;
        if (const auto problem = take_messages(json, line, row))
            fail_input("The messages cannot be read: " + problem->field + " " + problem->reason + ".");
        return std::move(row.messages);
    });
}

}  // namespace engine
