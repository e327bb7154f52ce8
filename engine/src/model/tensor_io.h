// Between safetensors files and tensors.
#pragma once

#include "io/checkpoint.h"
#include "io/safetensors_writer.h"
#include "runtime/torch.h"

namespace engine {

at::ScalarType scalar_type_of(Dtype dtype);  // Failure for types libtorch cannot hold
Dtype dtype_of(at::ScalarType type);

// A tensor over the mapped bytes (kept alive by the tensor), without a copy where they are aligned to the element
// size, else a copy. It must not be written to.
at::Tensor map_tensor(const SafetensorsFile& file, const TensorEntry& entry);

// Contiguous CPU tensors by name into one file, atomically.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;
void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata = {});

std::span<const std::byte> bytes_of(const at::Tensor& contiguous_cpu_tensor);

}  // namespace engine
