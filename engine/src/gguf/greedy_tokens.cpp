#include "gguf/greedy_tokens.h"

#include "gguf/split_parts.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace engine {
namespace {

// The special tokens of Phi-3 that leave the spaces behind them.
constexpr std::array plain_of_phi3 = {"<unk>", "<s>", "<|endoftext|>"};

}  // namespace

GreedyTokens greedy_tokens(const Json& added_later, const Json& added, const std::function<bool(const char*)>& is_known) {
    GreedyTokens greedy;
    greedy.like_phi3 = added.is_array();
    for (const Json* list : {&added_later, &added}) {
        if (!list->is_array()) continue;
        for (const Json& token : *list) {
            const std::string content = split_parts::text_of(token, "content");
            const bool before = split_parts::flag(token, "lstrip", false), after = split_parts::flag(token, "rstrip", false);
            if ((before || after) && greedy.first.empty()) greedy.first = content;
            const bool plain = std::find(plain_of_phi3.begin(), plain_of_phi3.end(), content) != plain_of_phi3.end();
            if (list == &added) greedy.like_phi3 = greedy.like_phi3 && !before && after != plain;
        }
    }
    greedy.like_phi3 = greedy.like_phi3 && is_known("</s>") && std::all_of(plain_of_phi3.begin(), plain_of_phi3.end(), is_known);
    return greedy;
}

std::string gguf_model_name(const std::string& wanted, bool like_phi3) {
    std::string name = wanted, small = wanted;
    std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool says_so = small.find("phi3") != std::string::npos || small.find("phi-3") != std::string::npos;
    if (like_phi3 && !says_so) return name + " (phi-3)";
    if (like_phi3) return name;
    for (std::size_t at = 0; (at = small.find("phi", at)) != std::string::npos; at += 3) {
        if (small.compare(at + 3, 1, "3") == 0) {
            name.insert(at + 3, " ");
            small.insert(at + 3, " ");
        } else if (small.compare(at + 3, 2, "-3") == 0) {
            name[at + 3] = small[at + 3] = ' ';
        }
    }
    return name;
}

}  // namespace engine
