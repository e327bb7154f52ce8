#include "train/steps_together.h"

#include <algorithm>

#include "runtime/guard.h"
#include "train/batch_loss.h"

namespace engine {
namespace {

// Runs work for a turn, which keeps what it throws.
template <class Work>
void attempt(StepTurn& turn, const Work& work) {
    try {
        work();
    } catch (...) {
        turn.failure = std::current_exception();
    }
}

void forward_and_backward(const std::vector<StepTurn*>& stack) {
    std::vector<AdaptedBatch> batches;
    for (StepTurn* turn : stack) {
        turn->gradient->set_dropout();
        batches.push_back({turn->gradient->trainable().adapters(), &turn->gradient->batch()});
    }
    const Decoder& decoder = stack.front()->gradient->trainable().decoder();
    const BatchStack together(batches);
    const std::vector<LossSum> losses =
        batches.size() > 1 ? causal_losses(decoder, together)
                           : std::vector{batch_loss(decoder, batches.front().adapters, *batches.front().batch)};
    at::Tensor sum;
    for (std::size_t i = 0; i < stack.size(); ++i) {
        const at::Tensor part = stack[i]->gradient->add(losses[i]);
        if (part.defined()) sum = sum.defined() ? sum + part : part;
    }
    if (sum.defined()) sum.backward();
}

}  // namespace

void StepsTogether::compute(std::vector<StepTurn>& turns) {
    std::vector<StepTurn*> open;
    for (StepTurn& turn : turns) {
        attempt(turn, [&] { turn.gradient->begin(turn.global_step); });
        open.push_back(&turn);
    }
    while (true) {
        std::erase_if(open, [](const StepTurn* turn) { return turn->failure || turn->gradient->done() || turn->stop(); });
        if (open.empty()) break;
        for (const Stack& stack : stacks(open)) pass(stack);
    }
    double tokens = 0;
    for (StepTurn& turn : turns) {
        if (turn.failure || !turn.gradient->done()) continue;
        turn.step = turn.gradient->step();
        tokens += turn.step->tokens;
    }
    for (StepTurn& turn : turns) {
        if (turn.step) turn.step->round_tokens = tokens;
    }
}

std::vector<StepsTogether::Stack> StepsTogether::stacks(const std::vector<StepTurn*>& open) const {
    std::vector<Stack> all;
    std::vector<int64_t> tokens;
    for (StepTurn* turn : open) {
        const int64_t own = turn->gradient->batch().tokens();
        std::size_t i = 0;
        while (i < all.size() && (tokens[i] + own > most_tokens_ ||
                                  !all[i].front()->gradient->trainable().stacks_with(turn->gradient->trainable()))) {
            ++i;
        }
        if (i == all.size()) {
            all.emplace_back();
            tokens.push_back(0);
        }
        all[i].push_back(turn);
        tokens[i] += own;
    }
    return all;
}

void StepsTogether::pass(const Stack& stack) {
    try {
        const c10::Device& device = stack.front()->gradient->trainable().decoder().device();
        const auto failure = out_of_memory_in(device, [&] { forward_and_backward(stack); });
        if (failure) out_of_memory(stack, failure);
    } catch (...) {
        for (StepTurn* turn : stack) turn->failure = std::current_exception();
    }
}

void StepsTogether::out_of_memory(const Stack& stack, const std::exception_ptr& failure) {
    if (stack.size() > 1) {
        most_tokens_ = 0;
        for (StepTurn* turn : stack)
            turn->gradient->tell("Memory ran out: the runs that train together now go through the model one by one. The "
                                 "steps stay the same and take longer.");
    } else if (!stack.front()->gradient->split()) {
        stack.front()->failure = failure;
        return;
    }
    for (StepTurn* turn : stack) attempt(*turn, [&] { turn->gradient->begin(turn->global_step); });
}

}  // namespace engine
