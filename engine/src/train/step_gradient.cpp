#include "train/step_gradient.h"

#include "data/seeded.h"

namespace engine {

StepGradient::StepGradient(const ExperimentSpec& spec, Trainable& trainable, const Dataset& rows,
                           BatchSampler& sampler, RunObserver& observer)
    : spec_(spec), trainable_(trainable), rows_(rows), sampler_(sampler), observer_(observer) {}

void StepGradient::begin(int64_t global_step) {
    trainable_.arena().zero_gradients();
    batches_.clear();
    next_ = 0;
    trained_ = 0;
    step_ = {};
    step_.loss = at::zeros({}, trainable_.arena().gradients().options().dtype(at::kDouble));
    for (int64_t micro = 0; micro < spec_.grad_accum; ++micro) {
        const std::vector<int64_t> rows = sampler_.batch(global_step * spec_.grad_accum + micro);
        const auto count = static_cast<int64_t>(rows.size()), parts = std::min(parts_, count);
        for (int64_t part = 0; part < parts; ++part) {
            const auto begin = static_cast<std::size_t>(part * count / parts);
            const auto end = static_cast<std::size_t>((part + 1) * count / parts);
            batches_.push_back(pack(rows_, std::span(rows).subspan(begin, end - begin)));
            trained_ += batches_.back().trained_tokens;
            step_.tokens += static_cast<double>(batches_.back().tokens());
        }
    }
    step_.round_tokens = step_.tokens;
    first_pass_ = static_cast<uint64_t>(global_step) * batches_.size();
}

void StepGradient::set_dropout() {
    trainable_.set_dropout(derive_seed(spec_.seed, "dropout", first_pass_ + next_));
}

at::Tensor StepGradient::add(const LossSum& batch) {
    ++next_;
    if (batch.tokens == 0) return {};
    const at::Tensor scaled = batch.sum / static_cast<double>(trained_);
    step_.loss += scaled.detach();
    return scaled;
}

bool StepGradient::split() {
    if (parts_ >= spec_.batch_size) return false;
    parts_ *= 2;
    const int64_t rows = (spec_.batch_size + parts_ - 1) / parts_;
    tell("Memory ran out: each micro-batch of " + std::to_string(spec_.batch_size) + " rows is now computed " +
         std::to_string(rows) + (rows == 1 ? " row" : " rows") +
         " at a time. The steps stay the same and take a little longer.");
    return true;
}

}  // namespace engine
