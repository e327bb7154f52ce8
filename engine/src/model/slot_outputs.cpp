#include "model/slot_outputs.h"

namespace engine {
namespace {

// The values of every slot of a projection, in their order: [..., out] -> [..., rows] each. One split rather than a narrow for
// each: its backward pass puts the gradients side by side once, that of narrow adds up full-size tensors of zeros.
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

}  // namespace

SlotOutputs::SlotOutputs(const std::vector<Projection>& projections, const std::vector<LinearWeights>& weights,
                         int64_t layer, int first_index, const at::Tensor& x, const AdapterSet* adapters,
                         at::ScalarType compute_type) {
    for (std::size_t i = 0; i < projections.size(); ++i) {
        at::Tensor y = project(x, weights[i].weight, weights[i].bias, compute_type);
        const int index = first_index + static_cast<int>(i);
        const ProjectionInput input{x, weights[i].weight, weights[i].bias, compute_type};
        if (adapters) y = adapters->add_to_projection(layer, index, input, y);
        const auto parts = parts_of(y, projections[i]);
        for (std::size_t s = 0; s < parts.size(); ++s) {
            const Slot& slot = projections[i].slots[s];
            const bool adapted = adapters && projections[i].fused();
            outputs_.emplace_back(slot.kind, adapted ? adapters->add_to_slot(layer, index, slot, input, parts[s]) : parts[s]);
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
