#include "model/recompute.h"

#include <torch/csrc/autograd/functions/utils.h>

#include <stdexcept>
#include <utility>

namespace engine {
namespace {

using torch::autograd::variable_list;

struct RecomputeBackward : public torch::autograd::Node {
    variable_list apply(variable_list&& grads) override {
        if (!body_) throw std::logic_error("a second backward pass over values that are computed again");
        const at::AutoGradMode with_gradients(true);
        const at::Tensor x = std::exchange(x_, at::Tensor()).requires_grad_();
        torch::autograd::backward({std::exchange(body_, nullptr)(x)}, {grads[0]});
        return {x.grad()};
    }

    void release_variables() override {
        x_.reset();
        body_ = nullptr;
    }

    at::Tensor x_;
    std::function<at::Tensor(const at::Tensor&)> body_;
};

}  // namespace

at::Tensor recomputed(const at::Tensor& x, std::function<at::Tensor(const at::Tensor&)> body) {
    if (!at::GradMode::is_enabled() || !x.requires_grad()) return body(x);
    at::Tensor y;
    {
        const at::NoGradGuard nothing_kept;
        y = body(x);
    }
    const std::shared_ptr<RecomputeBackward> node(new RecomputeBackward(), torch::autograd::deleteNode);
    node->set_next_edges({torch::autograd::impl::gradient_edge(x)});
    node->x_ = x.detach();
    node->body_ = std::move(body);
    torch::autograd::set_history(y, node);
    return y;
}

}  // namespace engine
