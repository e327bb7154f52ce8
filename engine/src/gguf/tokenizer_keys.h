// The tokenizer of a model folder as GGUF metadata (tokenizer.*), so that llama.cpp makes the same tokens.
#pragma once

#include "engine/tokenizer.h"
#include "gguf/gguf.h"
#include "tokenizer/tokenizer_files.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace engine {

struct GgufTokenizer {
    GgufMetadata keys;
    std::vector<std::string> notes;  // texts whose tokens differ in llama.cpp, as sentences
    // Its special tokens take the spaces behind them along as Phi-3's do, see greedy_tokens.h.
    bool spaces_like_phi3 = false;
};

// rows: of the model's embedding; ids without a token are filled up. Failure (bad_input) when there is no
// tokenizer, or one that llama.cpp would not reproduce. chat_template: this file instead of the folder's own.
GgufTokenizer gguf_tokenizer(const std::filesystem::path& folder, std::int64_t rows,
                             const std::filesystem::path& chat_template = {});

// The same of files that are read already, without a template. tokenizer: made of them.
GgufTokenizer gguf_tokenizer(TokenizerFiles files, Tokenizer tokenizer, std::int64_t rows);

}  // namespace engine
