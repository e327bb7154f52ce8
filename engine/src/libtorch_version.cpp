#include "runtime/torch.h"

#include <engine/version.h>

namespace engine {

std::string libtorch_version() {
    return TORCH_VERSION;
}

}  // namespace engine
