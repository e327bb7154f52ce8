#include <engine/version.h>

#include "runtime/torch.h"

namespace engine {

std::string libtorch_version() { return TORCH_VERSION; }

}  // namespace engine
