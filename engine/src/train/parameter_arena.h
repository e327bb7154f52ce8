// All trainable values of a run in one flat buffer, with one flat gradient and two flat moments: a single AdamW update,
// a single norm, a single file. The parameters are views into it.
#pragma once

#include <string>
#include <vector>

#include "runtime/torch.h"

namespace engine {

class ParameterArena {
  public:
    struct Entry {
        std::string name;
        at::Tensor* slot = nullptr;  // where the view is put; must outlive the arena
        bool decay = true;           // weight decay applies
    };

    // Copies the values in, then replaces each *slot by a leaf view that requires a gradient. Entries with decay come
    // first in the buffer, whatever the order given.
    explicit ParameterArena(std::vector<Entry> entries);

    int64_t numel() const { return values_.numel(); }
    int64_t decayed() const { return decayed_; }  // the first values of the buffer
    at::Tensor& values() { return values_; }
    at::Tensor& gradients() { return gradients_; }
    void zero_gradients() { gradients_.zero_(); }
    // The first entry whose gradient is not finite; empty when all are.
    std::string first_non_finite_gradient() const;

  private:
    struct Range {
        std::string name;
        int64_t begin, count;
    };
    at::Tensor values_, gradients_;  // [numel] f32
    std::vector<Range> ranges_;
    int64_t decayed_ = 0;
};

}  // namespace engine
