// Writing whole models as Hugging Face folders.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "engine/export.h"
#include "lora/adapter_set.h"
#include "model/decoder.h"

namespace engine {

// Every weight as it stands in memory, f32, with config.json and tokenizer files of source. Files are replaced one by
// one, each atomically.
void write_model_folder(const Decoder& decoder, const std::filesystem::path& source, const std::filesystem::path& folder,
                        StoredDtype dtype = StoredDtype::f32);

// base + adapters, tensor by tensor from the mapped checkpoint: needs memory for one tensor. Sums in f32 and casts once
// to the stored type; untouched tensors of unchanged type are copied byte for byte. progress(fraction).
std::vector<std::string> write_merged_folder(const std::filesystem::path& base, const Architecture& architecture,
                                             const AdapterSet& adapters, StoredDtype dtype, int64_t max_shard_bytes,
                                             const std::filesystem::path& folder,
                                             const std::function<void(double)>& progress, std::stop_token stop);

// config.json of source with torch_dtype as stored, tokenizer and generation files copied when they are there.
// Returns the names written.
std::vector<std::string> copy_companions(const std::filesystem::path& source, const Architecture& architecture,
                                         const std::string& torch_dtype, const std::filesystem::path& folder);

}  // namespace engine
