// What a data report shows for the eye: how long the rows are, and a few of them token by token.
#pragma once

#include <engine/data.h>
#include <engine/tokenizer.h>

namespace engine {

inline constexpr std::int64_t most_preview_tokens = 4096;

// The token as text; bytes that are no complete character as \xNN, special tokens by their names.
std::string preview_text(const Tokenizer& tokenizer, std::int32_t id);

// Bins of a width 1, 2 or 5 times a power of ten, few enough to be seen.
std::vector<HistogramBin> histogram_of(const std::vector<std::int64_t>& lengths);

}  // namespace engine
