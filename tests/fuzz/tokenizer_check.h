// What both tokenizer targets do with a tokenizer that was loaded.
#pragma once

#include "tokenizer/tokenizer_state.h"

namespace fuzz {

// Encodes and decodes a few texts and fails when a promise of engine/tokenizer.h is broken.
void check_tokenizer(const engine::TokenizerFiles& files);

}  // namespace fuzz
