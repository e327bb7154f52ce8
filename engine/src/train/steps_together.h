// The gradients of one optimiser step each of several runs, batch by batch. Batches of runs that adapt the same base go through
// it in one pass while they have few tokens: the products with the frozen matrices then read these once for all of them.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <vector>

#include "train/step_gradient.h"

namespace engine {

struct StepTurn {
    StepGradient* gradient;
    int64_t global_step;
    std::function<bool()> stop;              // asked before each batch
    std::optional<StepGradient::Step> step;  // afterwards; nothing when a stop was asked for, or with a failure
    std::exception_ptr failure;
};

// Tokens of one pass over a base that several runs share: more of them make better products, and every one takes memory. Eight
// adapters of GPT-2 small with 128 tokens each, against one after the other and against the memory of one: 384 tokens a pass 1.13
// times the speed in f32 and 1.21 in bf16 with 1.25 times the memory, 512 tokens 1.14 and 1.50 with 1.26 and 1.30, 640 (and a pass of
// three) 1.12 and 1.30 with 1.33 and 1.41.
inline constexpr int64_t most_stacked_tokens = 512;

class StepsTogether {
  public:
    // Leaves the gradients in the arenas. When memory runs out, runs are taken one by one from then on, and then the
    // micro-batches of a run are split; an out_of_memory failure when single rows do not fit.
    void compute(std::vector<StepTurn>& turns);

  private:
    // Turns whose next batches go through the base in one pass.
    using Stack = std::vector<StepTurn*>;
    std::vector<Stack> stacks(const std::vector<StepTurn*>& open) const;
    void pass(const Stack& stack);
    void out_of_memory(const Stack& stack, const std::exception_ptr& failure);

    int64_t most_tokens_ = most_stacked_tokens;
};

}  // namespace engine
