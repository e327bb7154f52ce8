// Tokenizer files with one token per byte (id = its place in the byte-level alphabet) and <|endoftext|> =
// 256: token counts in the tests are byte counts.
#pragma once

#include "io/file.h"
#include "io/json.h"
#include "tokenizer/text.h"

#include <filesystem>
#include <string>

inline constexpr int end_of_text = 256;

inline void write_byte_tokenizer(const std::filesystem::path& folder, bool add_bos = false) {
    using namespace engine;
    Json vocabulary = Json::object();
    for (int byte = 0; byte < 256; ++byte) vocabulary[byte_spelling(static_cast<unsigned char>(byte))] = byte;
    const Json special = {
        {"id", end_of_text}, {"content", "<|endoftext|>"}, {"special", true},    {"lstrip", false},
        {"rstrip", false},   {"single_word", false},       {"normalized", false}};
    Json file = {{"version", "1.0"},
                 {"added_tokens", Json::array({special})},
                 {"normalizer", nullptr},
                 {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
                 {"post_processor", nullptr},
                 {"decoder", {{"type", "ByteLevel"}}},
                 {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}};
    if (add_bos) {
        const Json bos = {{"SpecialToken", {{"id", "<|endoftext|>"}, {"type_id", 0}}}};
        const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
        const Json pair = {{"Sequence", {{"id", "B"}, {"type_id", 1}}}};
        file["post_processor"] = {
            {"type", "TemplateProcessing"},
            {"single", Json::array({bos, text})},
            {"pair", Json::array({bos, text, pair})},
            {"special_tokens",
             {{"<|endoftext|>",
               {{"id", "<|endoftext|>"}, {"ids", {end_of_text}}, {"tokens", {"<|endoftext|>"}}}}}}};
    }
    atomic_write_text(folder / "tokenizer.json", dump_json(file));
    atomic_write_text(folder / "tokenizer_config.json",
                      R"({"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "add_bos_token": )" +
                          std::string(add_bos ? "true" : "false") + "}");
}
