#include "data/encoder.h"

#include "data/seeded.h"

#include <engine/error.h>

#include <algorithm>
#include <array>

namespace engine {
namespace {

constexpr std::string_view placeholder = "{prompt}";
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

RowEncoder::RowEncoder(const Tokenizer& tokenizer, const std::string& prompt_template, std::int64_t seq_len)
    : tokenizer_(tokenizer),
      template_(prompt_template),
      seq_len_(seq_len),
      bos_(added_bos(tokenizer)),
      eos_(tokenizer.eos_id()) {
    apply_template(prompt_template, {});
    if (seq_len < 2)
        fail_input("The length is " + std::to_string(seq_len) + " tokens: it must be at least 2.");
}

std::vector<std::int32_t> RowEncoder::ids_of(std::string_view text) const {
    return tokenizer_.encode(text, as_data);
}

void RowEncoder::encode(const RowFile& file, const std::function<void(EncodedRow&&)>& row,
                        const std::function<void(BadRow&&)>& bad,
                        const std::function<void()>& check_stop) const {
    for (const Row& source : file.rows) {
        check_stop();
        if (file.kind == RowKind::plain_text) {
            encode_plain_text(source, row, bad);
            continue;
        }
        EncodedRow encoded;
        encoded.line = source.line;
        if (bos_) encoded.ids.push_back(*bos_);
        const auto append = [&](std::string_view text) {
            const auto ids = ids_of(text);
            encoded.ids.insert(encoded.ids.end(), ids.begin(), ids.end());
        };
        const bool with_prompt = file.kind == RowKind::prompt_completion;
        if (with_prompt) append(apply_template(template_, source.prompt));
        encoded.group = hash_text(with_prompt ? source.prompt : source.text);
        const auto prompt_size = static_cast<std::int64_t>(encoded.ids.size());
        append(source.text);
        if (eos_) encoded.ids.push_back(*eos_);
        const auto size = static_cast<std::int64_t>(encoded.ids.size());
        // Nothing precedes the first token, so it cannot be predicted.
        encoded.masked = with_prompt ? std::max<std::int64_t>(prompt_size, 1) : 1;

        if (encoded.masked >= size)
            bad({source.line, with_prompt ? "completion" : "text",
                 "is only " + std::to_string(size - (with_prompt ? prompt_size : 0)) +
                     " tokens long, so nothing can be predicted"});
        else if (encoded.masked >= seq_len_)
            bad({source.line, "prompt",
                 "takes " + std::to_string(prompt_size) + " tokens, so within the length of " +
                     std::to_string(seq_len_) +
                     " nothing of the completion is left; shorten it or raise the length"});
        else
            row(std::move(encoded));
    }
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
        window.masked = 1;
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
    example.trained.assign(keep, 1);
    std::fill_n(example.trained.begin(), std::min<std::size_t>(keep, static_cast<std::size_t>(row.masked)),
                std::uint8_t{0});
    example.line = row.line;
    example.group = row.group;
    return example;
}

}  // namespace engine
