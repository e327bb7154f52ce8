// Reader of GGUF files. Every count, length, offset and size is checked in 64-bit arithmetic before it is
// used and before memory is taken for it; a file that breaks a rule is a Failure (bad_input) with one
// sentence naming file and rule.
#pragma once

#include "gguf/gguf.h"
#include "io/file.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine {

// What stands before the data of a file.
struct GgufHeader {
    GgufMetadata metadata;
    std::vector<GgufTensor> tensors;  // in the order of the file, which is that of the offsets
    std::uint64_t alignment = gguf_default_alignment;
    std::uint64_t data_begin = 0;  // offset of the data in the file

    // bytes: the whole file. source names it in sentences. Tensors of a type that is not read here (other
    // quantisations) are refused.
    static GgufHeader parse(std::span<const std::byte> bytes, const std::string& source);

    const GgufValue* find(std::string_view key) const;  // nullptr when absent
};

// A mapped file; movable, cheap to open. Const functions may be called from several threads.
class GgufFile {
  public:
    static GgufFile open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return path_; }
    const GgufHeader& header() const { return header_; }
    const GgufTensor* find(std::string_view name) const;  // nullptr when absent

    std::span<const std::byte> bytes(const GgufTensor& tensor) const;
    // Values [first, first + out.size()) of the tensor in float32; both must be whole blocks.
    void read(const GgufTensor& tensor, std::int64_t first, std::span<float> out) const;
    // The pages of the tensor may leave memory; they are read again when asked for.
    void forget(const GgufTensor& tensor) const;

  private:
    std::filesystem::path path_;
    std::shared_ptr<const MappedFile> mapping_;
    GgufHeader header_;
    std::unordered_map<std::string_view, std::size_t> index_;
};

}  // namespace engine
