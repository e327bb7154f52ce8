// What a GGUF file with rounded matrices holds, as numbers: so that whoever computes with the file can be compared with the
// engine on the very same weights, however coarse the rounding was.
#pragma once

#include <filesystem>
#include <vector>

#include "gguf/gguf_reader.h"

namespace support {

// All values of a tensor of the file.
std::vector<float> values_of(const engine::GgufFile& file, const engine::GgufTensor& tensor);

// The GGUF file once more, every tensor in F32 with the values that the file holds.
void write_values_file(const std::filesystem::path& file, const std::filesystem::path& out);

// The Hugging Face folder merged, in F32, from which file was made, with the values of file in place of every matrix that
// file rounds. What file holds in F32 stays merged's own. folder must not be there.
void write_values_folder(const std::filesystem::path& merged, const std::filesystem::path& file,
                         const std::filesystem::path& folder);

}  // namespace support
