// Where the tensors of the CPU live: large blocks on huge pages, kept for the next tensor of about the same size.
//
// A step frees and allocates the same activations again and again. Returned to the system each time, every page is faulted in
// and zeroed anew (14 ms for 50 MB); left to malloc's heap, blocks of changing sizes tear it apart (1.7 GB resident for
// 1.2 GB in use, measured on GPT-2 small at 4 x 256). Blocks of 256 KiB and more are therefore mapped on their own and kept
// up to what the largest step needed; smaller ones come from malloc as before.
#pragma once

#include <cstdint>

namespace engine {

// Makes it libtorch's CPU allocator; once, before the first tensor. Thread-safe afterwards.
void install_tensor_memory();

// From now on a block that brings all of them more than `bytes` above what is in use now throws std::bad_alloc; 0 lifts the
// limit. Thread-safe.
void limit_tensor_memory(std::int64_t bytes);

// Gives back what is kept for the next step; at the end of a training or an evaluation. Thread-safe.
void release_unused_tensor_memory();

// For the time of one work: beyond what is free the system would end the whole program, so the work fails before.
class TensorMemoryLimit {
  public:
    explicit TensorMemoryLimit(std::int64_t bytes) { limit_tensor_memory(bytes); }
    ~TensorMemoryLimit() {
        limit_tensor_memory(0);
        release_unused_tensor_memory();
    }
    TensorMemoryLimit(const TensorMemoryLimit&) = delete;
    TensorMemoryLimit& operator=(const TensorMemoryLimit&) = delete;
};

}  // namespace engine
