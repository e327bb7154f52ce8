#include "train/step_gradient.h"

#include "data/seeded.h"
#include "runtime/device.h"
#include "runtime/guard.h"
#include "runtime/tensor_memory.h"
#include "train/batch_loss.h"

namespace engine {

StepGradient::StepGradient(const ExperimentSpec& spec, Trainable& trainable, const Dataset& rows,
                           BatchSampler& sampler, RunObserver& observer)
    : spec_(spec), trainable_(trainable), rows_(rows), sampler_(sampler), observer_(observer) {}

std::optional<StepGradient::Step> StepGradient::compute(int64_t global_step,
                                                        const std::function<bool()>& stop) {
    while (true) {
        try {
            return attempt(global_step, stop);
        } catch (const std::bad_alloc&) {
            if (!split()) throw;
        } catch (const c10::Error& error) {
            if (error_from(error).code != ErrorCode::out_of_memory || !split()) throw;
        }
    }
}

std::optional<StepGradient::Step> StepGradient::attempt(int64_t global_step,
                                                        const std::function<bool()>& stop) {
    trainable_.arena().zero_gradients();
    std::vector<Batch> batches;
    int64_t trained = 0;
    Step step;
    step.loss = at::zeros({}, trainable_.arena().gradients().options().dtype(at::kDouble));
    for (int64_t micro = 0; micro < spec_.grad_accum; ++micro) {
        const std::vector<int64_t> rows = sampler_.batch(global_step * spec_.grad_accum + micro);
        const auto count = static_cast<int64_t>(rows.size()), parts = std::min(parts_, count);
        for (int64_t part = 0; part < parts; ++part) {
            const auto begin = static_cast<std::size_t>(part * count / parts);
            const auto end = static_cast<std::size_t>((part + 1) * count / parts);
            batches.push_back(pack(rows_, std::span(rows).subspan(begin, end - begin)));
            trained += batches.back().trained_tokens;
            step.tokens += static_cast<double>(batches.back().tokens());
        }
    }
    const auto first = static_cast<uint64_t>(global_step) * batches.size();
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if (stop()) return std::nullopt;
        trainable_.set_dropout(derive_seed(spec_.seed, "dropout", first + i));
        const LossSum part = batch_loss(trainable_.decoder(), trainable_.adapters(), batches[i]);
        if (part.tokens == 0) continue;
        const at::Tensor scaled = part.sum / static_cast<double>(trained);
        scaled.backward();
        step.loss += scaled.detach();
    }
    return step;
}

bool StepGradient::split() {
    release_unused_tensor_memory();
    release_device_cache(trainable_.decoder().device());
    if (parts_ >= spec_.batch_size) return false;
    parts_ *= 2;
    const int64_t rows = (spec_.batch_size + parts_ - 1) / parts_;
    observer_.on_event(RunMessage{"Memory ran out: each micro-batch of " + std::to_string(spec_.batch_size) +
                                      " rows is now computed " + std::to_string(rows) +
                                      (rows == 1 ? " row" : " rows") +
                                      " at a time. The steps stay the same and take a little longer.",
                                  true});
    return true;
}

}  // namespace engine
