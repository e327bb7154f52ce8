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

// Tokens of one pass over a base that several runs share. More of them make better products up to about 512 (one adapter of
// GPT-2 small in bf16, on a busy machine: 411 tokens/s with batches of 128 tokens, 504 with 256, 532 with 512, 529 with 1024), and
// every token of a pass takes memory: 8 runs of 128 tokens, three in a pass, need 1.27 times the memory of one.
inline constexpr int64_t most_stacked_tokens = 384;

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
    void out_of_memory(const Stack& stack);

    int64_t most_tokens_ = most_stacked_tokens;
};

}  // namespace engine
