// All tokens that start at a place of a text, found in one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace engine {

// A trie over bytes, immutable once built.
class TokenTrie {
  public:
    TokenTrie() = default;
    // The views are needed only during the call. Of equal tokens the first counts; an empty one is left out.
    explicit TokenTrie(std::vector<std::pair<std::string_view, std::int32_t>> tokens);

    // Calls found(id, length) for each token at the start of text, the shortest first.
    template <class Found>
    void prefixes(std::string_view text, Found found) const {
        std::int32_t node = 0;
        for (std::size_t length = 0; length < text.size(); ++length) {
            node = child(node, static_cast<unsigned char>(text[length]));
            if (node < 0) return;
            const std::int32_t id = nodes_[static_cast<std::size_t>(node)].id;
            if (id >= 0) found(id, length + 1);
        }
    }

  private:
    // The children of a node lie side by side, ordered by their bytes.
    struct Node {
        std::int32_t id = -1;
        std::int32_t first = 0;
        std::int32_t count = 0;
        unsigned char byte = 0;
    };
    std::int32_t child(std::int32_t node, unsigned char byte) const;  // -1: none

    std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace engine
