#include "tokenizer/token_trie.h"

#include <algorithm>

namespace engine {

TokenTrie::TokenTrie(std::vector<std::pair<std::string_view, std::int32_t>> tokens) {
    std::erase_if(tokens, [](const auto& token) { return token.first.empty(); });
    std::stable_sort(tokens.begin(), tokens.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    // Level by level: a node owns the tokens from begin to end, which share their first depth bytes.
    struct Range {
        std::size_t node, begin, end, depth;
    };
    std::vector<Range> level = {{0, 0, tokens.size(), 0}}, next;
    while (!level.empty()) {
        next.clear();
        for (const Range& range : level) {
            nodes_[range.node].first = static_cast<std::int32_t>(nodes_.size());
            for (std::size_t begin = range.begin; begin < range.end;) {
                const char byte = tokens[begin].first[range.depth];
                std::size_t end = begin;
                while (end < range.end && tokens[end].first[range.depth] == byte) ++end;
                Node node;
                node.byte = static_cast<unsigned char>(byte);
                const std::size_t depth = range.depth + 1;
                if (tokens[begin].first.size() == depth) node.id = tokens[begin].second;
                // Those that end here sort before those that go on.
                std::size_t longer = begin;
                while (longer < end && tokens[longer].first.size() == depth) ++longer;
                if (longer < end) next.push_back({nodes_.size(), longer, end, depth});
                nodes_.push_back(node);
                begin = end;
            }
            Node& parent = nodes_[range.node];
            parent.count = static_cast<std::int32_t>(nodes_.size()) - parent.first;
        }
        level.swap(next);
    }
}

std::int32_t TokenTrie::child(std::int32_t node, unsigned char byte) const {
    const Node& parent = nodes_[static_cast<std::size_t>(node)];
    const auto begin = nodes_.begin() + parent.first, end = begin + parent.count;
    const auto it =
        std::lower_bound(begin, end, byte, [](const Node& n, unsigned char b) { return n.byte < b; });
    return it == end || it->byte != byte ? -1 : static_cast<std::int32_t>(it - nodes_.begin());
}

}  // namespace engine
