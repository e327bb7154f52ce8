// Chat templates: messages to the text a model was trained on, as the Jinja templates of Hugging Face folders
// say.
//
// A ChatTemplate is a handle on shared immutable state: copying is cheap, and every const function may be
// called from several threads at once. The interpreter covers what templates use of Jinja, reaches nothing
// outside the messages, and works within limits, so that a hostile template ends in one sentence. A rendering
// costs well under a millisecond.
#pragma once

#include "engine/error.h"
#include "engine/text_range.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct ChatMessage {
    std::string role;     // a short word: user, assistant, system, tool ...
    std::string content;  // UTF-8
    std::string
        more;  // other fields of the message, a JSON object such as {"tool_calls": [...]}; empty: none
    bool operator==(const ChatMessage&) const = default;
};

// Templates that ask for the date get this day whenever they are rendered: the one many of them fall back to
// (26 July 2024). So a training set is the same tomorrow, and a generation sees what training saw.
inline constexpr std::int64_t chat_template_date = 1721952000;

struct ChatOptions {
    bool add_generation_prompt = false;  // ends where the assistant's answer begins
    std::string tools;                   // a JSON array of function descriptions; empty: none
    std::string variables;               // more variables, a JSON object such as {"enable_thinking": false}
    std::int64_t now = chat_template_date;  // seconds since 1970, UTC
};

struct RenderedChat {
    std::string text;
    std::vector<TextRange> data;  // what comes from the messages: a special token written there is only text
    std::vector<TextRange>
        assistant;  // what the model is to learn, the end of each turn included (render_training)
};

class ChatTemplate {
  public:
    // The template of a model folder: chat_template.jinja, else chat_template of tokenizer_config.json (one
    // template or a list of named ones), and those in additional_chat_templates/. file: this template
    // instead; the folder then only gives the special tokens. name: of the one to take; empty: the default
    // one. Error (bad_input) when there is none or it cannot be parsed.
    static Result<ChatTemplate> load(const std::filesystem::path& folder,
                                     const std::filesystem::path& file = {}, const std::string& name = {});
    // Of a template given as text; special_tokens is a JSON object {"bos_token": "<s>", ...} or empty. source
    // names it in sentences.
    static Result<ChatTemplate> parse(std::string_view text, const std::string& special_tokens,
                                      const std::string& source);
    // Whether the folder brings a template.
    static bool is_available(const std::filesystem::path& folder);

    Result<RenderedChat> render(std::span<const ChatMessage> messages, const ChatOptions& options = {}) const;

    // The whole conversation, with the turns of the assistant found: what stands in {% generation %} where
    // the template has it, else what each of these messages adds to the rendering of those before it, up to
    // the end of its turn. Error (bad_input) when the messages before a turn are not written as the whole
    // begins, so that no turn can be told apart. Costs two renderings for each turn of the assistant.
    Result<RenderedChat> render_training(std::span<const ChatMessage> messages,
                                         const ChatOptions& options = {}) const;

    const std::string& text() const;
    const std::string& source() const;                    // for sentences: where the template was read
    const std::vector<std::string>& other_names() const;  // templates of the folder that were not taken

    struct State;  // defined with the implementation
    explicit ChatTemplate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  private:
    std::shared_ptr<const State> state_;
};

// Messages from JSON: a list of {"role", "content"}, or an object with such a list as "messages".
Result<std::vector<ChatMessage>> messages_from_json(const std::string& text);

// The files that make up the chat templates of a model folder, relative to it, beside tokenizer_config.json.
std::vector<std::filesystem::path> chat_template_files(const std::filesystem::path& folder);
// The text an adapter carries so that it is talked to as it was trained: file, or the template of its base;
// empty: none. Throws Failure when file cannot be read.
std::string chat_template_to_carry(const std::filesystem::path& base, const std::filesystem::path& file);
// Writes it as chat_template.jinja into the adapter's folder; nothing where it is empty. Throws Failure when it
// cannot be written.
void carry_chat_template(const std::string& text, const std::filesystem::path& adapter);
// The template that an adapter's folder carries; empty: none.
std::filesystem::path carried_chat_template(const std::filesystem::path& adapter);

}  // namespace engine
