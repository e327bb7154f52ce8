// How what was written compares with what should have been.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/export.h"
#include "io/safetensors.h"
#include "runtime/torch.h"

namespace engine {

void count_tensors(SelfTest& test, const std::vector<std::string>& expected, const std::vector<std::string>& found);

// By logits: relative to the largest one.
void conclude_logits(SelfTest& test, const at::Tensor& expected, const at::Tensor& written, double relative);

// Value by value, each tensor within what rounding to its stored type can move it.
class ValueComparison {
  public:
    // rounding: of a value as large as the largest expected one, relative to it.
    void add(const at::Tensor& expected, const at::Tensor& written, double rounding);
    void conclude(SelfTest& test) const;

  private:
    double largest_ = 0, tolerance_ = 0;
    bool within_ = true;
};

double rounding_of(Dtype stored);

}  // namespace engine
