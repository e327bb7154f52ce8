// Part of a model whose inner values are not kept for the backward pass, which computes them again: memory
// for time (Chen et al., arXiv:1604.06174).
#pragma once

#include "runtime/torch.h"

#include <functional>
#include <vector>

namespace engine {

// body(x), whose result must depend on x. Where x has a gradient only x is kept, and the body runs a second
// time in the backward pass, with the same result when it depends on nothing but x and values that do not
// change before. Trained values that the body reads by itself get their gradients added there and then.
// Whatever the body refers to must live until then. Cost: one more run of the body.
at::Tensor recomputed(const at::Tensor& x, std::function<at::Tensor(const at::Tensor&)> body);

// The same for a body of several values; those that have a gradient get theirs.
using BodyOfSeveral = std::function<at::Tensor(const std::vector<at::Tensor>&)>;
at::Tensor recomputed(const std::vector<at::Tensor>& inputs, BodyOfSeveral body);

// Gives the first `count` of the parts that can be recomputed to recomputed(), runs the others as they are.
class Recomputation {
  public:
    explicit Recomputation(int64_t count) : left_(count) {}

    template <class Body>
    at::Tensor run(const at::Tensor& x, const Body& body) {
        if (left_ == 0 || !x.requires_grad() || !at::GradMode::is_enabled()) return body(x);
        --left_;
        return recomputed(x, body);
    }

  private:
    int64_t left_;
};

}  // namespace engine
