#include "train/causal_loss.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "train/batch_loss.h"
#include "train/classification_loss.h"

namespace engine {

LossSum causal_loss(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch) {
    std::vector<int64_t> rows, targets;  // token that predicts, and what
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
        for (int64_t token = batch.offsets[row] + 1; token < batch.offsets[row + 1]; ++token) {
            const int64_t label = batch.labels[static_cast<std::size_t>(token)];
            if (label == ignored_label) continue;
            rows.push_back(token - 1);
            targets.push_back(label);
        }
    }
    const auto count = static_cast<int64_t>(rows.size());
    const auto& device = decoder.device();
    if (count == 0) return {at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device)), 0};
    const at::Tensor ids = at::tensor(batch.ids, at::kLong).unsqueeze(0).to(device);
    ForwardOptions options;
    options.adapters = adapters;
    options.offsets = batch.offsets;
    const at::Tensor hidden = decoder.forward(ids, options).squeeze(0);
    const at::Tensor picked = hidden.index_select(0, at::tensor(rows, at::kLong).to(device));
    return {decoder.cross_entropy(picked, at::tensor(targets, at::kLong).to(device)), count};
}

DatasetLoss dataset_loss(const Decoder& decoder, const AdapterSet* adapters, const Dataset& data, int64_t batch_size,
                         const std::function<bool()>& keep_going) {
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
    const int64_t most = order.empty() ? 0 : batch_size * length(order.back());
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        if (keep_going && !keep_going()) break;
        for (int64_t tokens = 0; end < order.size() && tokens + length(order[end]) <= most; ++end) tokens += length(order[end]);
        const Batch batch = pack(data, std::span(order).subspan(begin, end - begin));
        if (classifier) {
            logits.push_back(classify_batch(decoder, adapters, batch).cpu());
            targets.push_back(targets_of(*classifier, batch.targets));
            sum += classification_loss(*classifier, logits.back(), targets.back()).item<double>();
            total.tokens += batch.rows();
        } else {
            const LossSum part = causal_loss(decoder, adapters, batch);
            sum += part.sum.item<double>();
            total.tokens += part.tokens;
        }
        total.rows += batch.rows();
    }
    if (!logits.empty()) total.metrics = classification_metrics(*classifier, at::cat(logits), at::cat(targets));
    total.loss = total.tokens > 0 ? sum / static_cast<double>(total.tokens) : 0;
    return total;
}

}  // namespace engine
