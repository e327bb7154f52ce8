// Where the answers stand in a rendered conversation: each begins where the rendering of the messages before
// it ends, with the generation prompt, and goes to the end of its turn.
#include "chat/chat_state.h"

#include <engine/error.h>

#include <algorithm>
#include <optional>

namespace engine {
namespace {

using jinja::MarkedText;

constexpr std::string_view white_space = " \n\r\t";

bool is_data(const MarkedText& text, std::size_t at) {
    return (text.mark(at) & jinja::from_data) != 0;
}

bool any_data(const MarkedText& text, std::size_t begin, std::size_t end) {
    while (begin < end && !is_data(text, begin)) ++begin;
    return begin < end;
}

// Without the white space behind the end of the turn, where the template writes such an end: generation stops
// there.
std::size_t without_space_behind(const MarkedText& text, std::size_t begin, std::size_t end) {
    std::size_t kept = end;
    while (kept > begin && !is_data(text, kept - 1) &&
           white_space.find(text.bytes()[kept - 1]) != std::string::npos)
        --kept;
    return kept > begin && !is_data(text, kept - 1) ? kept : end;
}

std::size_t common_prefix(const std::string& a, const std::string& b) {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// Where two texts of a template part, but not in the middle of a token's name that merely begins alike.
std::size_t whole_prefix(const std::string& text, std::size_t begin, std::size_t same) {
    while (same > begin && std::string_view("\n >]").find(text[same - 1]) == std::string_view::npos) --same;
    return same;
}

// Where the answer begins in whole. Some templates end the generation prompt with more than a finished answer
// has at that place, such as an opened <think>; what both have in common is then the prompt.
std::optional<std::size_t> begin_of_turn(const ChatTemplate::State& state,
                                         std::span<const ChatMessage> before, ChatOptions options,
                                         const MarkedText& whole) {
    options.add_generation_prompt = true;
    const std::string prompt = state.render(before, options).bytes();
    if (whole.bytes().starts_with(prompt)) return prompt.size();
    options.add_generation_prompt = false;
    const std::size_t bare = before.empty() ? 0 : state.render(before, options).size();
    std::size_t same = common_prefix(prompt, whole.bytes());
    if (same < bare) return {};
    for (std::size_t at = bare; at < same; ++at)
        if (is_data(whole, at)) same = at;
    return whole_prefix(whole.bytes(), bare, same);
}

// Where the first `what` that the template itself wrote begins.
std::optional<std::size_t> find_from_template(const MarkedText& text, const std::string& what,
                                              std::size_t from) {
    for (std::size_t at = text.bytes().find(what, from); at != std::string::npos;
         at = text.bytes().find(what, at + 1)) {
        std::size_t i = 0;
        while (i < what.size() && !is_data(text, at + i)) ++i;
        if (i == what.size()) return at;
    }
    return {};
}

}  // namespace

std::string end_of_turn(const ChatTemplate::State& state) {
    static const ChatMessage probe[] = {{"user", "a", {}}, {"assistant", "b", {}}, {"user", "c", {}}};
    try {
        const MarkedText last = state.render(std::span(probe).first(2), {}),
                         followed = state.render(probe, {});
        const auto answers = ranges_with(last, jinja::from_data),
                   all = ranges_with(followed, jinja::from_data);
        if (answers.size() != 2 || all.size() != 3) return {};
        const std::string behind = last.bytes().substr(answers[1].end);
        const std::string between = followed.bytes().substr(all[1].end, all[2].begin - all[1].end);
        std::size_t same = common_prefix(behind, between);
        if (same < behind.size()) same = whole_prefix(behind, 0, same);
        return MarkedText(behind.substr(0, same)).strip({}, true, true).bytes();
    } catch (const Failure&) {
        return {};
    }
}

std::vector<TextRange> assistant_turns(const ChatTemplate::State& state,
                                       std::span<const ChatMessage> messages, const ChatOptions& options,
                                       const MarkedText& whole) {
    std::vector<TextRange> turns;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].role != "assistant") continue;
        const auto begin = begin_of_turn(state, messages.first(i), options, whole);
        std::optional<std::size_t> end;
        if (begin && i + 1 == messages.size()) {
            end = whole.size();
        } else if (begin) {
            const std::string with = state.render(messages.first(i + 1), options).bytes();
            if (with.size() >= *begin && whole.bytes().starts_with(with)) end = with.size();
        }
        // A turn may look different once others follow it (older reasoning is left out), and a template may
        // write more behind the last one: the end of the turn is marked all the same.
        if (begin && !state.turn_end.empty()) {
            const auto mark = find_from_template(whole, state.turn_end, *begin);
            const bool last_mark =
                mark && (!end || (*mark + state.turn_end.size() <= *end && !any_data(whole, *mark, *end)));
            if (last_mark) end = *mark + state.turn_end.size();
        }
        if (!begin || !end)
            fail_input(
                "The chat template in " + state.source + " writes message " + std::to_string(i + 1) +
                " differently when others follow it, so the assistant's turns cannot be told apart. Use "
                "conversations with one answer each, or a template with {% generation %}.");
        const TextRange turn{*begin, without_space_behind(whole, *begin, *end)};
        if (!turns.empty() && turn.begin < turns.back().end)
            fail_input("The chat template in " + state.source + " writes message " + std::to_string(i + 1) +
                       " into the turn before it, so the assistant's turns cannot be told apart. Use a "
                       "template with "
                       "{% generation %}.");
        if (turn.end > turn.begin) turns.push_back(turn);
    }
    return turns;
}

}  // namespace engine
