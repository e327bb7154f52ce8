#include "io/checkpoint.h"

#include "engine/error.h"
#include "io/json.h"
#include "io/parallel.h"
#include "io/presence.h"
#include "io/sha256.h"

#include <algorithm>
#include <set>

namespace engine {
namespace {

constexpr const char* single_name = "model.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";

void check_folder(const std::filesystem::path& folder) {
    std::error_code error;
    const auto status = std::filesystem::status(folder, error);
    if (!std::filesystem::exists(status))
        fail_input("There is no model folder '" + folder.string() + "'. Check the path.");
    if (!std::filesystem::is_directory(status))
        fail_input("'" + folder.string() +
                   "' is a file, not a model folder. Choose the folder that holds config.json.");
}

bool is_there(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

[[noreturn]] void refuse_without_weights(const std::filesystem::path& folder) {
    for (const char* other : {"pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth"})
        if (is_there(folder / other))
            fail_input("The folder '" + folder.string() + "' holds '" + other +
                       "', a pickle file, which can run code when read and is never opened here. Fetch the "
                       "model's safetensors files.");
    fail_input("The folder '" + folder.string() + "' holds neither " + single_name + " nor " + index_name +
               ". Choose a model folder with its weights.");
}

using WeightMap = std::map<std::string, std::string>;  // tensor -> file

// With the file names checked to stay inside the folder.
WeightMap read_weight_map(const std::filesystem::path& index_path) {
    const Json index = read_json_file(index_path);
    const std::string source = "The index '" + index_path.string() + "'";
    if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
        fail_input(source + " has no \"weight_map\". Fetch the file again.");
    WeightMap map;
    for (const auto& [tensor, file] : index["weight_map"].items()) {
        if (!file.is_string())
            fail_input(source + " gives no file name for tensor '" + tensor + "'. Fetch the file again.");
        const auto name = file.get<std::string>();
        if (!is_plain_file_name(name))
            fail_input(source + " names the shard " + dump_json(file, -1) +
                       ", which is not a plain file name inside the folder. Such an index is refused; fetch "
                       "the model "
                       "from a source you trust.");
        map[tensor] = name;
    }
    return map;
}

// Asks whether the file is there only when it cannot be opened: folders have hundreds of shards.
SafetensorsFile open_shard(const std::filesystem::path& path) {
    try {
        return SafetensorsFile::open(path);
    } catch (const Failure&) {
        if (!is_there(path))
            fail_input("The shard '" + path.string() + "' named in " + index_name + " is missing. Fetch it into the folder.");
        throw;
    }
}

}  // namespace

Checkpoint Checkpoint::open(const std::filesystem::path& folder) {
    check_folder(folder);
    Checkpoint checkpoint;
    checkpoint.folder_ = folder;
    if (is_listed(folder / single_name)) {
        checkpoint.files_.push_back(SafetensorsFile::open(folder / single_name));
        checkpoint.index_tensors();
    } else if (is_listed(folder / index_name)) {
        checkpoint.sharded_ = true;
        const WeightMap map = read_weight_map(folder / index_name);
        std::set<std::string> shards;
        for (const auto& [tensor, file] : map) shards.insert(file);
        checkpoint.files_.resize(shards.size());
        const std::vector<std::string> names(shards.begin(), shards.end());
        for_each_in_parallel(names.size(), [&](std::size_t i) { checkpoint.files_[i] = open_shard(folder / names[i]); });
        checkpoint.index_tensors();
        checkpoint.compare_with(map);
    } else {
        refuse_without_weights(folder);
    }
    return checkpoint;
}

void Checkpoint::index_tensors() {
    for (std::size_t f = 0; f < files_.size(); ++f) {
        const auto& entries = files_[f].entries();
        for (std::size_t e = 0; e < entries.size(); ++e) {
            const auto [it, inserted] = index_.try_emplace(entries[e].name, f, e);
            if (!inserted)
                fail_input("The tensor '" + entries[e].name + "' is both in '" +
                           files_[it->second.first].path().string() + "' and in '" +
                           files_[f].path().string() + "'. Fetch the shards again.");
        }
    }
}

// Index and shards must name the same tensors in the same places.
void Checkpoint::compare_with(const std::map<std::string, std::string>& weight_map) const {
    for (const auto& [tensor, file] : weight_map) {
        const CheckpointTensor found = find(tensor);
        if (!found || found.file->path().filename() != file)
            fail_input("The shard '" + (folder_ / file).string() + "' lacks the tensor '" + tensor +
                       "' that " + index_name + " places in it. Fetch the shard and the index again.");
    }
    for (const auto& [tensor, where] : index_)
        if (!weight_map.count(tensor))
            fail_input("The shard '" + files_[where.first].path().string() + "' holds the tensor '" + tensor +
                       "', which " + index_name + " does not list. Fetch the shard and the index again.");
}

std::uint64_t Checkpoint::data_bytes() const {
    std::uint64_t total = 0;
    for (const SafetensorsFile& file : files_) total += file.header().data_size();
    return total;
}

std::vector<std::string> Checkpoint::names() const {
    std::vector<std::string> names;
    for (const auto& [name, where] : index_) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

CheckpointTensor Checkpoint::find(std::string_view name) const {
    const auto it = index_.find(std::string(name));
    if (it == index_.end()) return {};
    const SafetensorsFile& file = files_[it->second.first];
    return {&file, &file.entries()[it->second.second]};
}

CheckpointTensor Checkpoint::require(std::string_view name) const {
    const CheckpointTensor tensor = find(name);
    if (!tensor)
        fail_input("The weights in '" + folder_.string() + "' lack the tensor '" + std::string(name) +
                   "' that config.json calls for. Fetch the model again.");
    return tensor;
}

bool has_checkpoint(const std::filesystem::path& folder) {
    return is_listed(folder / single_name) || is_listed(folder / index_name);
}

std::string fingerprint_of_model(const std::filesystem::path& folder) {
    constexpr std::uint64_t edge = 64 << 10;
    const Checkpoint checkpoint = Checkpoint::open(folder);
    Sha256 hash;
    hash.add(read_text(folder / "config.json", 64 << 20));
    for (const SafetensorsFile& file : checkpoint.files()) {
        const auto all = file.mapping()->bytes();
        const auto data = all.subspan(file.header().data_begin());
        hash.add("\n" + file.path().filename().string() + "\n" + std::to_string(all.size()) + "\n");
        hash.add(all.first(file.header().data_begin()));
        hash.add(data.first(std::min<std::uint64_t>(edge, data.size())));
        hash.add(data.last(std::min<std::uint64_t>(edge, data.size())));
    }
    return hash.hex();
}

}  // namespace engine
