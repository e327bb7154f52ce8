#include "train/parameter_arena.h"

#include <algorithm>

namespace engine {

ParameterArena::ParameterArena(std::vector<Entry> entries) {
    std::stable_partition(entries.begin(), entries.end(), [](const Entry& entry) { return entry.decay; });
    int64_t total = 0;
    for (const Entry& entry : entries) {
        ranges_.push_back({entry.name, total, entry.slot->numel()});
        total += entry.slot->numel();
        if (entry.decay) decayed_ = total;
    }
    at::NoGradGuard no_grad;
    values_ = at::empty({total}, entries.front().slot->options().dtype(at::kFloat));
    gradients_ = at::zeros_like(values_);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        at::Tensor& slot = *entries[i].slot;
        const auto shape = slot.sizes().vec();
        const at::Tensor view = values_.narrow(0, ranges_[i].begin, ranges_[i].count).view(shape);
        view.copy_(slot);
        slot = view.detach();
        slot.set_requires_grad(true);
        slot.mutable_grad() = gradients_.narrow(0, ranges_[i].begin, ranges_[i].count).view(shape);
    }
}

std::string ParameterArena::first_non_finite_gradient() const {
    for (const Range& range : ranges_) {
        if (!gradients_.narrow(0, range.begin, range.count).isfinite().all().item<bool>()) return range.name;
    }
    return {};
}

}  // namespace engine
