#include "train/adamw.h"

#include <cmath>
#include <numbers>

namespace engine {

AdamW::AdamW(ParameterArena& arena, const OptimizerConfig& config)
    : arena_(arena), config_(config), m_(at::zeros_like(arena.values())), v_(at::zeros_like(arena.values())) {}

void AdamW::step(double learning_rate) {
    at::NoGradGuard no_grad;
    ++steps_;
    at::Tensor& values = arena_.values();
    const at::Tensor& gradients = arena_.gradients();
    if (config_.weight_decay != 0) {
        values.narrow(0, 0, arena_.decayed()).mul_(1 - learning_rate * config_.weight_decay);
    }
    m_.lerp_(gradients, 1 - config_.beta1);
    v_.mul_(config_.beta2).addcmul_(gradients, gradients, 1 - config_.beta2);
    const double correction1 = 1 - std::pow(config_.beta1, static_cast<double>(steps_));
    const double correction2 = 1 - std::pow(config_.beta2, static_cast<double>(steps_));
    const at::Tensor denominator = v_.sqrt().div_(std::sqrt(correction2)).add_(config_.epsilon);
    values.addcdiv_(m_, denominator, -learning_rate / correction1);
}

void AdamW::restore(const at::Tensor& first_moment, const at::Tensor& second_moment, int64_t steps) {
    at::NoGradGuard no_grad;
    m_.copy_(first_moment);
    v_.copy_(second_moment);
    steps_ = steps;
}

double schedule_factor(Schedule schedule, double warmup, int64_t step, int64_t total) {
    const auto warmup_steps = static_cast<int64_t>(std::ceil(warmup * static_cast<double>(total)));
    if (step < warmup_steps) return static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
    const double left = static_cast<double>(total - warmup_steps);
    const double progress = left > 0 ? static_cast<double>(step - warmup_steps) / left : 1;
    switch (schedule) {
        case Schedule::constant: return 1;
        case Schedule::linear: return 1 - progress;
        case Schedule::cosine: return 0.5 * (1 + std::cos(std::numbers::pi * progress));
    }
    throw std::logic_error("schedule without a case");
}

}  // namespace engine
