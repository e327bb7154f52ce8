// Device names of the specification ("auto", "cpu", "cuda:1") to libtorch devices.
#pragma once

#include <string>

#include "engine/experiment_spec.h"
#include "runtime/torch.h"

namespace engine {

c10::Device resolve_device(const std::string& name);  // Failure(no_device) says what there is
std::string describe_device(const c10::Device& device);
int64_t device_allocated_bytes(const c10::Device& device);       // 0 on CPU
int64_t device_peak_allocated_bytes(const c10::Device& device);  // 0 on CPU
void reset_device_peak(const c10::Device& device);
at::Generator make_generator(const c10::Device& device, uint64_t seed);  // a stream of its own
void synchronize(const c10::Device& device);  // waits for queued work; nothing on CPU
void release_device_cache(const c10::Device& device);  // memory kept for later tensors goes back; nothing on CPU

// What was put together on the CPU, on the device: to a GPU by pinned memory, and without waiting for the copy or for the
// work in front of it.
at::Tensor send(const at::Tensor& tensor, const c10::Device& device);

// How f32 products are formed beside bf16 ones: on a GPU in TF32, which rounds their factors no more than bf16 does; in f32
// alone they stay exact.
void prepare_device(const c10::Device& device, Precision precision);

}  // namespace engine
