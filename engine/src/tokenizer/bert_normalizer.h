// The normalizers that work character by character: BERT's (Devlin et al. 2018, released code) and that of
// sentencepiece's "nmt" rules.
#pragma once

#include "tokenizer/normalizer.h"

#include <string_view>

namespace engine {

std::string lowercase(std::string_view text);

std::unique_ptr<const Normalizer> make_bert_normalizer(const Json& description, const std::string& source);
std::unique_ptr<const Normalizer> make_nmt_normalizer();

}  // namespace engine
