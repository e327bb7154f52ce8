// Writing whole models as Hugging Face folders.
#pragma once

#include <filesystem>
#include <functional>

#include "engine/export.h"
#include "exporting/merged_weights.h"
#include "model/decoder.h"

namespace engine {

// Every weight as it stands in memory, f32, with config.json and tokenizer files of source. Files are replaced one by
// one, each atomically.
void write_model_folder(const Decoder& decoder, const std::filesystem::path& source, const std::filesystem::path& folder,
                        StoredDtype dtype = StoredDtype::f32);

// base + adapters, piece by piece from the mapped checkpoint (merged_weights.h). Casts once to the stored type; untouched
// tensors of unchanged type are copied byte for byte. progress(fraction) may throw to stop.
std::vector<std::string> write_merged_folder(MergedWeights& weights, StoredDtype dtype, int64_t max_shard_bytes,
                                             const std::filesystem::path& folder,
                                             const std::function<void(double)>& progress);

// config.json of source with torch_dtype as stored, tokenizer and generation files copied when they are there.
// Returns the names written.
std::vector<std::string> copy_companions(const std::filesystem::path& source, const Architecture& architecture,
                                         const std::string& torch_dtype, const std::filesystem::path& folder);

}  // namespace engine
