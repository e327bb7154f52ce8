#include "model/fused_projections.h"

#include "model/fused_ops.h"
#include "model/large_products.h"
#include "model/low_rank.h"
#include "model/projection_sites.h"
#include "model/rows_of_tensors.h"

#include <torch/csrc/autograd/functions/utils.h>

namespace engine {
namespace {

using torch::autograd::Node;
using torch::autograd::variable_list;

at::Tensor flat(const at::Tensor& x) {
    return x.reshape({-1, x.size(-1)});
}

class Projections {
  public:
    at::Tensor x;  // [rows, in]
    std::optional<NormWeights> norm;
    NormRule rule;
    RowStatistics statistics;
    std::vector<ProjectionTerm> terms;
    std::vector<SiteGroup> groups;
    at::ScalarType compute_type = at::kFloat, output_type = at::kFloat;
    bool gelu = false;

    // n [rows, in] in the type asked for: that of the products with W, for the sites too.
    at::Tensor input(at::ScalarType type) {
        if (norm) return norm_values(x, *norm, rule, type, statistics);
        return (gelu ? fused_gelu_tanh(x) : x).to(type);
    }

    // What the sites of a group read of n.
    at::Tensor group_input(const SiteGroup& group, const at::Tensor& all) const {
        const at::Tensor n = group.tokens.of(all);
        if (group.dropout == 0) return n;
        const at::Tensor full = n.to(at::kFloat);
        return full * dropout_mask(full, group.dropout, group.seed);
    }

    std::vector<at::Tensor> forward(const at::Tensor& residual) {
        const at::Tensor n = input(compute_type);
        for (SiteGroup& group : groups) {
            const at::Tensor low = times_transposed(group_input(group, n), group.A);
            int64_t begin = 0;
            for (ProjectionSite& site : group.sites) {
                site.low = low.narrow(1, begin, site.A.size(0));
                begin += site.A.size(0);
            }
        }
        std::vector<at::Tensor> outputs;
        for (std::size_t i = 0; i < terms.size(); ++i) outputs.push_back(output(i, n, residual));
        return outputs;
    }

  private:
    at::Tensor output(std::size_t index, const at::Tensor& factor, const at::Tensor& residual) const {
        const ProjectionTerm& term = terms[index];
        const at::Tensor weight = term.weight.detach().to(compute_type),
                         bias = term.bias.defined() ? term.bias.detach() : at::Tensor();
        std::vector<const ProjectionSite*> sites;
        for (const SiteGroup& group : groups) {
            for (const ProjectionSite& site : group.sites) {
                if (site.projection == index) sites.push_back(&site);
            }
        }
        at::Tensor y;
        const at::Tensor other = residual.defined() ? flat(residual.detach()) : at::Tensor();
        if (const auto at_once = affine_product(factor, weight.t(), bias, other, output_type)) {
            y = *at_once;
            if (output_type != at::kFloat) {
                if (!sites.empty()) add_in_one_pass(y, at::Tensor(), sites);
                return y;
            }
        } else if (compute_type == at::kFloat) {
            if (other.defined()) {
                y = bias.defined() ? other + bias : other.clone();
                add_matrix_product(y, factor, weight.t());
            } else {
                y = matrix_product(factor, weight.t());
                if (bias.defined()) y.add_(bias);
            }
        } else {
            const at::Tensor product = matrix_product(factor, weight.t());
            if (output_type != at::kFloat && in_rows(product)) {
                if (bias.defined() || !sites.empty()) add_in_one_pass(product, bias, sites);
                return product;
            }
            y = sum(product, bias, residual);
        }
        for (const ProjectionSite* site : sites) add_site(y, *site);
        return y.to(output_type);
    }

    // product [rows, out] bf16 + bias + residual -> f32
    static at::Tensor sum(const at::Tensor& product, const at::Tensor& bias, const at::Tensor& residual) {
        if (!in_rows(product)) {
            at::Tensor y = product.to(at::kFloat);
            if (bias.defined()) y.add_(bias);
            if (residual.defined()) y.add_(flat(residual.detach()));
            return y;
        }
        const at::Tensor y = at::empty(product.sizes(), product.options().dtype(at::kFloat));
        const at::Tensor other = residual.defined() ? flat(residual.detach()).contiguous() : at::Tensor();
        const int64_t width = product.size(1);
        const float *const b = bias.defined() ? bias.data_ptr<float>() : nullptr,
                           *const r = other.defined() ? other.data_ptr<float>() : nullptr;
        const auto* const from = reinterpret_cast<const rows::bf16*>(product.data_ptr<at::BFloat16>());
        float* const to = y.data_ptr<float>();
        for_rows(product.size(0), width, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
                rows::add(from + row * width, b, r ? r + row * width : nullptr, width, to + row * width);
            }
        });
        return y;
    }
};

