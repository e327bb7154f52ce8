// Reference values from other implementations. They lie beside a checkout in ../shared/golden and are not part of it; a
// test that needs them says so loudly when they are not there.
#pragma once

#include <QtTest>
#include <filesystem>
#include <string>

namespace support {

inline std::filesystem::path golden_dir() {
    const char* other = std::getenv("LWB_GOLDEN_DIR");
    return other ? std::filesystem::path(other)
                 : std::filesystem::path(LWB_SOURCE_DIR).parent_path() / "shared" / "golden";
}

inline bool have_golden() { return std::filesystem::is_directory(golden_dir()); }

}  // namespace support

#define LWB_NEEDS_GOLDEN()                                                                                       \
    if (!support::have_golden())                                                                                 \
    QSKIP("REFERENCE VALUES NOT FOUND: ../shared/golden is absent, so nothing was compared with other programs")
