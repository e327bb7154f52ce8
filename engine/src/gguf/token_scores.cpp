#include "gguf/token_scores.h"

#include <set>
#include <unordered_map>

namespace engine {
namespace {

constexpr std::size_t longest_looked_at = 512;  // bytes of a token, in joins_more

// Whether two tokens are together a token without a merge that says so: SentencePiece would join them.
// The work grows with the square of a token's length, and real ones are short: longest_looked_at bounds it.
bool joins_more(const std::unordered_map<std::string, std::int32_t>& ids,
                const std::vector<std::int32_t>& types,
                const std::set<std::pair<std::string, std::string>>& listed) {
    for (const auto& [token, id] : ids) {
        if (types[static_cast<std::size_t>(id)] != token_type::normal || token.size() > longest_looked_at)
            continue;
        for (std::size_t cut = 1; cut < token.size(); ++cut) {
            if ((static_cast<unsigned char>(token[cut]) & 0xC0U) == 0x80U) continue;  // inside a character
            const std::string left = token.substr(0, cut);
            if (!ids.contains(left)) continue;
            const std::string right = token.substr(cut);
            if (ids.contains(right) && !listed.contains({left, right})) return true;
        }
    }
    return false;
}

}  // namespace

Merges merges_of(const Json& model) {
    Merges merges;
    const auto list = model.find("merges");
    if (list == model.end() || !list->is_array()) return merges;
    for (const Json& item : *list) {
        if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
            merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
        } else if (item.is_string()) {
            const auto text = item.get<std::string>();
            const std::size_t space = text.find(' ');
            if (space != std::string::npos)
                merges.emplace_back(text.substr(0, space), text.substr(space + 1));
        }
    }
    return merges;
}

MergeScores merge_scores(const std::vector<std::string>& tokens, const std::vector<std::int32_t>& types,
                         Merges merges) {
    std::unordered_map<std::string, std::int32_t> ids;
    for (std::size_t id = 0; id < tokens.size(); ++id)
        if (types[id] == token_type::normal || types[id] == token_type::user_defined)
            ids[tokens[id]] = static_cast<std::int32_t>(id);
    std::vector<float> scores(tokens.size(), 0.0F);
    std::vector<bool> made(tokens.size(), false);
    std::set<std::pair<std::string, std::string>> listed;
    std::int32_t last = -1;
    std::int64_t rank = 0, out_of_order = 0;
    for (auto& merge : merges) {
        const auto found = ids.find(merge.first + merge.second);
        if (found == ids.end()) continue;
        const auto id = static_cast<std::size_t>(found->second);
        if (!made[id]) {
            scores[id] = static_cast<float>(-++rank);
            made[id] = true;
        } else if (found->second != last) {
            ++out_of_order;
        }
        last = found->second;
        listed.insert(std::move(merge));
    }
    // What no merge makes must never win against what one makes.
    for (std::size_t id = 0; id < scores.size(); ++id)
        if (!made[id] && types[id] == token_type::normal)
            scores[id] = static_cast<float>(-(rank + 1 + static_cast<std::int64_t>(id)));
    const bool alike = out_of_order == 0 && !joins_more(ids, types, listed);
    return {std::move(scores), alike};
}

}  // namespace engine
