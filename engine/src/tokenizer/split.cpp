#include "tokenizer/split.h"

#include "engine/error.h"

#include <algorithm>

namespace engine {
namespace {

struct Part {
    Span span;
    bool matched = false;
};

std::vector<Part> parts_of(std::size_t size, const std::vector<Span>& matches, bool invert) {
    std::vector<Part> parts;
    std::size_t from = 0;
    for (const Span& match : matches) {
        if (match.begin > from) parts.push_back({{from, match.begin}, invert});
        if (match.end > match.begin) parts.push_back({match, !invert});
        from = match.end;
    }
    if (size > from) parts.push_back({{from, size}, invert});
    return parts;
}

// Joins each matched part to its neighbour on one side, unless that one is matched too.
std::vector<Part> join_matches(std::vector<Part> parts, bool with_previous) {
    if (!with_previous) std::reverse(parts.begin(), parts.end());
    std::vector<Part> joined;
    bool last_matched = false;
    for (const Part& part : parts) {
        if (part.matched && !last_matched && !joined.empty()) {
            Span& last = joined.back().span;
            last = {std::min(last.begin, part.span.begin), std::max(last.end, part.span.end)};
        } else {
            joined.push_back(part);
        }
        last_matched = part.matched;
    }
    if (!with_previous) std::reverse(joined.begin(), joined.end());
    return joined;
}

std::vector<Part> join_alike(const std::vector<Part>& parts) {
    std::vector<Part> joined;
    for (const Part& part : parts) {
        if (!joined.empty() && joined.back().matched == part.matched) {
            joined.back().span.end = part.span.end;
        } else {
            joined.push_back(part);
        }
    }
    return joined;
}

}  // namespace

SplitBehavior split_behavior(const std::string& name, const std::string& source) {
    if (name == "Isolated") return SplitBehavior::isolated;
    if (name == "Removed") return SplitBehavior::removed;
    if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
    if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
    if (name == "Contiguous") return SplitBehavior::contiguous;
    fail_input(
        "The split behaviour '" + name + "' in " + source +
        " is not known; known are Isolated, Removed, MergedWithPrevious, MergedWithNext and Contiguous.");
}

void split_piece(std::string_view piece, const std::vector<Span>& matches, SplitBehavior behavior,
                 bool invert, std::vector<std::string_view>& out) {
    std::vector<Part> parts = parts_of(piece.size(), matches, invert);
    switch (behavior) {
        case SplitBehavior::isolated:
            break;
        case SplitBehavior::removed:
            std::erase_if(parts, [](const Part& part) { return part.matched; });
            break;
        case SplitBehavior::merged_with_previous:
            parts = join_matches(std::move(parts), true);
            break;
        case SplitBehavior::merged_with_next:
            parts = join_matches(std::move(parts), false);
            break;
        case SplitBehavior::contiguous:
            parts = join_alike(parts);
            break;
    }
    for (const Part& part : parts)
        out.push_back(piece.substr(part.span.begin, part.span.end - part.span.begin));
}

}  // namespace engine
