// Choosing the next token from logits.
#pragma once

#include "runtime/torch.h"

namespace engine {

struct SamplingOptions {
    double temperature = 0;  // 0: the largest logit
    int64_t top_k = 0;       // 0: all
    double top_p = 1;        // nucleus (Holtzman et al., arXiv:1904.09751)
};

class Sampler {
  public:
    Sampler(SamplingOptions options, uint64_t seed);
    int64_t next(const at::Tensor& logits);  // [V] f32

  private:
    SamplingOptions options_;
    at::Generator generator_;
};

}  // namespace engine
