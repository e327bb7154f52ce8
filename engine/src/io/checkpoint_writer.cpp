#include "engine/error.h"
#include "io/json.h"
#include "io/safetensors_writer.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace engine {

CheckpointWriter::CheckpointWriter(std::filesystem::path folder, std::vector<PlannedTensor> tensors,
                                   std::uint64_t max_shard_bytes)
    : folder_(std::move(folder)) {
    for (PlannedTensor& tensor : tensors) {
        std::uint64_t bytes = size_of(tensor.dtype);
        for (const std::int64_t dimension : tensor.shape) bytes *= static_cast<std::uint64_t>(dimension);
        if (shards_.empty() ||
            (!shards_.back().tensors.empty() && shards_.back().bytes + bytes > max_shard_bytes))
            shards_.emplace_back();
        shards_.back().bytes += bytes;
        shards_.back().tensors.push_back(std::move(tensor));
    }
    if (shards_.empty()) shards_.emplace_back();
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        shards_[i].file_name = "model.safetensors";
        if (shards_.size() > 1) {
            char name[64];
            std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", i + 1, shards_.size());
            shards_[i].file_name = name;
        }
        for (TensorEntry& entry : lay_out(shards_[i].tensors)) plan_.push_back(std::move(entry));
    }
    make_folder(folder_);
}

void CheckpointWriter::append(const std::string& name, std::span<const std::byte> bytes) {
    // plan_ runs through the shards in order, so the tensor that the bytes belong to tells the shard.
    while (writers_.empty() || std::none_of(writers_.back().plan().begin(), writers_.back().plan().end(),
                                            [&](const TensorEntry& entry) { return entry.name == name; })) {
        if (next_shard_ == shards_.size())
            throw Failure(
                ErrorCode::failed,
                "The tensor '" + name +
                    "' is not in the export plan. This is a fault of the program; please report it.");
        open_next();
    }
    writers_.back().append(name, bytes);
}

void CheckpointWriter::open_next() {
    const Shard& shard = shards_[next_shard_++];
    writers_.emplace_back(folder_ / shard.file_name, std::map<std::string, std::string>{}, shard.tensors);
}

std::vector<std::string> CheckpointWriter::file_names() const {
    std::vector<std::string> names;
    for (const Shard& shard : shards_) names.push_back(shard.file_name);
    if (shards_.size() > 1) names.emplace_back("model.safetensors.index.json");
    return names;
}

void CheckpointWriter::commit() {
    while (next_shard_ < shards_.size()) open_next();
    for (SafetensorsWriter& writer : writers_) writer.commit();
    if (shards_.size() == 1) return;
    Json weight_map = Json::object();
    std::uint64_t total = 0;
    for (const Shard& shard : shards_) {
        total += shard.bytes;
        for (const PlannedTensor& tensor : shard.tensors) weight_map[tensor.name] = shard.file_name;
    }
    const Json index = {{"metadata", {{"total_size", total}}}, {"weight_map", std::move(weight_map)}};
    atomic_write_text(folder_ / "model.safetensors.index.json", dump_json(index) + "\n");
}

}  // namespace engine
