// float32 to the stored types and back, value for value as ggml computes them.
#pragma once

#include "gguf/gguf.h"

#include <cstddef>
#include <span>
#include <vector>

namespace engine {

std::uint16_t f16_from_float(float value);  // to nearest, ties to even; beyond the range: infinity
float float_from_f16(std::uint16_t half);
std::uint16_t bf16_from_float(float value);  // to nearest, ties to even
float float_from_bf16(std::uint16_t value);

// Appends the stored form of values to out. Q8_0: blocks of 32 with scale d = max|x| / 127 kept as f16 and
// q = x / d rounded half away from zero; values.size() must be a whole number of blocks.
void encode_values(GgufType type, std::span<const float> values, std::vector<std::byte>& out);

// bytes must be stored_bytes(type, out.size()) long.
void decode_values(GgufType type, std::span<const std::byte> bytes, std::span<float> out);

}  // namespace engine
