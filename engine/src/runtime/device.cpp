#include "runtime/device.h"

#include "engine/error.h"
#include "engine/runtime.h"

#ifdef LWB_WITH_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#endif

namespace engine {
namespace {

int64_t cuda_devices() { return at::hasCUDA() ? static_cast<int64_t>(at::detail::getCUDAHooks().getNumGPUs()) : 0; }

std::string known_devices() {
    std::string text = "cpu";
    for (int64_t i = 0; i < cuda_devices(); ++i) text += ", cuda:" + std::to_string(i);
    return text;
}

[[noreturn]] void no_device(const std::string& name, const std::string& why) {
    throw Failure(ErrorCode::no_device, "The device '" + name + "' cannot be used: " + why + " Choose one of: auto, " +
                                            known_devices() + ".");
}

}  // namespace

c10::Device resolve_device(const std::string& name) {
    if (name.empty() || name == "auto") {
        return cuda_devices() > 0 ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
    }
    if (name == "cpu") return c10::Device(c10::kCPU);
    if (name.rfind("cuda", 0) == 0) {
        int64_t index = 0;
        if (name.size() > 4) {
            const std::string digits = name.size() > 5 && name[4] == ':' ? name.substr(5) : "";
            if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos) {
                no_device(name, "it is not of the form cuda:N.");
            }
            index = std::stoll(digits);
        }
        if (!at::hasCUDA()) no_device(name, "this libtorch was built without CUDA or finds no driver.");
        if (index >= cuda_devices()) no_device(name, "there is no GPU with this number.");
        return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
    }
    no_device(name, "the name is not known.");
}

std::string describe_device(const c10::Device& device) {
#ifdef LWB_WITH_CUDA
    if (device.is_cuda()) {
        return device.str() + " " + at::cuda::getDeviceProperties(device.index())->name;
    }
#endif
    if (device.is_cpu()) {
        const int threads = at::get_num_threads();
        return "cpu (" + std::to_string(threads) + (threads == 1 ? " thread)" : " threads)");
    }
    return device.str();
}

int64_t device_allocated_bytes([[maybe_unused]] const c10::Device& device) {
#ifdef LWB_WITH_CUDA
    if (device.is_cuda()) {
        return c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).allocated_bytes[0].current;
    }
#endif
    return 0;
}

int64_t device_peak_allocated_bytes([[maybe_unused]] const c10::Device& device) {
#ifdef LWB_WITH_CUDA
    if (device.is_cuda()) {
        return c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).allocated_bytes[0].peak;
    }
#endif
    return 0;
}

void reset_device_peak([[maybe_unused]] const c10::Device& device) {
#ifdef LWB_WITH_CUDA
    if (device.is_cuda()) c10::cuda::CUDACachingAllocator::resetPeakStats(device.index());
#endif
}

at::Generator make_generator(const c10::Device& device, uint64_t seed) {
    at::Generator generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(seed);
    return generator;
}

void synchronize([[maybe_unused]] const c10::Device& device) {
#ifdef LWB_WITH_CUDA
    if (device.is_cuda()) c10::cuda::device_synchronize();
#endif
}

void release_device_cache([[maybe_unused]] const c10::Device& device) {
#ifdef LWB_WITH_CUDA
    if (device.is_cuda()) c10::cuda::CUDACachingAllocator::emptyCache();
#endif
}

at::Tensor send(const at::Tensor& tensor, const c10::Device& device) {
    if (!device.is_cuda()) return tensor.to(device);
    return tensor.pin_memory().to(device, /*non_blocking=*/true);
}

void prepare_device(const c10::Device& device, Precision precision) {
    if (precision == Precision::automatic) throw std::logic_error("the precision was left open");
    if (device.is_cuda()) at::globalContext().setAllowTF32CuBLAS(precision == Precision::bf16);
}

}  // namespace engine
