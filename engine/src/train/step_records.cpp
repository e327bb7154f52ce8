#include "train/step_records.h"

namespace engine {

void StepRecords::add(const StepRecord& known, const at::Tensor& loss, const at::Tensor& grad_norm) {
    known_.push_back(known);
    for (const at::Tensor* value : {&loss, &grad_norm}) values_.push_back(value->detach().to(at::kDouble));
}

std::vector<StepRecord> StepRecords::read() {
    std::vector<StepRecord> records = std::move(known_);
    known_.clear();
    if (records.empty()) return records;
    const at::Tensor values = at::stack(values_).cpu();
    values_.clear();
    const double* value = values.data_ptr<double>();
    for (StepRecord& record : records) {
        record.loss = *value++;
        record.grad_norm = *value++;
    }
    return records;
}

void clip_gradient(at::Tensor& gradient, const at::Tensor& norm, double most) {
    if (most <= 0) return;
    if (norm.is_cpu()) {
        const double value = norm.item<double>();
        if (value > most) gradient.mul_(most / (value + 1e-6));
    } else {
        gradient.mul_((most / (norm + 1e-6)).clamp_max(1));
    }
}

}  // namespace engine
