// The loss of a batch: next-token cross-entropy over the tokens that carry a label.
#pragma once

#include <functional>

#include "data/dataset.h"
#include "engine/events.h"
#include "lora/adapter_set.h"
#include "model/decoder.h"

namespace engine {

struct LossSum {
    at::Tensor sum;      // scalar f32, natural log, differentiable
    int64_t tokens = 0;  // labels counted
};

// Predicts position t + 1 from t; the first token of a row is never a target. Logits exist only where there is a label.
LossSum causal_loss(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch);

// Batches, each with adapters of its own that differ from the decoder in what AdapterSet::stacked can join.
struct AdaptedBatch {
    const AdapterSet* adapters;
    const Batch* batch;
};
struct BatchStack {
    explicit BatchStack(std::vector<AdaptedBatch> all);
    std::vector<AdaptedBatch> batches;
    AdapterSet adapters;  // of all of them
};
// The same of each, in one pass over what they share. The stack must live until the backward pass is done.
std::vector<LossSum> causal_losses(const Decoder& decoder, const BatchStack& stack);

// Loss over a whole data set without gradients or dropout: summed over trained tokens, or the texts of a classifier, then
// divided. A batch holds the tokens of
// batch_size rows of the greatest length, in as many rows as fit.
struct DatasetLoss {
    double loss = 0;
    int64_t tokens = 0;
    int64_t rows = 0;
    std::vector<NamedValue> metrics;  // of a classifier
};
// keep_going is asked between batches; when it says no, what was counted so far is returned. When memory runs out, batches are
// halved from then on and `warn` is told; single rows that do not fit are a failure.
DatasetLoss dataset_loss(const Decoder& decoder, const AdapterSet* adapters, const Dataset& data, int64_t batch_size,
                         const std::function<bool()>& keep_going = {},
                         const std::function<void(const std::string&)>& warn = {});

}  // namespace engine
