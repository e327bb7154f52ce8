// What a ChatTemplate shares among its copies, fixed once parsed.
#pragma once

#include "chat/ast.h"
#include "chat/marked_text.h"

#include <engine/chat.h>

#include <span>
#include <string>
#include <vector>

namespace engine {

struct ChatTemplate::State {
    std::string text;
    std::string source;
    std::vector<std::string> other_names;
    jinja::Pairs special_tokens;
    jinja::Body body;
    bool marks_generation = false;  // it has {% generation %}
    std::string turn_end;           // what it writes behind every answer: "<|im_end|>", "</s>"; may be empty

    // Failure (bad_input) with the line when the template fails or refuses the messages.
    jinja::MarkedText render(std::span<const ChatMessage> messages, const ChatOptions& options) const;
};

// The stretches of text whose bytes carry the mark.
std::vector<TextRange> ranges_with(const jinja::MarkedText& text, char mark);

// What the template writes behind an answer, whether something follows or not, without white space around it.
// Empty when it writes nothing there or refuses the question.
std::string end_of_turn(const ChatTemplate::State& state);

// The turns of the assistant in whole, the rendering of messages. Failure (bad_input) when they cannot be
// told apart.
std::vector<TextRange> assistant_turns(const ChatTemplate::State& state,
                                       std::span<const ChatMessage> messages, const ChatOptions& options,
                                       const jinja::MarkedText& whole);

}  // namespace engine
