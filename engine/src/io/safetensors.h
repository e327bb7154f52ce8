// Reader of safetensors files. Every rule of the format is checked before a byte of data is touched: header
// length, UTF-8, JSON shape, dtypes, offsets that tile the data without hole or overlap, sizes in
// overflow-checked 64-bit arithmetic, no duplicate name. A file that breaks one is a Failure (bad_input)
// naming file, tensor and rule.
#pragma once

#include "io/file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine {

enum class Dtype {
    f64,
    f32,
    f16,
    bf16,
    i64,
    i32,
    i16,
    i8,
    u64,
    u32,
    u16,
    u8,
    boolean,
    c64,
    f8_e4m3,
    f8_e5m2,
    f8_e8m0
};

std::size_t size_of(Dtype dtype);       // bytes per element
std::string_view name_of(Dtype dtype);  // as in the header: "F32", "BF16", ...
std::optional<Dtype> dtype_from_name(std::string_view name);

struct TensorEntry {
    std::string name;
    Dtype dtype = Dtype::f32;
    std::vector<std::int64_t> shape;  // [] is a scalar, a 0 is allowed
    std::uint64_t begin = 0;          // relative to the start of the data
    std::uint64_t end = 0;            // exclusive

    std::int64_t numel() const;
    std::uint64_t byte_size() const { return end - begin; }
};

// Entries are sorted by offset. The whole header, nothing of the data.
class SafetensorsHeader {
  public:
    // Parses and checks the JSON text of a header whose data part is data_size bytes long.
    static SafetensorsHeader parse(std::string_view json, std::uint64_t data_size, const std::string& source);

    // Reads only the first bytes of the file.
    static SafetensorsHeader read(const std::filesystem::path& path);
    static SafetensorsHeader read(const FileDescriptor& file, const std::filesystem::path& path,
                                  std::uint64_t file_size);

    const std::vector<TensorEntry>& entries() const { return entries_; }
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    const TensorEntry* find(std::string_view name) const;     // nullptr when absent
    std::uint64_t data_begin() const { return data_begin_; }  // offset of the data in the file
    std::uint64_t data_size() const { return data_size_; }

  private:
    std::vector<TensorEntry> entries_;
    std::map<std::string, std::string> metadata_;
    std::unordered_map<std::string, std::size_t> index_;
    std::uint64_t data_begin_ = 0;
    std::uint64_t data_size_ = 0;
};

// A mapped file. Movable, cheap to open (only the header is read). bytes() stay valid as long as any holder
// of mapping() lives, so a tensor can alias them without a copy. Offsets need not be aligned to the element
// size.
class SafetensorsFile {
  public:
    static SafetensorsFile open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return path_; }
    const SafetensorsHeader& header() const { return header_; }
    const std::vector<TensorEntry>& entries() const { return header_.entries(); }
    const std::map<std::string, std::string>& metadata() const { return header_.metadata(); }
    const TensorEntry* find(std::string_view name) const { return header_.find(name); }

    std::span<const std::byte> bytes(const TensorEntry& entry) const;
    std::span<const std::byte> bytes(std::string_view name) const;  // Failure when absent
    const std::shared_ptr<const MappedFile>& mapping() const { return mapping_; }

  private:
    std::filesystem::path path_;
    SafetensorsHeader header_;
    std::shared_ptr<const MappedFile> mapping_;
};

}  // namespace engine
