// tokenizer.model: a SentencePiece file.
#include "fuzz/driver.h"
#include "fuzz/tokenizer_check.h"

const fuzz::Target fuzz::target{"tokenizer_model",
                                {"\x0A\x05<unk>", "\x18\x01", "\x18\x02", "\x18\x03", "\x18\x04", "\x18\x05",
                                 "\x18\x06", "\x12\x02\x18\x02", "\x12\x03\x98\x02\x01", "\x1A\x02\x18\x01",
                                 "\x1A\x02\x20\x01", "\xE2\x96\x81", "<0x41>", "<s>"}};

void fuzz::read_input(std::string_view input) {
    for (const engine::PrefixPlace prefix :
         {engine::PrefixPlace::every_segment, engine::PrefixPlace::start}) {
        engine::TokenizerFiles files;
        files.source = "the model";
        files.added_later = engine::Json::array();
        files.tokenizer = engine::Json::object();
        files.sentencepiece = engine::parse_sentencepiece(input, files.source);
        files.prefix = prefix;
        files.tokenizer["decoder"] = {{"type", "Sequence"},
                                      {"decoders", {{{"type", "ByteFallback"}}, {{"type", "Fuse"}}}}};
        check_tokenizer(files);
    }
}
