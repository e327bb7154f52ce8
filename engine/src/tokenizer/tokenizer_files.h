// The files of a tokenizer, brought into one form: that of tokenizer.json.
#pragma once

#include "io/json.h"
#include "tokenizer/sentencepiece.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace engine {

struct TokenizerFiles {
    std::string source;  // for sentences: the file that was read
    Json tokenizer;      // as tokenizer.json; without normalizer and model when there is a sentencepiece
    std::optional<SentencePieceFile> sentencepiece;
    PrefixPlace prefix = PrefixPlace::every_segment;  // for sentencepiece
    Json added_later;  // more added tokens, same form as tokenizer["added_tokens"]; those known already are
                       // skipped
    std::optional<std::string> bos, eos, pad, unk;
    std::optional<std::string> cls, sep;
    std::vector<std::string> other_special;     // cls, sep, mask, additional_special_tokens
    std::optional<std::int64_t> config_bos_id;  // from generation_config.json or config.json
    std::vector<std::int64_t> config_eos_ids;
};

// Every file of a folder, beside config.json, that read_tokenizer_files may look into.
inline constexpr std::array tokenizer_file_names = {"tokenizer.json",    "tokenizer_config.json",
                                                    "vocab.json",        "merges.txt",
                                                    "tokenizer.model",   "spm.model",
                                                    "spiece.model",      "sentencepiece.bpe.model",
                                                    "sentencepiece.model",
                                                    "vocab.txt",         "special_tokens_map.json",
                                                    "added_tokens.json", "generation_config.json"};

bool has_tokenizer_files(const std::filesystem::path& folder);

// Failure (bad_input) when files are missing or damaged.
TokenizerFiles read_tokenizer_files(const std::filesystem::path& folder);

}  // namespace engine
