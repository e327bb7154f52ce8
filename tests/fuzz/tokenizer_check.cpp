#include "fuzz/tokenizer_check.h"

#include "engine/error.h"
#include "fuzz/driver.h"
#include "gguf/tokenizer_keys.h"
#include "tokenizer/text.h"

namespace {

constexpr std::string_view texts[] = {
    "",
    " ",
    "The tower  leans, and nobody's mind's made up.\n\n\tIt won't fall!",
    "caf\xC3\xA9 cafe\xCC\x81 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80 \xEF\xAC\x81 \xC4\xB0 12345",
    "<s>a</s> [CLS] b [SEP] <0x41> \xE2\x96\x81\xE2\x96\x81x <unk>",
    "\xFF\xC0\xAF\xED\xA0\x80 a",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

// As llama.cpp is told of it; most are refused.
void check_export(const engine::TokenizerFiles& files, const engine::Tokenizer& tokenizer) {
    const std::int64_t rows = tokenizer.vocab_size() + 2;
    if (rows > 100'000) return;  // ids with a large gap: the file would be as long
    engine::GgufTokenizer keys;
    try {
        keys = engine::gguf_tokenizer(files, tokenizer, rows);
    } catch (const engine::Failure&) {
        return;
    }
    for (const auto& [key, value] : keys.keys)
        for (const char* by_id : {"tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.scores"})
            if (key == by_id && value.as<engine::GgufArray>()->items.size() != static_cast<std::size_t>(rows))
                fuzz::fail("a list of tokens that is not as long as the embedding");
}

}  // namespace

void fuzz::check_tokenizer(const engine::TokenizerFiles& files) {
    const engine::Tokenizer tokenizer(std::make_shared<const engine::Tokenizer::State>(files));
    for (const std::string_view text : texts) {
        for (const bool special : {true, false}) {
            const auto ids =
                tokenizer.encode(text, {.add_special_tokens = special, .parse_special = special});
            for (const std::int32_t id : ids)
                if (!tokenizer.contains(id)) fail("an id outside the vocabulary");
            const std::string decoded = tokenizer.decode(ids, !special);
            if (engine::valid_utf8(decoded) != decoded) fail("a decoded text that is not UTF-8");
            engine::StreamDecoder stream(tokenizer, !special);
            std::string streamed;
            for (const std::int32_t id : ids) streamed += stream.push(id);
            streamed += stream.flush();
            if (engine::valid_utf8(streamed) != streamed) fail("a streamed text that is not UTF-8");
        }
    }
    if (tokenizer.vocab_size() < 0 || tokenizer.contains(static_cast<std::int32_t>(tokenizer.vocab_size())))
        fail("a vocabulary beyond its size");
    check_export(files, tokenizer);
}
