#pragma once

#include <chrono>

namespace workbench {

inline double unix_seconds() {
    using namespace std::chrono;
    return duration<double>(system_clock::now().time_since_epoch()).count();
}

}  // namespace workbench
