// The weights of a Hugging Face model folder: model.safetensors, or model.safetensors.index.json with its
// shards. Opening reads headers only (cheap even for hundreds of shards) and checks that index and shards
// agree.
#pragma once

#include "io/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine {

struct CheckpointTensor {
    const SafetensorsFile* file = nullptr;
    const TensorEntry* entry = nullptr;
    explicit operator bool() const { return entry != nullptr; }
    std::span<const std::byte> bytes() const { return file->bytes(*entry); }
    const std::shared_ptr<const MappedFile>& mapping() const { return file->mapping(); }
};

// Immutable after open(); const functions may be called from several threads. Movable.
class Checkpoint {
  public:
    // Failure (bad_input) when the folder or its weight files are missing or break a rule; the sentence names
    // the file.
    static Checkpoint open(const std::filesystem::path& folder);

    const std::filesystem::path& folder() const { return folder_; }
    const std::vector<SafetensorsFile>& files() const { return files_; }
    bool sharded() const { return sharded_; }
    std::size_t tensor_count() const { return index_.size(); }
    std::uint64_t data_bytes() const;        // sum over the tensors
    std::vector<std::string> names() const;  // sorted

    CheckpointTensor find(std::string_view name) const;     // empty when absent
    CheckpointTensor require(std::string_view name) const;  // Failure when absent

  private:
    void index_tensors();
    void compare_with(const std::map<std::string, std::string>& weight_map) const;

    std::filesystem::path folder_;
    std::vector<SafetensorsFile> files_;
    bool sharded_ = false;
    std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> index_;  // name -> file, entry
};

// Whether the folder holds weights that Checkpoint::open would look at.
bool has_checkpoint(const std::filesystem::path& folder);

// SHA-256 over config.json and, for each weight file in name order: its name, size, header, and the first and
// last 64 KiB of its data. A fingerprint: quick even for large models and it notices another model or another
// training run, but a change in the middle of a file only can escape it.
std::string fingerprint_of_model(const std::filesystem::path& folder);

}  // namespace engine
