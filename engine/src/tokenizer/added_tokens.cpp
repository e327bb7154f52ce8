#include "tokenizer/added_tokens.h"

#include "tokenizer/text.h"

#include <algorithm>
#include <tuple>

namespace engine {
namespace {

std::size_t skip_white_space_back(std::string_view text, std::size_t end) {
    while (end > 0) {
        const Character c = character_before(text, end);
        if (!is_white_space(c.code)) break;
        end -= c.length;
    }
    return end;
}

std::size_t skip_white_space(std::string_view text, std::size_t begin) {
    while (begin < text.size()) {
        const Character c = character_at(text, begin);
        if (!is_white_space(c.code)) break;
        begin += c.length;
    }
    return begin;
}

// How far the text from position goes without a byte of data: position itself when it stands in data.
std::size_t end_of_template(std::span<const TextRange> data, std::size_t position, std::size_t size) {
    const auto next = std::partition_point(data.begin(), data.end(),
                                           [&](const TextRange& range) { return range.end <= position; });
    return next == data.end() ? size : std::max(next->begin, position);
}

bool inside_word(std::string_view text, std::size_t begin, std::size_t end) {
    return (begin > 0 && is_word(character_before(text, begin).code)) ||
           (end < text.size() && is_word(character_at(text, end).code));
}

}  // namespace

void AddedTokens::Trie::insert(std::string_view content, std::int32_t id) {
    if (content.empty()) return;
    starts.set(static_cast<unsigned char>(content.front()));
    std::size_t node = 0;
    for (const char byte : content) {
        const auto [it, inserted] =
            nodes[node].children.try_emplace(static_cast<unsigned char>(byte), nodes.size());
        const std::size_t child = it->second;
        if (inserted) nodes.emplace_back();
        node = child;
    }
    nodes[node].id = id;
}

std::pair<std::int32_t, std::size_t> AddedTokens::Trie::longest(std::string_view text,
                                                                std::size_t position) const {
    std::pair<std::int32_t, std::size_t> best{-1, 0};
    std::size_t node = 0;
    for (std::size_t at = position; at < text.size(); ++at) {
        const auto it = nodes[node].children.find(static_cast<unsigned char>(text[at]));
        if (it == nodes[node].children.end()) break;
        node = it->second;
        if (nodes[node].id >= 0) best = {nodes[node].id, at + 1 - position};
    }
    return best;
}

void AddedTokens::add(AddedToken token) {
    by_content_.insert_or_assign(token.content, token.id);
    tokens_.insert_or_assign(token.id, std::move(token));
}

void AddedTokens::prepare(const Normalizer* normalizer) {
    for (const auto& [id, token] : tokens_) {
        if (!token.normalized) {
            plain_.insert(token.content, id);
        } else {
            normalized_.insert(normalizer && !token.as_is ? normalizer->apply(token.content) : token.content,
                               id);
        }
    }
}

const AddedToken* AddedTokens::find_id(std::int32_t id) const {
    const auto it = tokens_.find(id);
    return it == tokens_.end() ? nullptr : &it->second;
}

const AddedToken* AddedTokens::find_content(std::string_view content) const {
    const auto it = by_content_.find(content);
    return it == by_content_.end() ? nullptr : find_id(it->second);
}

bool AddedTokens::has_normalized_special() const {
    return std::any_of(tokens_.begin(), tokens_.end(),
                       [](const auto& each) { return each.second.special && each.second.normalized; });
}

std::vector<Segment> AddedTokens::split(std::string_view text, bool normalized, bool include_special,
                                        std::span<const TextRange> data) const {
    const Trie& trie = normalized ? normalized_ : plain_;
    std::vector<Segment> segments;
    std::size_t from = 0;  // start of the text not yet handed out
    for (std::size_t at = 0; at < text.size();) {
        if (!trie.starts.test(static_cast<unsigned char>(text[at]))) {
            ++at;
            continue;
        }
        auto [id, length] = trie.longest(text, at);
        if (id >= 0 && !data.empty() && find_id(id)->special) {
            const std::size_t free = end_of_template(data, at, text.size());
            if (at + length > free) std::tie(id, length) = trie.longest(text.substr(0, free), at);
        }
        if (id < 0) {
            ++at;
            continue;
        }
        const AddedToken& token = *find_id(id);
        std::size_t begin = at, end = at + length;
        at = end;
        if (token.special && !include_special) continue;
        if (token.single_word && inside_word(text, begin, end)) continue;
        if (token.lstrip) begin = std::max(skip_white_space_back(text, begin), from);
        if (token.rstrip) end = skip_white_space(text, end);
        if (begin < from) continue;  // swallowed by the token before
        if (begin > from) segments.push_back({text.substr(from, begin - from), -1});
        segments.push_back({text.substr(begin, end - begin), id});
        from = end;
    }
    if (from < text.size()) segments.push_back({text.substr(from), -1});
    return segments;
}

}  // namespace engine
