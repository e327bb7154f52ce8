// Writer of GGUF files, streaming: everything before the data is written at once from the plan, then the
// bytes of each tensor in the order of the plan. The file appears under its name only with commit().
#pragma once

#include "gguf/gguf.h"
#include "io/file.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace engine {

class GgufWriter {
  public:
    // Offsets of the tensors are filled in. A repeated name or key, or a name that the format has no room
    // for, is a Failure.
    GgufWriter(const std::filesystem::path& path, const GgufMetadata& metadata,
               std::vector<GgufTensor> tensors);

    const std::vector<GgufTensor>& plan() const { return plan_; }

    // The next bytes of the tensor whose turn it is; it may come in several pieces.
    void append(const std::string& name, std::span<const std::byte> bytes);

    // Checks that everything is there, syncs and renames.
    void commit();

  private:
    void pad();

    AtomicFile file_;
    std::vector<GgufTensor> plan_;
    std::size_t current_ = 0;
    std::uint64_t written_ = 0;  // of the current tensor
};

}  // namespace engine
