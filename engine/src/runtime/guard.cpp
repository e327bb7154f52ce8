#include "runtime/guard.h"

#include <algorithm>
#include <cctype>

namespace engine {

Error error_from(const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const bool memory = lower.find("out of memory") != std::string::npos ||
                        lower.find("can't allocate memory") != std::string::npos ||
                        lower.find("defaultcpuallocator") != std::string::npos;
    if (memory) {
        return {ErrorCode::out_of_memory,
                "The device has no memory left for this; lower the batch size or the length, or choose bf16.",
                error.what()};
    }
    const std::string first_line = text.substr(0, text.find('\n'));
    return {ErrorCode::failed, "libtorch refused an operation: " + first_line, error.what()};
}

}  // namespace engine
