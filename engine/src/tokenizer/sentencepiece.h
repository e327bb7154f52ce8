// The steps of a tokenizer that a SentencePiece model file describes.
#pragma once

#include "tokenizer/added_tokens.h"
#include "tokenizer/model.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/sentencepiece_file.h"

namespace engine {

// Where the space goes that belongs in front of a text.
enum class PrefixPlace {
    every_segment,  // also after each special token: sentencepiece itself, and Llama's "legacy" behaviour
    start,          // only where the input begins
    nowhere
};

struct SentencePieceParts {
    std::unique_ptr<const Normalizer> normalizer;
    std::unique_ptr<const PreTokenizer> pre_tokenizer;  // may be null
    std::unique_ptr<TokenModel> model;
    // Pieces that the user of the trainer defined: found in the text before BPE, whatever is around them.
    std::vector<AddedToken> user_defined;
};

SentencePieceParts make_sentencepiece(const SentencePieceFile& file, PrefixPlace prefix,
                                      const std::string& source);

}  // namespace engine
