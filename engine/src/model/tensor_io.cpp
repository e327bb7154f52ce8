#include "model/tensor_io.h"

#include "engine/error.h"

namespace engine {
namespace {

constexpr std::pair<Dtype, at::ScalarType> types[] = {
    {Dtype::f64, at::kDouble}, {Dtype::f32, at::kFloat}, {Dtype::f16, at::kHalf},  {Dtype::bf16, at::kBFloat16},
    {Dtype::i64, at::kLong},   {Dtype::i32, at::kInt},   {Dtype::i16, at::kShort}, {Dtype::i8, at::kChar},
    {Dtype::u8, at::kByte},    {Dtype::boolean, at::kBool}};

}  // namespace

at::ScalarType scalar_type_of(Dtype dtype) {
    for (const auto& [ours, theirs] : types) {
        if (ours == dtype) return theirs;
    }
    fail_input("Tensors of type " + std::string(name_of(dtype)) + " cannot be used here; F32, F16 and BF16 can.");
}

Dtype dtype_of(at::ScalarType type) {
    for (const auto& [ours, theirs] : types) {
        if (theirs == type) return ours;
    }
    throw std::logic_error("tensor type without a safetensors name");
}

at::Tensor map_tensor(const SafetensorsFile& file, const TensorEntry& entry) {
    const auto bytes = file.bytes(entry);
    const auto options = at::TensorOptions().dtype(scalar_type_of(entry.dtype));
    if (bytes.empty()) return at::empty(entry.shape, options);
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % size_of(entry.dtype) != 0) {
        at::Tensor copy = at::empty(entry.shape, options);
        std::memcpy(copy.data_ptr(), bytes.data(), bytes.size());
        return copy;
    }
    return at::from_blob(const_cast<std::byte*>(bytes.data()), entry.shape,
                         [owner = file.mapping()](void*) mutable { owner.reset(); }, options);
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.nbytes())};
}

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
    std::vector<at::Tensor> kept;
    std::vector<TensorBytes> parts;
    for (const auto& [name, tensor] : tensors) {
        kept.push_back(tensor.detach().to(at::kCPU).contiguous());
        parts.push_back({{name, dtype_of(tensor.scalar_type()), tensor.sizes().vec()}, bytes_of(kept.back())});
    }
    write_safetensors(path, metadata, parts);
}

}  // namespace engine
