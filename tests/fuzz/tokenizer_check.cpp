#include "fuzz/tokenizer_check.h"

#include "fuzz/driver.h"
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
}
