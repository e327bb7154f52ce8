// Which of llama.cpp's built-in rules splits text as the "normalizer" and "pre_tokenizer" of a tokenizer.json
// do.
#pragma once

#include "io/json.h"

#include <string>
#include <vector>

namespace engine {

struct SplitRule {
    // tokenizer.ggml.model: "gpt2" (byte-level BPE), "llama" (SentencePiece BPE), "t5" (unigram) or "bert"
    // (WordPiece)
    std::string model;
    std::string pre;            // tokenizer.ggml.pre
    bool space_prefix = false;  // SentencePiece: a space is put in front of a text
    bool remove_extra_whitespaces =
        false;                    // unigram: words have one mark in front, however many spaces there were
    bool split_at_marks = false;  // unigram: no token reaches beyond the mark of the next word
    std::string chars_map;        // unigram: rules of normalisation as bytes
    bool lowercase = false, strip_accents = false;  // WordPiece
    std::vector<std::string> notes;                 // what differs for some texts, as sentences
};

// tokenizer: a whole tokenizer.json. Failure (bad_input) for a model or a split that llama.cpp does not know.
SplitRule split_rule(const Json& tokenizer, const std::string& source);
// The same for one kind of model each.
SplitRule unigram_rule(const Json& tokenizer, const std::string& source);
SplitRule wordpiece_rule(const Json& tokenizer, const std::string& source);

}  // namespace engine
