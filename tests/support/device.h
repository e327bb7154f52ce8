// The device that the engine's tests compute on: LWB_TEST_DEVICE (cpu, cuda, cuda:1), the CPU when it is not set. What is held
// against it stays on the CPU.
#pragma once

#include <cstdlib>
#include <string>

namespace support {

inline std::string test_device() {
    const char* other = std::getenv("LWB_TEST_DEVICE");
    return other && *other ? other : "cpu";
}

inline bool on_cpu() { return test_device() == "cpu"; }

}  // namespace support