// Inputs in this order: x, weight and bias of the norm, residual; weight and bias of each term; A and B of
// each site, by groups.
class ProjectionsBackward : public Node {
  public:
    static constexpr std::size_t x_input = 0, norm_weight_input = 1, norm_bias_input = 2, residual_input = 3,
                                 first_term = 4;

    variable_list apply(variable_list&& grads) override {
        at::NoGradGuard no_grad;
        variable_list wanted(num_outputs());
        if (wants(residual_input)) wanted[residual_input] = grads[0];
        const bool want_norm = wants(norm_weight_input) || wants(norm_bias_input);
        const bool want_n = wants(x_input) || want_norm;
        bool read_input = !saved_->groups.empty();
        for (std::size_t i = 0; i < saved_->terms.size(); ++i)
            read_input = read_input || wants(first_term + 2 * i);
        const at::Tensor n = read_input ? saved_->input(saved_->compute_type) : at::Tensor();
        std::vector<at::Tensor> flat_grads;
        at::Tensor grad_n;
        for (std::size_t i = 0; i < saved_->terms.size(); ++i) {
            flat_grads.push_back(grads[i].defined() ? flat(grads[i]) : at::Tensor());
            if (grads[i].defined()) backward_term(i, flat_grads[i], n, want_n, grad_n, wanted);
        }
        backward_sites(flat_grads, n, want_n, grad_n, wanted);
        if (!grad_n.defined()) return wanted;
        if (saved_->gelu) {
            grad_n = grad_n.to(saved_->x.scalar_type()).contiguous();
            times_gelu_derivative(grad_n);
        }
        if (saved_->norm) {
            const NormGradients norm = norm_gradients(grad_n.to(at::kFloat), saved_->x, *saved_->norm,
                                                      saved_->rule, saved_->statistics, wants(x_input),
                                                      wants(norm_weight_input), wants(norm_bias_input));
            grad_n = norm.x;
            wanted[norm_weight_input] = norm.weight;
            wanted[norm_bias_input] = norm.bias;
        }
        if (wants(x_input)) wanted[x_input] = grad_n.to(type_).view(shape_);
        return wanted;
    }

    void release_variables() override { saved_.reset(); }

    std::optional<Projections> saved_;
    std::vector<int64_t> shape_;  // of x
    at::ScalarType type_ = at::kFloat;

  private:
    bool wants(std::size_t input) const { return task_should_compute_output(input); }

    // The gradient of n becomes that of x.
    void times_gelu_derivative(const at::Tensor& grad) const {
        with_rows(grad, [&](auto* g) {
            const auto* const x = rows_as(saved_->x, g);
            for_rows(grad.numel(), 1, [&](int64_t begin, int64_t end) {
                rows::gelu_tanh_backward(g + begin, x + begin, end - begin, g + begin);
            });
        });
    }

    void backward_term(std::size_t i, const at::Tensor& grad, const at::Tensor& n, bool want_n,
                       at::Tensor& grad_n, variable_list& wanted) const {
        const ProjectionTerm& term = saved_->terms[i];
        const at::ScalarType type = saved_->compute_type;
        const bool want_weight = wants(first_term + 2 * i);
        const at::Tensor factor = want_n || want_weight ? grad.to(type) : at::Tensor();
        if (want_n) {
            const at::Tensor weight = term.weight.detach().to(type);
            if (!grad_n.defined()) {
                grad_n = matrix_product(factor, weight);
            } else {
                grad_n = grad_n.to(at::kFloat);
                add_matrix_product(grad_n, factor, weight);
            }
        }
        if (want_weight) wanted[first_term + 2 * i] = matrix_product(factor.t(), n).to(at::kFloat);
        if (wants(first_term + 2 * i + 1))
            wanted[first_term + 2 * i + 1] = grad.sum(0, /*keepdim=*/false, at::kFloat);
    }

