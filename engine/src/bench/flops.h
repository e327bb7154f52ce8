// The matrix products that one training step cannot avoid, counted in floating point operations (2 per multiply-add).
#pragma once

#include "architecture/architecture.h"
#include "engine/experiment_spec.h"

namespace engine {

struct StepShape {
    int64_t batch = 1;
    int64_t seq = 1;
    int64_t trained_tokens = 0;  // tokens that need logits
    Method method = Method::lora;
    int64_t adapter_params = 0;
};

// LoRA: forward and input gradients of every frozen matrix, 4 P T; full training adds the weight gradients, 6 P T.
// Attention: half of the T x T products (causal), 2 in the forward and 4 in the backward pass. The input gradient below
// the first layer is not needed and not counted for LoRA.
double flops_per_step(const Architecture& architecture, const StepShape& shape);

}  // namespace engine
