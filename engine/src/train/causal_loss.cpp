#include "train/causal_loss.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "runtime/device.h"
#include "runtime/guard.h"
#include "train/batch_loss.h"
#include "train/classification_loss.h"

namespace engine {

namespace {

// Batches laid end to end: which tokens predict, and what.
struct Predictions {
    std::vector<int64_t> ids, offsets{0}, rows, targets;
    std::vector<int64_t> counts;  // of each batch

    void add(const Batch& batch) {
        const auto first = static_cast<int64_t>(ids.size());
        const std::size_t before = rows.size();
        for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
            for (int64_t token = batch.offsets[row] + 1; token < batch.offsets[row + 1]; ++token) {
                const int64_t label = batch.labels[static_cast<std::size_t>(token)];
                if (label == ignored_label) continue;
                rows.push_back(first + token - 1);
                targets.push_back(label);
            }
            offsets.push_back(first + batch.offsets[row + 1]);
        }
        ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
        counts.push_back(static_cast<int64_t>(rows.size() - before));
    }

    // Summed over all, or over each of the parts.
    at::Tensor loss(const Decoder& decoder, const AdapterSet* adapters, at::IntArrayRef parts) const {
        const auto& device = decoder.device();
        ForwardOptions options;
        options.adapters = adapters;
        options.offsets = offsets;
        const at::Tensor hidden =
            decoder.forward(send(at::tensor(ids, at::kLong).unsqueeze(0), device), options).squeeze(0);
        const at::Tensor picked = hidden.index_select(0, send(at::tensor(rows, at::kLong), device));
        return decoder.cross_entropy(picked, send(at::tensor(targets, at::kLong), device), parts);
    }
};

at::Tensor no_loss(const Decoder& decoder) {
    return at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(decoder.device()));
}

AdapterSet stacked_adapters(const std::vector<AdaptedBatch>& batches) {
    std::vector<AdapterSet::Part> parts;
    for (const AdaptedBatch& each : batches) parts.push_back({each.adapters, each.batch->tokens()});
    return AdapterSet::stacked(parts);
}

}  // namespace

LossSum causal_loss(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch) {
    Predictions predictions;
    predictions.add(batch);
    const int64_t count = predictions.counts.front();
    if (count == 0) return {no_loss(decoder), 0};
    return {predictions.loss(decoder, adapters, {}), count};
}

BatchStack::BatchStack(std::vector<AdaptedBatch> all) : batches(std::move(all)), adapters(stacked_adapters(batches)) {}

std::vector<LossSum> causal_losses(const Decoder& decoder, const BatchStack& stack) {
    Predictions predictions;
    for (const AdaptedBatch& each : stack.batches) predictions.add(*each.batch);
    std::vector<LossSum> losses;
    for (const int64_t count : predictions.counts) losses.push_back({no_loss(decoder), count});
    if (predictions.rows.empty()) return losses;
    const at::Tensor sums = predictions.loss(decoder, &stack.adapters, predictions.counts);
    for (std::size_t i = 0; i < losses.size(); ++i) {
        if (losses[i].tokens > 0) losses[i].sum = sums[static_cast<int64_t>(i)];
    }
    return losses;
}

DatasetLoss dataset_loss(const Decoder& decoder, const AdapterSet* adapters, const Dataset& data, int64_t batch_size,
                         const std::function<bool()>& keep_going, const std::function<void(const std::string&)>& warn) {
    at::NoGradGuard no_grad;
    std::vector<int64_t> order(data.examples.size());
    std::iota(order.begin(), order.end(), 0);
    const auto length = [&](int64_t row) {
        return static_cast<int64_t>(data.examples[static_cast<std::size_t>(row)].ids.size());
    };
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return length(a) < length(b); });
    DatasetLoss total;
    double sum = 0;
    const auto& classifier = decoder.architecture().classifier;
    std::vector<at::Tensor> logits, targets;
    // Short rows share a batch up to the tokens that batch_size of the longest rows have: no more memory, larger products.
    int64_t most = order.empty() ? 0 : batch_size * length(order.back());
    bool warned = false;
    for (std::size_t begin = 0; begin < order.size();) {
        if (keep_going && !keep_going()) break;
        std::size_t end = begin + 1;
        int64_t tokens = length(order[begin]);
        for (; end < order.size() && tokens + length(order[end]) <= most; ++end) tokens += length(order[end]);
        const Batch batch = pack(data, std::span(order).subspan(begin, end - begin));
        const auto failure = out_of_memory_in(decoder.device(), [&] {
            if (classifier) {
                const at::Tensor said = classify_batch(decoder, adapters, batch).cpu();
                const at::Tensor wanted = targets_of(*classifier, batch.targets);
                sum += classification_loss(*classifier, said, wanted).item<double>();
                logits.push_back(said);
                targets.push_back(wanted);
                total.tokens += batch.rows();
            } else {
                const LossSum part = causal_loss(decoder, adapters, batch);
                sum += part.sum.item<double>();
                total.tokens += part.tokens;
            }
        });
        if (failure) {
            if (end - begin == 1) std::rethrow_exception(failure);
            most = tokens / 2;
            if (warn && !warned)
                warn("Memory ran out: the evaluation now takes fewer rows at a time. Its figures stay the same and it takes a "
                     "little longer.");
            warned = true;
            continue;
        }
        total.rows += batch.rows();
        begin = end;
    }
    if (!logits.empty()) total.metrics = classification_metrics(*classifier, at::cat(logits), at::cat(targets));
    total.loss = total.tokens > 0 ? sum / static_cast<double>(total.tokens) : 0;
    return total;
}

}  // namespace engine
