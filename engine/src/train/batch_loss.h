// The loss of a batch, whatever the model's head is.
#pragma once

#include "engine/events.h"
#include "train/causal_loss.h"

namespace engine {

// The sum over trained tokens, or with a classifier over texts (classification_loss.h).
LossSum batch_loss(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch);

// What a classifier says of texts: logits [rows, labels] f32, without gradients where those are off.
at::Tensor classify_batch(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch);

// How well logits [n, labels] fit the targets of n examples. One label: accuracy, with two classes also f1 of class 1 and
// matthews; several: accuracy over all labels and f1 over all of them; a regression: pearson. 0 where a divisor is 0.
std::vector<NamedValue> classification_metrics(const Classifier& classifier, const at::Tensor& logits,
                                               const at::Tensor& targets);
// The targets of a batch as the loss wants them: int64 [rows] or f32 [rows, labels].
at::Tensor targets_of(const Classifier& classifier, const std::vector<float>& targets);

}  // namespace engine
