#include "exporting/self_test.h"

#include <algorithm>
#include <cmath>

namespace engine {

void count_tensors(SelfTest& test, const std::vector<std::string>& expected, const std::vector<std::string>& found) {
    const std::set<std::string> there(found.begin(), found.end());
    test.matched = std::count_if(expected.begin(), expected.end(),
                                 [&](const std::string& name) { return there.contains(name); });
    test.missing = static_cast<int64_t>(expected.size()) - test.matched;
    test.unexpected = static_cast<int64_t>(found.size()) - test.matched;
}

namespace {

void state(SelfTest& test, bool within, const char* agrees, const char* differs) {
    const bool complete = test.missing == 0 && test.unexpected == 0;
    test.passed = within && complete;
    if (!complete)
        test.verdict = "The written tensors are not the expected ones; do not use this export.";
    else
        test.verdict = test.passed ? agrees : differs;
}

}  // namespace

void conclude_logits(SelfTest& test, const at::Tensor& expected, const at::Tensor& written, double relative) {
    test.max_abs_diff = (expected - written).abs().max().item<double>();
    test.tolerance = relative * std::max(1.0, expected.abs().max().item<double>());
    state(test, std::isfinite(test.max_abs_diff) && test.max_abs_diff <= test.tolerance,
          "Reloaded and compared: every tensor is there and the logits agree with base + adapter.",
          "The logits of the written files differ from base + adapter by more than rounding; do not use this export.");
}

void ValueComparison::add(const at::Tensor& expected, const at::Tensor& written, double rounding) {
    if (expected.numel() == 0) return;
    const double difference = (expected - written).abs().max().item<double>();
    const double allowed = rounding * expected.abs().max().item<double>() + (rounding > 0 ? 4e-6 : 0);
    within_ = within_ && std::isfinite(difference) && difference <= allowed;
    largest_ = std::max(largest_, difference);
    tolerance_ = std::max(tolerance_, allowed);
}

void ValueComparison::conclude(SelfTest& test) const {
    test.max_abs_diff = largest_;
    test.tolerance = tolerance_;
    state(test, within_, "Read back and compared: every value of every tensor agrees with base + adapter.",
          "Values of the written file differ from base + adapter by more than rounding; do not use this export.");
}

double rounding_of(Dtype stored) {
    switch (stored) {
        case Dtype::f16: return 0x1p-11;
        case Dtype::bf16: return 0x1p-8;
        default: return 0;
    }
}

}  // namespace engine
