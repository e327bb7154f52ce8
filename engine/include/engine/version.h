// The versions that a run is recorded with. Plain strings; any thread, no cost.
#pragma once

#include <string>

namespace engine {

std::string program_version();   // of LoRA Workbench, "0.1.0"
std::string libtorch_version();  // of the libtorch that the engine was compiled against, "1.13.0"

}  // namespace engine
