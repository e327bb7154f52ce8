#include "model/recompute.h"

#include <torch/csrc/autograd/functions/utils.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace engine {
namespace {

using torch::autograd::variable_list;

struct RecomputeBackward : public torch::autograd::Node {
    variable_list apply(variable_list&& grads) override {
        if (!body_) throw std::logic_error("a second backward pass over values that are computed again");
        const at::AutoGradMode with_gradients(true);
        const variable_list inputs = std::exchange(inputs_, {});
        for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].requires_grad_(next_edge(i).is_valid());
        torch::autograd::backward({std::exchange(body_, nullptr)(inputs)}, {grads[0]});
        variable_list gradients;
        for (const at::Tensor& input : inputs) gradients.push_back(input.grad());
        return gradients;
    }

    void release_variables() override {
        inputs_.clear();
        body_ = nullptr;
    }

    variable_list inputs_;
    BodyOfSeveral body_;
};

}  // namespace

at::Tensor recomputed(const at::Tensor& x, std::function<at::Tensor(const at::Tensor&)> body) {
    return recomputed(std::vector<at::Tensor>{x},
                      [body = std::move(body)](const variable_list& inputs) { return body(inputs[0]); });
}

at::Tensor recomputed(const std::vector<at::Tensor>& inputs, BodyOfSeveral body) {
    const auto has_gradient = [](const at::Tensor& x) { return x.requires_grad(); };
    if (!at::GradMode::is_enabled() || std::none_of(inputs.begin(), inputs.end(), has_gradient)) return body(inputs);
    at::Tensor y;
    {
        const at::NoGradGuard nothing_kept;
        y = body(inputs);
    }
    const std::shared_ptr<RecomputeBackward> node(new RecomputeBackward(), torch::autograd::deleteNode);
    torch::autograd::edge_list edges;
    for (const at::Tensor& x : inputs) {
        edges.push_back(has_gradient(x) ? torch::autograd::impl::gradient_edge(x) : torch::autograd::Edge());
        node->inputs_.push_back(x.detach());
    }
    node->set_next_edges(std::move(edges));
    node->body_ = std::move(body);
    torch::autograd::set_history(y, node);
    return y;
}

}  // namespace engine
