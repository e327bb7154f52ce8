// Where things lie. Values; resolving touches the disk only to make the data folder.
#pragma once

#include <filesystem>

#include "engine/error.h"

namespace workbench {

struct Paths {
    std::filesystem::path data_dir;       // --data-dir, LWB_DATA_DIR, or the XDG data folder / lora-workbench
    std::filesystem::path resources_dir;  // LWB_RESOURCES, beside the program (../share/lora-workbench), or the source tree

    std::filesystem::path catalog_file() const { return data_dir / "catalog.sqlite"; }
    std::filesystem::path runs_dir() const { return data_dir / "runs"; }
    std::filesystem::path token_cache_dir() const { return data_dir / "cache" / "tokens"; }
    std::filesystem::path models_dir() const { return resources_dir / "models"; }
    std::filesystem::path samples_dir() const { return resources_dir / "samples"; }
};

// data_dir empty: environment or default. Creates data_dir; the error says which folder could not be made and why.
engine::Result<Paths> resolve_paths(const std::filesystem::path& data_dir = {});

}  // namespace workbench
