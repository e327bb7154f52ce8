#include "data/encoder.h"

#include "chat/encode_chat.h"
#include "io/parallel.h"
#include "data/seeded.h"

#include <engine/error.h>

#include <algorithm>
#include <array>

namespace engine {
namespace {

constexpr std::string_view placeholder = "{prompt}";
constexpr std::size_t block_rows = 8192;  // encoded before they are handed on: bounds what is held at once
// Special tokens written in a data file are data.
constexpr EncodeOptions as_data{.add_special_tokens = false, .parse_special = false};

// The token that the tokenizer's files put in front of a text, if it is the bos token.
std::optional<std::int32_t> added_bos(const Tokenizer& tokenizer) {
    const auto bos = tokenizer.bos_id();
    if (!bos) return {};
    const auto with = tokenizer.encode("a", {.add_special_tokens = true, .parse_special = false});
    const auto without = tokenizer.encode("a", as_data);
    if (with.size() > without.size() && with.front() == *bos) return bos;
    return {};
}

}  // namespace

std::string apply_template(std::string_view prompt_template, std::string_view prompt) {
    std::string text;
    std::size_t position = 0, found = prompt_template.find(placeholder);
    if (found == std::string_view::npos)
        fail_input("The prompt template \"" + std::string(prompt_template) +
                   "\" does not contain {prompt}. Write {prompt} where the prompt belongs.");
    for (; found != std::string_view::npos; found = prompt_template.find(placeholder, position)) {
        text += prompt_template.substr(position, found - position);
        text += prompt;
        position = found + placeholder.size();
    }
    text += prompt_template.substr(position);
    return text;
}

std::vector<std::int32_t> encode_prompt(const Tokenizer& tokenizer, std::string_view text) {
    std::vector<std::int32_t> ids;
    if (const auto bos = added_bos(tokenizer)) ids.push_back(*bos);
    const auto encoded = tokenizer.encode(text, as_data);
    ids.insert(ids.end(), encoded.begin(), encoded.end());
    return ids;
}

RowEncoder::RowEncoder(const Tokenizer& tokenizer, RowFormat format, std::int64_t seq_len)
    : tokenizer_(tokenizer),
      format_(std::move(format)),
      seq_len_(seq_len),
      bos_(added_bos(tokenizer)),
      eos_(tokenizer.eos_id()) {
    apply_template(format_.prompt_template, {});
    if (seq_len < 2)
        fail_input("The length is " + std::to_string(seq_len) + " tokens: it must be at least 2.");
}

std::vector<std::int32_t> RowEncoder::ids_of(std::string_view text) const {
    return tokenizer_.encode(text, as_data);
}

void RowEncoder::encode(const RowFile& file, const std::function<void(EncodedRow&&)>& row,
                        const std::function<void(BadRow&&)>& bad,
                        const std::function<void()>& check_stop) const {
    std::optional<ChatTemplate> chat;
    if (file.kind == RowKind::chat) chat = ChatTemplate::load(format_.model, format_.chat_template).value();
    if (file.kind == RowKind::plain_text) {
        for (const Row& source : file.rows) {
            check_stop();
            encode_plain_text(source, row, bad);
        }
        return;
    }
    std::vector<std::variant<EncodedRow, BadRow>> block;
    for (std::size_t begin = 0; begin < file.rows.size(); begin += block.size()) {
        block.clear();
        block.resize(std::min(block_rows, file.rows.size() - begin));
        for_each_in_parallel(block.size(), [&](std::size_t i) {
            check_stop();
            const Row& source = file.rows[begin + i];
            block[i] = chat ? encode_chat_row(source, *chat)
                            : encode_pair_or_text(source, file.kind == RowKind::prompt_completion);
        });
        for (auto& encoded : block) {
            if (auto* good = std::get_if<EncodedRow>(&encoded))
                row(std::move(*good));
            else
                bad(std::move(std::get<BadRow>(encoded)));
        }
    }
}

std::variant<EncodedRow, BadRow> RowEncoder::encode_pair_or_text(const Row& source, bool with_prompt) const {
    EncodedRow encoded;
    encoded.line = source.line;
    if (bos_) encoded.ids.push_back(*bos_);
    const auto append = [&](std::string_view text) {
        const auto ids = ids_of(text);
        encoded.ids.insert(encoded.ids.end(), ids.begin(), ids.end());
    };
    if (with_prompt) append(apply_template(format_.prompt_template, source.prompt));
    encoded.group = hash_text(with_prompt ? source.prompt : source.text);
    const auto prompt_size = static_cast<std::int64_t>(encoded.ids.size());
    append(source.text);
    if (eos_) encoded.ids.push_back(*eos_);
    const auto size = static_cast<std::int64_t>(encoded.ids.size());
    // Nothing precedes the first token, so it cannot be predicted.
    const std::int64_t masked = with_prompt ? std::max<std::int64_t>(prompt_size, 1) : 1;

    if (masked >= size)
        return BadRow{source.line, with_prompt ? "completion" : "text",
                      "is only " + std::to_string(size - (with_prompt ? prompt_size : 0)) +
                          " tokens long, so nothing can be predicted"};
    if (masked >= seq_len_)
        return BadRow{source.line, "prompt",
                      "takes " + std::to_string(prompt_size) + " tokens, so within the length of " +
                          std::to_string(seq_len_) +
                          " nothing of the completion is left; shorten it or raise the length"};
    encoded.trained.assign(encoded.ids.size(), 1);
    std::fill_n(encoded.trained.begin(), masked, std::uint8_t{0});
    return encoded;
}

std::variant<EncodedRow, BadRow> RowEncoder::encode_chat_row(const Row& source,
                                                             const ChatTemplate& chat) const {
    ChatOptions options;
    options.tools = source.tools;
    const auto rendered = chat.render_training(source.messages, options);
    if (!rendered) {
        std::string reason = rendered.error().message;
        if (reason.ends_with('.')) reason.pop_back();
        return BadRow{source.line, "messages", "cannot be put into the chat template: " + reason};
    }
    EncodedChat encoded = encode_chat(tokenizer_, *rendered);
    if (!encoded.trained.empty()) encoded.trained.front() = 0;  // nothing precedes it
    const auto first = std::find(encoded.trained.begin(), encoded.trained.end(), std::uint8_t{1});
    if (first == encoded.trained.end())
        return BadRow{source.line, "messages",
                      "hold no answer of the assistant once they are rendered, so nothing is trained"};
    if (first - encoded.trained.begin() >= seq_len_)
        return BadRow{source.line, "messages",
                      "take " + std::to_string(first - encoded.trained.begin()) +
                          " tokens before the first answer, so within the length of " +
                          std::to_string(seq_len_) + " nothing is trained; shorten them or raise the length"};
    std::string question;  // rows that ask the same belong together
    for (const ChatMessage& message : source.messages) {
        if (message.role == "assistant") break;
        question += message.role + '\0' + message.content + '\0';
    }
    return EncodedRow{source.line, hash_text(question), std::move(encoded.ids), std::move(encoded.trained)};
}

const char* trained_part(RowKind kind) {
    switch (kind) {
        case RowKind::prompt_completion:
            return "the completion and the end of the text";
        case RowKind::chat:
            return "the answers of the assistant, each with the end of its turn";
        case RowKind::text:
        case RowKind::plain_text:
            return "all of the text";
    }
    return "";
}

void RowEncoder::encode_plain_text(const Row& source, const std::function<void(EncodedRow&&)>& row,
                                   const std::function<void(BadRow&&)>& bad) const {
    std::vector<std::int32_t> stream;
    if (bos_) stream.push_back(*bos_);
    const auto ids = ids_of(source.text);
    stream.insert(stream.end(), ids.begin(), ids.end());
    if (eos_) stream.push_back(*eos_);
    const auto size = static_cast<std::int64_t>(stream.size());
    if (size < 2) return bad({source.line, "text", "is a single token, so nothing can be predicted"});

    std::int64_t line = source.line;
    // Neighbouring windows share a token: the last of one is the context of the next one's first prediction.
    const std::int64_t stride = seq_len_ - 1;
    for (std::int64_t begin = 0; begin + 1 < size; begin += stride) {
        const std::int64_t end = std::min(begin + seq_len_, size);
        EncodedRow window;
        window.line = line;
        window.group = hash_text(std::to_string(begin));
        window.ids.assign(stream.begin() + begin, stream.begin() + end);
        window.trained.assign(window.ids.size(), 1);
        window.trained.front() = 0;
        for (std::int64_t i = begin; i < std::min(begin + stride, size); ++i) {
            const std::string piece = tokenizer_.piece_text(stream[static_cast<std::size_t>(i)]);
            line += std::count(piece.begin(), piece.end(), '\n');
        }
        row(std::move(window));
    }
}

Example example_of(EncodedRow&& row, std::int64_t seq_len) {
    Example example;
    const auto keep = std::min<std::size_t>(row.ids.size(), static_cast<std::size_t>(seq_len));
    example.cut = static_cast<std::int64_t>(row.ids.size() - keep);
    example.ids = std::move(row.ids);
    example.ids.resize(keep);
    example.trained = std::move(row.trained);
    example.trained.resize(keep);
    example.line = row.line;
    example.group = row.group;
    return example;
}

}  // namespace engine
