// Device names of the specification ("auto", "cpu", "cuda:1") to libtorch devices.
#pragma once

#include <string>

#include "runtime/torch.h"

namespace engine {

c10::Device resolve_device(const std::string& name);  // Failure(no_device) says what there is
std::string describe_device(const c10::Device& device);
int64_t device_allocated_bytes(const c10::Device& device);       // 0 on CPU
int64_t device_peak_allocated_bytes(const c10::Device& device);  // 0 on CPU
void reset_device_peak(const c10::Device& device);
at::Generator make_generator(const c10::Device& device, uint64_t seed);  // a stream of its own
void synchronize(const c10::Device& device);  // waits for queued work; nothing on CPU

}  // namespace engine
