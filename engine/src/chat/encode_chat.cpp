#include "chat/encode_chat.h"

#include <algorithm>

namespace engine {

EncodedChat encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat) {
    std::vector<std::size_t> cuts;
    for (const TextRange& turn : chat.assistant) {
        cuts.push_back(turn.begin);
        cuts.push_back(turn.end);
    }
    MarkedIds marked = tokenizer.encode_marked(chat.text, chat.data, cuts);
    EncodedChat encoded{std::move(marked.ids), {}};
    encoded.trained.assign(encoded.ids.size(), 0);
    for (std::size_t i = 0; i + 1 < cuts.size(); i += 2)
        for (std::size_t token = marked.before[i]; token < marked.before[i + 1]; ++token) encoded.trained[token] = 1;
    return encoded;
}

std::vector<std::int32_t> turn_end_ids(const Tokenizer& tokenizer, const ChatTemplate& chat) {
    std::vector<std::int32_t> ids = tokenizer.stop_ids();
    const ChatMessage messages[] = {{"user", "a", {}}, {"assistant", "b", {}}};
    const auto rendered = chat.render(messages);
    if (!rendered.ok() || rendered->data.empty()) return ids;
    // The first token behind the answer, when it is a special one.
    const std::string behind = rendered->text.substr(rendered->data.back().end);
    for (const std::int32_t id : tokenizer.encode(behind, {.add_special_tokens = false})) {
        if (tokenizer.is_special(id)) {
            if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
            break;
        }
        if (tokenizer.piece_text(id).find_first_not_of(" \n\t") != std::string::npos) break;
    }
    return ids;
}

}  // namespace engine
