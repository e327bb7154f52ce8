// The machine as the engine sees it: threads, BLAS, devices. Cheap after the first call; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/error.h"

namespace engine {

struct DeviceInfo {
    std::string id;      // "cpu", "cuda:0"
    std::string name;    // "2 cores", "NVIDIA H200"
    int64_t memory_bytes = 0;
    int64_t free_bytes = 0;
    bool usable = false;
    bool chosen = false;  // what "auto" means
    std::string reason;   // why (not) used, one sentence
};

struct RuntimeInfo {
    std::string program_version;
    std::string libtorch_version;
    std::string blas;         // "OpenBLAS 0.3.21 (OpenMP)"
    std::string blas_advice;  // empty when all is well
    std::string cpu_capability;
    int threads = 0;
    int usable_cores = 0;
    std::vector<DeviceInfo> devices;
};

// The very first thing in main(). Compute threads that wait must soon sleep: spinning ones hold the cores that others wait for (a step
// of the built-in model under load: 1 s instead of over 10 s). The thread library reads this from the environment before main(), so
// the program starts itself once more with it set; a setting of the person's own is left alone. On glibc a program that has this call
// in it restarts before its libraries set themselves up (0.05 s instead of 0.4), and the call finds nothing left to
// do.
void restart_with_sleeping_threads(char** argv);
// Then, before any other thread: environment that libtorch reads once, memory of tensors, thread counts.
void initialize_runtime();
// At the start of every thread that computes: thread counts are per thread in OpenMP.
void prepare_compute_thread();
RuntimeInfo runtime_info();

int64_t free_memory_bytes();    // what this process may still take: of the machine, or of its control group where that is less
int64_t resident_bytes();       // of this process, now
int64_t peak_resident_bytes();  // since the start (or the last reset)

}  // namespace engine
