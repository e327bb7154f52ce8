// How llama.cpp lays out an encoder (layout.h): its architecture "bert", which is BERT and RoBERTa with a
// head for classes.
#pragma once

#include "gguf/layout.h"

#include <string>
#include <vector>

namespace engine {

// What llama.cpp's graph cannot do for this encoder, as the part of a sentence behind "llama.cpp cannot run
// this model: "; empty when it can.
std::string encoder_mismatch(const Architecture& encoder);
std::vector<std::string> encoder_notes(const Architecture& encoder);
// All but what stands in every layer's projections, which are named as those of a decoder.
std::vector<GgufSource> encoder_sources(const Architecture& encoder);
// Beside those that every model has.
GgufMetadata encoder_settings(const Architecture& encoder);

}  // namespace engine
