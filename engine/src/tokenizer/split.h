// Cutting a piece of text at matches.
#pragma once

#include "tokenizer/regex.h"

#include <string>
#include <string_view>
#include <vector>

namespace engine {

// What becomes of the matched parts: pieces of their own, dropped, joined to the piece before or after, or
// joined with neighbours of the same kind.
enum class SplitBehavior { isolated, removed, merged_with_previous, merged_with_next, contiguous };

// From its name in tokenizer.json ("Isolated", ...).
SplitBehavior split_behavior(const std::string& name, const std::string& source);

// Appends the pieces, none of them empty. matches: from left to right, without overlap. invert: what lies
// between the matches is treated as matched.
void split_piece(std::string_view piece, const std::vector<Span>& matches, SplitBehavior behavior,
                 bool invert, std::vector<std::string_view>& out);

}  // namespace engine