    void backward_sites(const std::vector<at::Tensor>& grads, const at::Tensor& n, bool want_n,
                        at::Tensor& grad_n, variable_list& wanted) const {
        std::size_t input = first_term + 2 * saved_->terms.size();
        for (const SiteGroup& group : saved_->groups) {
            // What reaches n A^T, of all sites of the group side by side.
            const at::Tensor input_rows = saved_->group_input(group, n);
            const at::Tensor grad_low = at::zeros({input_rows.size(0), group.A.size(0)}, group.A.options());
            const std::size_t first = input;
            int64_t begin = 0;
            for (const ProjectionSite& site : group.sites) {
                const int64_t rank = site.A.size(0);
                const at::Tensor& grad = grads[site.projection];
                if (grad.defined()) {
                    const at::Tensor columns = columns_of(group.tokens.of(grad), site.term.site).flatten(1);
                    grad_low.narrow(1, begin, rank).copy_(times_transposed(columns, site.up()));
                    if (wants(input + 1))
                        wanted[input + 1] = transposed_times(site.low, columns).t().mul(site.term.site.scaling);
                }
                begin += rank;
                input += 2;
            }
            const at::Tensor grad_a = transposed_times(grad_low, input_rows);
            begin = 0;
            for (std::size_t i = 0; i < group.sites.size(); ++i) {
                const int64_t rank = group.sites[i].A.size(0);
                if (wants(first + 2 * i)) wanted[first + 2 * i] = grad_a.narrow(0, begin, rank);
                begin += rank;
            }
            if (!want_n || !grad_n.defined()) continue;
            grad_n = grad_n.to(at::kFloat);
            at::Tensor rows = group.tokens.of(grad_n);
            if (group.dropout > 0) {
                rows.add_(at::mm(grad_low, group.A).mul_(dropout_mask(rows, group.dropout, group.seed)));
            } else {
                add_low_rank(rows, grad_low, group.A);
            }
        }
    }
};

}  // namespace

std::vector<at::Tensor> fused_projections(const at::Tensor& x, const std::vector<ProjectionTerm>& terms,
                                          const FusedProjections& how) {
    variable_list inputs(ProjectionsBackward::first_term);
    inputs[ProjectionsBackward::x_input] = x;
    if (how.norm) {
        inputs[ProjectionsBackward::norm_weight_input] = how.norm->weight;
        inputs[ProjectionsBackward::norm_bias_input] = how.norm->bias;
    }
    inputs[ProjectionsBackward::residual_input] = how.residual;
    for (const ProjectionTerm& term : terms) {
        inputs.push_back(term.weight);
        inputs.push_back(term.bias);
    }
    Projections work;
    std::vector<at::Tensor> outputs;
    {
        at::AutoDispatchBelowADInplaceOrView no_autograd;
        work.x = flat(x.detach()).contiguous();
        if (how.norm) work.norm = NormWeights{how.norm->weight, how.norm->bias};
        work.rule = how.rule;
        work.gelu = how.gelu;
        work.terms = terms;
        work.groups = groups_of(terms);
        work.compute_type = how.compute_type;
        work.output_type = how.output_type;
        outputs = work.forward(how.residual);
        std::vector<int64_t> shape = x.sizes().vec();
        for (at::Tensor& y : outputs) {
            shape.back() = y.size(1);
            y = y.view(shape);
        }
    }
    for (const SiteGroup& group : work.groups) {
        for (const ProjectionSite& site : group.sites) {
            inputs.push_back(site.term.site.A);
            inputs.push_back(site.term.site.B);
        }
    }
    const auto requires_grad = [](const at::Tensor& tensor) {
        return tensor.defined() && tensor.requires_grad();
    };
    if (!at::GradMode::is_enabled() || std::none_of(inputs.begin(), inputs.end(), requires_grad))
        return outputs;
    torch::autograd::edge_list edges;
    for (const at::Tensor& input : inputs) {
        edges.push_back(input.defined() ? torch::autograd::impl::gradient_edge(input)
                                        : torch::autograd::Edge());
    }
    const std::shared_ptr<ProjectionsBackward> node(new ProjectionsBackward(), torch::autograd::deleteNode);
    node->set_next_edges(std::move(edges));
    node->shape_ = x.sizes().vec();
    node->type_ = x.scalar_type();
    const bool trained =
        std::any_of(terms.begin(), terms.end(), [&](const auto& term) { return requires_grad(term.weight); });
    if (!work.norm && !work.gelu && work.groups.empty() && !trained)
        work.x = at::Tensor();  // the gradient of a frozen product does not need it
    node->saved_ = std::move(work);
    for (at::Tensor& y : outputs) torch::autograd::set_history(y, node);
    return outputs;
}

}  // namespace engine
