#include "runtime/guard.h"

#include <algorithm>
#include <cctype>

#include "runtime/device.h"
#include "runtime/tensor_memory.h"

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

std::exception_ptr out_of_memory_in(const c10::Device& device, const std::function<void()>& work) {
    std::exception_ptr failure;
    try {
        work();
        return nullptr;
    } catch (const std::bad_alloc&) {
        failure = std::current_exception();
    } catch (const c10::Error& error) {
        if (error_from(error).code != ErrorCode::out_of_memory) throw;
        failure = std::current_exception();
    }
    release_unused_tensor_memory();
    release_device_cache(device);
    return failure;
}

}  // namespace engine
