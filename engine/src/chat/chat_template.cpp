#include "chat/ast.h"
#include "chat/chat_state.h"
#include "chat/evaluator.h"
#include "chat/problem.h"
#include "chat/template_files.h"
#include "io/file.h"
#include "spec/attempt.h"
#include "tokenizer/text.h"

#include <engine/chat.h>

#include <algorithm>

namespace engine {

namespace {

using jinja::MarkedText;
using jinja::Value;

bool has_generation(const jinja::Body& body) {
    return std::any_of(body.begin(), body.end(), [](const auto& statement) {
        return statement->kind == jinja::StatementKind::generation || has_generation(statement->body) ||
               has_generation(statement->otherwise) ||
               std::any_of(statement->branches.begin(), statement->branches.end(),
                           [](const auto& branch) { return has_generation(branch.second); });
    });
}

std::shared_ptr<const ChatTemplate::State> parsed(std::string text, std::string source, jinja::Pairs tokens,
                                                  std::vector<std::string> other_names = {}) {
    auto state = std::make_shared<ChatTemplate::State>();
    try {
        state->body = jinja::parse(text);
    } catch (const jinja::Problem& problem) {
        fail_input("The chat template in " + source + " cannot be read at line " +
                   std::to_string(problem.line) + ": " + problem.what +
                   ". Correct it, or name another template file.");
    }
    state->marks_generation = has_generation(state->body);
    state->text = std::move(text);
    state->source = std::move(source);
    state->special_tokens = std::move(tokens);
    state->other_names = std::move(other_names);
    if (!state->marks_generation) state->turn_end = end_of_turn(*state);
    return state;
}

// A role stands between special tokens in the rendered text: a short word only.
void check_role(const std::string& role) {
    const bool word =
        !role.empty() && role.size() <= 40 && std::all_of(role.begin(), role.end(), [](unsigned char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                   c == '-';
        });
    if (!word)
        fail_input("The role of a message is \"" + valid_utf8(std::string_view(role).substr(0, 40)) +
                   "\": it must be a short word such as user, assistant, system or tool.");
}

Value message_value(const ChatMessage& message) {
    check_role(message.role);
    jinja::Pairs fields;
    fields.emplace_back(Value::text("role"), Value::text(message.role));
    fields.emplace_back(Value::text("content"), Value::text(valid_utf8(message.content), jinja::from_data));
    for (auto& [key, value] : variables_from_json(message.more, jinja::from_data, "The fields of a message"))
        fields.emplace_back(std::move(key), std::move(value));
    return Value::dict(std::move(fields));
}

RenderedChat chat_of(const MarkedText& text) {
    return {text.bytes(), ranges_with(text, jinja::from_data), {}};
}

}  // namespace

jinja::MarkedText ChatTemplate::State::render(std::span<const ChatMessage> messages,
                                              const ChatOptions& options) const {
    try {
        jinja::Pairs variables = special_tokens;
        const auto set = [&](const char* name, Value value) {
            variables.emplace_back(Value::text(name), std::move(value));
        };
        jinja::Items items;
        for (const ChatMessage& message : messages) items.push_back(message_value(message));
        set("messages", Value::list(std::move(items)));
        set("add_generation_prompt", Value::boolean(options.add_generation_prompt));
        set("tools", options.tools.empty() ? Value::none()
                                           : value_from_json(options.tools, jinja::from_data, "The tools"));
        set("documents", Value::none());
        for (auto& [key, value] :
             variables_from_json(options.variables, jinja::from_data, "The variables of the template"))
            variables.emplace_back(std::move(key), std::move(value));
        return jinja::Evaluator(options.now).render(body, variables);
    } catch (const jinja::Problem& problem) {
        const std::string line = std::to_string(problem.line);
        if (problem.raised)
            fail_input("The chat template in " + source + " refuses this conversation (line " + line +
                       "): " + problem.what + (problem.what.ends_with('.') ? "" : "."));
        fail_input("The chat template in " + source + " fails at line " + line + ": " + problem.what +
                   ". Check the messages, or name another template file.");
    }
}

std::vector<TextRange> ranges_with(const MarkedText& text, char mark) {
    std::vector<TextRange> ranges;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!(text.mark(i) & mark)) continue;
        if (!ranges.empty() && ranges.back().end == i)
            ++ranges.back().end;
        else
            ranges.push_back({i, i + 1});
    }
    return ranges;
}

Result<ChatTemplate> ChatTemplate::load(const std::filesystem::path& folder,
                                        const std::filesystem::path& file, const std::string& name) {
    return attempt([&] {
        jinja::Pairs tokens = read_special_tokens(folder);
        if (!file.empty())
            return ChatTemplate(
                parsed(read_text(file, 1 << 20), "'" + file.string() + "'", std::move(tokens)));
        std::vector<NamedTemplate> templates = read_chat_templates(folder);
        if (templates.empty())
            fail_input(
                "The model '" + folder.string() +
                "' has no chat template, so conversations cannot be put into its words. Name a template file "
                "(--chat-template FILE, or the data menu of the window), or use prompt and completion "
                "instead.");
        const std::string wanted = name.empty() ? "default" : name;
        auto chosen = std::find_if(templates.begin(), templates.end(),
                                   [&](const NamedTemplate& each) { return each.name == wanted; });
        if (chosen == templates.end() && name.empty() && templates.size() == 1) chosen = templates.begin();
        if (chosen == templates.end()) {
            std::string known;
            for (const NamedTemplate& each : templates) known += (known.empty() ? "" : ", ") + each.name;
            fail_input("The model '" + folder.string() + "' has no chat template called \"" + wanted +
                       "\"; there are: " + known + ".");
        }
        std::vector<std::string> others;
        for (const NamedTemplate& each : templates)
            if (&each != &*chosen) others.push_back(each.name);
        return ChatTemplate(
            parsed(std::move(chosen->text), std::move(chosen->source), std::move(tokens), std::move(others)));
    });
}

Result<ChatTemplate> ChatTemplate::parse(std::string_view text, const std::string& special_tokens,
                                         const std::string& source) {
    return attempt([&] {
        return ChatTemplate(
            parsed(std::string(text), source,
                   variables_from_json(special_tokens, jinja::from_template, "The special tokens")));
    });
}

bool ChatTemplate::is_available(const std::filesystem::path& folder) {
    const auto any = attempt([&] { return !read_chat_templates(folder).empty(); });
    return any.ok() && any.value();
}

const std::string& ChatTemplate::text() const {
    return state_->text;
}
const std::string& ChatTemplate::source() const {
    return state_->source;
}
const std::vector<std::string>& ChatTemplate::other_names() const {
    return state_->other_names;
}

Result<RenderedChat> ChatTemplate::render(std::span<const ChatMessage> messages,
                                          const ChatOptions& options) const {
    return attempt([&] { return chat_of(state_->render(messages, options)); });
}

Result<RenderedChat> ChatTemplate::render_training(std::span<const ChatMessage> messages,
                                                   const ChatOptions& given) const {
    return attempt([&] {
        ChatOptions options = given;
        options.add_generation_prompt = false;
        const MarkedText whole = state_->render(messages, options);
        RenderedChat chat = chat_of(whole);
        chat.assistant = state_->marks_generation ? ranges_with(whole, jinja::generated)
                                                  : assistant_turns(*state_, messages, options, whole);
        return chat;
    });
}

}  // namespace engine
