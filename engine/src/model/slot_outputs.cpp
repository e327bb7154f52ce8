#include "model/slot_outputs.h"

#include "model/few_rows.h"
#include "model/fused_projections.h"
#include "model/quantized.h"
#include "model/rows_of_tensors.h"

namespace engine {
namespace {

// The values of every slot of a projection, in their order: [..., out] -> [..., rows] each. One split rather
// than a narrow for each: its backward pass puts the gradients side by side once, that of narrow adds up
// full-size tensors of zeros.
std::vector<at::Tensor> parts_of(const at::Tensor& y, const Projection& projection) {
    if (!projection.fused()) return {y};
    const int64_t blocks = projection.slots.front().blocks;
    std::vector<int64_t> sizes;
    for (const Slot& slot : projection.slots) sizes.push_back(slot.rows / blocks);
    const at::Tensor grouped = blocks == 1 ? y : y.unflatten(-1, {blocks, projection.slots.front().stride});
    std::vector<at::Tensor> parts = at::split_with_sizes(grouped, sizes, -1);
    if (blocks > 1) {
        for (at::Tensor& part : parts) part = part.flatten(-2);
    }
    return parts;
}

// The projections in one operation; nothing where one carries DoRA, and for a few rows, which have a way of
// their own (ops.h).
std::optional<std::vector<at::Tensor>> fused(const std::vector<Projection>& projections,
                                             const std::vector<LinearWeights>& weights, int64_t layer,
                                             int first_index, const ProjectionSource& source,
                                             const ProjectionContext& context) {
    if (is_few_rows(source.x)) return std::nullopt;
    std::vector<ProjectionTerm> terms;
    for (std::size_t i = 0; i < projections.size(); ++i) {
        if (!weights[i].weight.defined()) return std::nullopt;  // quantized
        terms.push_back({weights[i].weight, weights[i].bias, {}});
        if (!context.adapters) continue;
        auto sites = context.adapters->terms(layer, first_index + static_cast<int>(i));
        if (!sites) return std::nullopt;
        terms.back().sites = std::move(*sites);
    }
    const at::ScalarType output = source.residual.defined() ? at::kFloat : context.output_type;
    const bool gelu = source.activation == Activation::gelu_tanh && in_rows(source.x);
    const at::Tensor x = source.activation && !gelu ? activate(source.x, *source.activation) : source.x;
    return fused_projections(x, terms, {source.norm, source.rule, source.residual, context.compute_type, output, gelu});
}

at::Tensor product(const at::Tensor& x, const LinearWeights& weights, at::ScalarType type) {
    if (!weights.weight.defined()) return quantized_linear(x, weights.quantized, weights.bias, type);
    return project(x, weights.weight, weights.bias, type);
}

}  // namespace

SlotOutputs::SlotOutputs(const std::vector<Projection>& projections,
                         const std::vector<LinearWeights>& weights, int64_t layer, int first_index,
                         const ProjectionSource& source, const ProjectionContext& context) {
    if (const auto outputs = fused(projections, weights, layer, first_index, source, context)) {
        for (std::size_t i = 0; i < projections.size(); ++i) {
            const auto parts = parts_of((*outputs)[i], projections[i]);
            for (std::size_t s = 0; s < parts.size(); ++s)
                outputs_.emplace_back(projections[i].slots[s].kind, parts[s]);
        }
        return;
    }
    const at::Tensor values = source.activation ? activate(source.x, *source.activation) : source.x;
    const at::Tensor x = source.norm ? normalize(values, *source.norm, source.rule) : values.to(at::kFloat);
    // A few rows stay in f32, as what reads them does.
    const at::ScalarType output_type = is_few_rows(x) ? at::kFloat : context.output_type;
    for (std::size_t i = 0; i < projections.size(); ++i) {
        at::Tensor y = product(x, weights[i], context.compute_type);
        const int index = first_index + static_cast<int>(i);
        const ProjectionInput input{x, weights[i].weight, weights[i].bias, context.compute_type};
        if (context.adapters) y = context.adapters->add_to_projection(layer, index, input, y);
        const auto parts = parts_of(y, projections[i]);
        for (std::size_t s = 0; s < parts.size(); ++s) {
            const Slot& slot = projections[i].slots[s];
            const bool adapted = context.adapters && projections[i].fused();
            const at::Tensor part =
                adapted ? context.adapters->add_to_slot(layer, index, slot, input, parts[s]) : parts[s];
            outputs_.emplace_back(
                slot.kind, source.residual.defined() ? source.residual + part : part.to(output_type));
        }
    }
}

const at::Tensor& SlotOutputs::operator[](std::string_view kind) const {
    for (const auto& [name, tensor] : outputs_) {
        if (name == kind) return tensor;
    }
    throw std::logic_error("architecture without a slot " + std::string(kind));
}

}  // namespace engine
