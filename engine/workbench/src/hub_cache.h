// What the Hugging Face libraries have fetched on this machine: models--ORG--NAME/snapshots/HASH, folders of
// links into blobs; refs/main names the current one. Read only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace workbench {

struct CachedModel {
    std::string name;              // ORG/NAME
    std::filesystem::path folder;  // the current snapshot
};

// HF_HUB_CACHE, else HF_HOME/hub, else huggingface/hub in XDG_CACHE_HOME or ~/.cache. Empty when none is
// known.
std::filesystem::path hub_cache_dir();

// The models that hold a config.json and safetensors weights, by name. A few system calls each.
std::vector<CachedModel> cached_models(const std::filesystem::path& cache);

// The current snapshot of ORG/NAME; empty when it was not fetched or its config.json is missing.
std::filesystem::path cached_snapshot(const std::filesystem::path& cache, const std::string& name);

// ORG/NAME for a folder that lies as a snapshot does; else empty.
std::string hub_name_of(const std::filesystem::path& folder);

}  // namespace workbench
