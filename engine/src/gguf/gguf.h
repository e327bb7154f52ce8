// The GGUF container, version 3: typed metadata, then tensor descriptions, then aligned data. Everything
// little-endian. The description followed is ggml's docs/gguf.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace engine {

inline constexpr std::uint32_t gguf_magic = 0x46554747;  // "GGUF" read as a little-endian number
inline constexpr std::uint32_t gguf_version = 3;
inline constexpr std::uint64_t gguf_default_alignment = 32;
inline constexpr std::size_t gguf_max_dimensions = 4;
inline constexpr std::size_t gguf_max_tensor_name = 63;

struct GgufValue;

// Elements are all of one type; element is its code. Arrays of arrays are not used by anybody and refused.
struct GgufArray {
    std::uint32_t element = 0;
    std::vector<GgufValue> items;
};

// The alternatives stand in the order of the type codes of the format, so index() is the code.
struct GgufValue {
    using Variant =
        std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                     float, bool, std::string, GgufArray, std::uint64_t, std::int64_t, double>;
    Variant value;

    std::uint32_t type() const { return static_cast<std::uint32_t>(value.index()); }
    // nullptr when the value is of another type.
    template <class T>
    const T* as() const {
        return std::get_if<T>(&value);
    }
};

// A one-dimensional array of T; empty arrays keep their element type.
template <class T>
GgufValue gguf_array(const std::vector<T>& items) {
    GgufArray array;
    array.element = static_cast<std::uint32_t>(GgufValue::Variant(T{}).index());
    array.items.reserve(items.size());
    for (const T& item : items) array.items.push_back({item});
    return {std::move(array)};
}

// In the order of the file.
using GgufMetadata = std::vector<std::pair<std::string, GgufValue>>;

// How the values of a tensor are stored. The numbers are those of the file.
enum class GgufType : std::uint32_t { f32 = 0, f16 = 1, q8_0 = 8, bf16 = 30 };

std::string_view name_of(GgufType type);                       // "F32", "Q8_0"
std::optional<GgufType> gguf_type_from(std::uint32_t number);  // only those that are read and written here
std::int64_t block_values(GgufType type);  // values that are stored together: 1, or 32 for Q8_0
std::int64_t block_bytes(GgufType type);   // bytes of such a block

// Bytes of rows x columns values; columns must be a whole number of blocks.
std::uint64_t stored_bytes(GgufType type, std::uint64_t values);

struct GgufTensor {
    std::string name;
    GgufType type = GgufType::f32;
    std::vector<std::int64_t> shape;  // slowest first, as everywhere else here; the file has it reversed
    std::uint64_t offset = 0;         // from the start of the data, a multiple of the alignment

    std::int64_t numel() const;
    std::uint64_t byte_size() const { return stored_bytes(type, static_cast<std::uint64_t>(numel())); }
};

}  // namespace engine
