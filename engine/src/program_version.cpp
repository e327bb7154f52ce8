#include <engine/version.h>

namespace engine {

std::string program_version() {
    return LWB_VERSION;
}

}  // namespace engine
