// Writers of safetensors: one file, or a checkpoint split into shards with its index. Streaming: the plan is
// given first, then the bytes of each tensor in the order of plan(); nothing appears under the final names
// before commit().
#pragma once

#include "io/file.h"
#include "io/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace engine {

struct PlannedTensor {
    std::string name;
    Dtype dtype = Dtype::f32;
    std::vector<std::int64_t> shape;
};

// begin and end are filled in; order: descending element size, then name. Duplicate names are a Failure.
std::vector<TensorEntry> lay_out(std::vector<PlannedTensor> tensors);

class SafetensorsWriter {
  public:
    // metadata gets "format": "pt" unless the caller set it.
    SafetensorsWriter(const std::filesystem::path& path, std::map<std::string, std::string> metadata,
                      std::vector<PlannedTensor> tensors);
    SafetensorsWriter(SafetensorsWriter&&) = default;

    const std::vector<TensorEntry>& plan() const { return plan_; }

    // The next bytes, in the order of plan(); a tensor may come in several pieces. name is the tensor they
    // belong to and is checked against the plan.
    void append(const std::string& name, std::span<const std::byte> bytes);

    // Checks that everything was appended, syncs and renames.
    void commit();

  private:
    AtomicFile file_;
    std::vector<TensorEntry> plan_;
    std::size_t current_ = 0;
    std::uint64_t written_ = 0;
};

// One tensor held in memory: the convenient form for small files (adapters, results).
struct TensorBytes {
    PlannedTensor tensor;
    std::span<const std::byte> bytes;
};
void write_safetensors(const std::filesystem::path& path, std::map<std::string, std::string> metadata,
                       const std::vector<TensorBytes>& tensors);

inline constexpr std::uint64_t default_shard_bytes = 5'000'000'000;

// A model's weights in folder: model.safetensors when they fit in one shard, else
// model-0000i-of-0000N.safetensors and model.safetensors.index.json. Tensors are assigned to shards in the
// given order, so neighbours stay together. A single tensor larger than max_shard_bytes gets a shard of its
// own.
class CheckpointWriter {
  public:
    CheckpointWriter(std::filesystem::path folder, std::vector<PlannedTensor> tensors,
                     std::uint64_t max_shard_bytes = default_shard_bytes);

    // Every tensor in the order in which the bytes are expected (shard by shard).
    const std::vector<TensorEntry>& plan() const { return plan_; }
    void append(const std::string& name, std::span<const std::byte> bytes);

    // Names of the weight files, and of the index when there is one; complete after commit().
    std::vector<std::string> file_names() const;
    void commit();

  private:
    struct Shard {
        std::string file_name;
        std::vector<PlannedTensor> tensors;
        std::uint64_t bytes = 0;
    };
    void open_next();

    std::filesystem::path folder_;
    std::vector<Shard> shards_;
    std::vector<TensorEntry> plan_;
    std::size_t next_shard_ = 0;
    std::vector<SafetensorsWriter> writers_;  // all but the last complete, none committed before commit()
};

}  // namespace engine
