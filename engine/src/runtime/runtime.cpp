#include "engine/runtime.h"
#include "engine/version.h"

#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>

#include <ATen/Version.h>

#include "runtime/device.h"
#include "runtime/tensor_memory.h"
#include "runtime/torch.h"

#ifdef LWB_WITH_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAFunctions.h>
#endif

namespace engine {
namespace {

template <class F>
F symbol(const char* name) {
    return reinterpret_cast<F>(dlsym(RTLD_DEFAULT, name));
}

// Affinity mask and cgroup quota together: what this process may really use.
int count_usable_cores() {
    cpu_set_t set;
    int cores = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
    std::ifstream quota("/sys/fs/cgroup/cpu.max");
    std::string limit;
    double period = 0;
    if (quota >> limit >> period && limit != "max" && period > 0) {
        cores = std::min(cores, std::max(1, static_cast<int>(std::ceil(std::stod(limit) / period))));
    }
    return cores;
}

int usable_cores() {
    static const int cores = count_usable_cores();
    return cores;
}

// Which of its vector kernels libtorch chose, in its own words: "AVX512".
std::string cpu_capability() {
    const std::string config = at::show_config(), key = "CPU capability usage: ";
    const auto begin = config.find(key);
    if (begin == std::string::npos) return "unknown";
    const auto end = config.find('\n', begin);
    return config.substr(begin + key.size(), end - begin - key.size());
}

// The shared object that really answers BLAS calls; OpenBLAS tells its flavour itself.
void describe_blas(RuntimeInfo& info) {
    if (const auto config = symbol<char* (*)()>("openblas_get_config")) {
        const auto parallel = symbol<int (*)()>("openblas_get_parallel");
        const int flavour = parallel ? parallel() : -1;
        std::istringstream words(config());
        std::string name, version;
        words >> name >> version;
        const char* kind = flavour == 2 ? "OpenMP" : flavour == 1 ? "pthreads" : "one thread";
        info.blas = name + " " + version + " (" + kind + ")";
        if (flavour == 1) {
            info.blas_advice =
                "This OpenBLAS keeps a thread pool of its own beside libtorch's, which costs up to half the speed; "
                "install libopenblas0-openmp.";
        } else if (flavour == 0) {
            info.blas_advice = "This OpenBLAS computes on one core only; install libopenblas0-openmp.";
        }
        return;
    }
    if (at::hasMKL()) {
        info.blas = "Intel MKL";
        return;
    }
    Dl_info where{};
    const auto sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
    if (sgemm != nullptr && dladdr(sgemm, &where) != 0 && where.dli_fname != nullptr) {
        info.blas = std::string("unknown, ") + where.dli_fname;
        info.blas_advice =
            "This BLAS is not OpenBLAS; the reference BLAS computes about 35 times slower. Install libopenblas0-openmp.";
    } else {
        info.blas = "built into libtorch";
    }
}

int64_t meminfo_bytes(const char* key) {
    std::ifstream file("/proc/meminfo");
    std::string name, unit;
    int64_t kib = 0;
    while (file >> name >> kib >> unit) {
        if (name == key) return kib * 1024;
    }
    return 0;
}

int64_t status_bytes(const char* key) {
    std::ifstream file("/proc/self/status");
    std::string line;
    while (std::getline(file, line)) {
        if (line.rfind(key, 0) == 0) return std::strtoll(line.c_str() + std::string(key).size(), nullptr, 10) * 1024;
    }
    return 0;
}

// The number in a file of control group version 2, or the value behind a key in one; nothing for "max" and where there is none.
std::optional<int64_t> group_bytes(const std::string& file, const std::string& key = {}) {
    std::ifstream lines("/sys/fs/cgroup/" + file);
    std::string word;
    while (lines >> word) {
        if (!key.empty() && word != key) continue;
        if (!key.empty()) lines >> word;
        char* end = nullptr;
        const int64_t value = std::strtoll(word.c_str(), &end, 10);
        return *end == '\0' && !word.empty() ? std::optional(value) : std::nullopt;
    }
    return std::nullopt;
}

void add_devices(RuntimeInfo& info) {
    DeviceInfo cpu;
    cpu.id = "cpu";
    cpu.name = std::to_string(info.usable_cores) + (info.usable_cores == 1 ? " core" : " cores");
    cpu.memory_bytes = meminfo_bytes("MemTotal:");
    cpu.free_bytes = free_memory_bytes();
    cpu.usable = true;
    int64_t gpus = 0;
#ifdef LWB_WITH_CUDA
    if (at::hasCUDA()) gpus = at::cuda::device_count();
    for (int64_t i = 0; i < gpus; ++i) {
        const auto* properties = at::cuda::getDeviceProperties(i);
        DeviceInfo gpu;
        gpu.id = "cuda:" + std::to_string(i);
        gpu.name = properties->name;
        gpu.memory_bytes = static_cast<int64_t>(properties->totalGlobalMem);
        size_t free = 0, total = 0;
        const auto previous = c10::cuda::current_device();
        c10::cuda::set_device(static_cast<c10::DeviceIndex>(i));
        if (cudaMemGetInfo(&free, &total) == cudaSuccess) gpu.free_bytes = static_cast<int64_t>(free);
        c10::cuda::set_device(previous);
        gpu.usable = true;
        gpu.chosen = i == 0;
        gpu.reason = i == 0 ? "The first GPU is what auto uses." : "Can be chosen by name.";
        info.devices.push_back(gpu);
    }
    const std::string no_gpu = "No CUDA GPU was found by libtorch " + info.libtorch_version + ".";
#else
    const std::string no_gpu = "This build of libtorch " + info.libtorch_version +
                               " has no CUDA; a GPU needs a CUDA libtorch (see README).";
#endif
    cpu.chosen = gpus == 0;
    cpu.reason = gpus == 0 ? no_gpu : "A GPU is faster; the CPU can be chosen by name.";
    info.devices.push_back(cpu);
}

}  // namespace

void initialize_runtime() {
    static std::once_flag once;
    std::call_once(once, [] {
#ifdef __x86_64__
        // ATen picks AVX2 kernels by default even where its AVX-512 ones are built in and faster (GELU 1.5x,
        // softmax 1.6x measured). It reads this once, at its first operation.
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
            setenv("ATEN_CPU_CAPABILITY", "avx512", 0);
        }
#endif
        // oneDNN generates code for each shape of a bf16 product and keeps that of the last 1,024; batches of real text
        // hardly ever have the same shape twice. 64 are those of one step, and making them again was not seen to cost time.
        if (const auto set = symbol<int (*)(int)>("dnnl_set_primitive_cache_capacity")) set(64);
        install_tensor_memory();
        prepare_compute_thread();
    });
}

void prepare_compute_thread() {
    const int threads = usable_cores();
    at::set_num_threads(threads);
    if (const auto set = symbol<void (*)(int)>("openblas_set_num_threads")) set(threads);
}

RuntimeInfo runtime_info() {
    RuntimeInfo info;
    info.program_version = program_version();
    info.libtorch_version = libtorch_version();
    info.usable_cores = usable_cores();
    info.threads = at::get_num_threads();
    info.cpu_capability = cpu_capability();
    describe_blas(info);
    add_devices(info);
    return info;
}

int64_t free_memory_bytes() {
    const int64_t machine = meminfo_bytes("MemAvailable:");
    const auto most = group_bytes("memory.max"), used = group_bytes("memory.current");
    if (!most || !used) return machine;
    // Pages of files count as used, but go when they are needed.
    const int64_t group = *most - *used + group_bytes("memory.stat", "inactive_file").value_or(0);
    return std::max<int64_t>(0, machine > 0 ? std::min(machine, group) : group);
}

int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    int64_t size = 0, resident = 0;
    file >> size >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

int64_t peak_resident_bytes() { return status_bytes("VmHWM:"); }

}  // namespace engine
