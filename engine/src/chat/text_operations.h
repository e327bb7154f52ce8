// What filters and methods do to text, marks kept.
#pragma once

#include "chat/marked_text.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace engine::jinja {

enum class Case { upper, lower, title, capitalised };
// title: as str.title (a letter after anything but a letter begins a word).
MarkedText in_case(const MarkedText& text, Case wanted);
// As the filter title: words begin after white space and - ( { [ <.
MarkedText title_words(const MarkedText& text);

// Non-overlapping places of what, from the left; of "" every boundary of a character. At most `most`
// (negative: all).
std::vector<std::size_t> places_of(const MarkedText& text, std::string_view what, std::int64_t most);
MarkedText replaced(const MarkedText& text, const MarkedText& what, const MarkedText& by,
                    const std::vector<std::size_t>& places);

// By a separator, or with none at runs of white space as str.split() does.
std::vector<MarkedText> split_at(const MarkedText& text, std::string_view separator, std::int64_t most);
std::vector<MarkedText> split_at_space(const MarkedText& text, std::int64_t most);
std::vector<MarkedText> split_from_right(const MarkedText& text, std::string_view separator,
                                         std::int64_t most);
std::vector<MarkedText> split_lines(const MarkedText& text, bool keep_ends);

}  // namespace engine::jinja
