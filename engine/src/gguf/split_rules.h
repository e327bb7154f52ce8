// Which of llama.cpp's built-in rules splits text as the "normalizer" and "pre_tokenizer" of a tokenizer.json
// do.
#pragma once

#include "io/json.h"

#include <string>
#include <vector>

namespace engine {

struct SplitRule {
    std::string model;  // tokenizer.ggml.model: "gpt2" (byte-level BPE), "llama" (SentencePiece BPE) or "t5" (unigram)
    std::string pre;    // tokenizer.ggml.pre
    bool space_prefix = false;       // SentencePiece: a space is put in front of a text
    std::vector<std::string> notes;  // what differs for some texts, as sentences
};

// tokenizer: a whole tokenizer.json of a BPE model. Failure (bad_input) for a split that llama.cpp does not
// know.
SplitRule split_rule(const Json& tokenizer, const std::string& source);

}  // namespace engine
