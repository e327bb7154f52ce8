// Where the reference files lie, when the machine has them, and small helpers the format tests share.
#pragma once

#include "engine/error.h"

#include <QTest>

#include <filesystem>
#include <functional>
#include <string>

namespace golden {

inline std::filesystem::path folder(const std::string& part) {
    return std::filesystem::path(LWB_SOURCE_DIR) / ".." / "shared" / "golden" / part;
}

// The message of the Failure that action throws; empty when it throws none.
inline std::string failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const engine::Failure& failure) {
        return failure.error().message;
    }
    return {};
}

}  // namespace golden

#define SKIP_WITHOUT_GOLDEN(path)                                                                           \
    if (!std::filesystem::exists(path))                                                                     \
    QSKIP(("SKIPPED: the reference files are not here (" + (path).string() + "), so this was NOT compared") \
              .c_str())
