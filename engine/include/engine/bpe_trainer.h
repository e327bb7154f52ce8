// Trains a byte-level BPE vocabulary (Sennrich et al. 2016, arXiv:1508.07909) and writes it as tokenizer
// files. Deterministic: the same text and options give the same files on every machine. Used to make the
// built-in model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine {

// GPT-2's split with every digit on its own, so that numbers are spelled and a small vocabulary stays free of
// them.
extern const char* const default_split_pattern;

struct BpeTrainerOptions {
    std::int64_t vocab_size =
        2048;  // special tokens + 256 bytes + merges; fewer when the text has no more pairs
    std::int64_t min_frequency = 2;  // a pair seen less often is not merged
    std::vector<std::string> special_tokens = {"<|bos|>", "<|eos|>",
                                               "<|pad|>"};  // ids 0, 1, 2 ...; cut out of the text
    std::string split_pattern;                              // empty: default_split_pattern
};

struct TrainedBpe {
    std::vector<std::string> vocabulary;  // id -> token in byte-level spelling; special first
    std::vector<std::pair<std::string, std::string>> merges;  // in order of rank
    std::int64_t special_count = 0;
    std::string split_pattern;
};

// text: UTF-8 (invalid bytes count as U+FFFD). About a second per few MB of ordinary text.
TrainedBpe train_bpe(std::string_view text, const BpeTrainerOptions& options);

struct TokenizerRoles {
    std::optional<std::string> bos, eos, pad;
    bool add_bos = true;  // encode() puts bos in front
    std::int64_t model_max_length = 1024;
};

// Writes tokenizer.json and tokenizer_config.json into folder.
void write_tokenizer(const TrainedBpe& trained, const TokenizerRoles& roles,
                     const std::filesystem::path& folder);

}  // namespace engine
