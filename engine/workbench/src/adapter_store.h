// The folders below data_dir/adapters: one finished adapter each, never changed once it is there.
#pragma once

#include "catalog/catalog.h"
#include "workbench/paths.h"

#include <engine/experiment_spec.h>
#include <engine/train.h>

#include <filesystem>
#include <string>

namespace workbench {

std::filesystem::path adapters_dir(const Paths& paths);

// Copies the final adapter of a run into the store and enters it in the catalog, and the best one as a second
// adapter when another step was the best. What an earlier part of the same run left there is replaced under
// the same id, name, tags and notes. Returns the id of the final adapter.
std::string store_adapters(catalog::Catalog& catalog, const Paths& paths, const std::string& run_id,
                           const engine::ExperimentSpec& spec, const engine::RunResult& result);

}  // namespace workbench
