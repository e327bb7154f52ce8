// The loss of a classifier's logits, as transformers decides it.
#pragma once

#include "architecture/architecture.h"
#include "runtime/torch.h"

namespace engine {

// What the loss is for these labels: int64 [B] are classes, floats [B] or [B, labels] numbers or one 0 or 1 per label.
Problem problem_of(const Classifier& classifier, const at::Tensor& labels);

// logits [B, labels] f32 -> the sum over the texts, f32: of the cross-entropy with one label, of the mean binary
// cross-entropy with several, of the mean squared error in a regression. Divide by B for what transformers reports.
// Failure (bad_input): labels of a kind or range that the problem does not have.
at::Tensor classification_loss(const Classifier& classifier, const at::Tensor& logits, const at::Tensor& labels);

}  // namespace engine
