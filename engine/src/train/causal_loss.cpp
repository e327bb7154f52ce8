#include "train/causal_loss.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace engine {

LossSum causal_loss(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch) {
    std::vector<int64_t> rows, targets;  // position in [B * T] that predicts, and what
    for (int64_t b = 0; b < batch.rows; ++b) {
        for (int64_t t = 1; t < batch.length; ++t) {
            const int64_t label = batch.labels[static_cast<std::size_t>(b * batch.length + t)];
            if (label == ignored_label) continue;
            rows.push_back(b * batch.length + t - 1);
            targets.push_back(label);
        }
    }
    const auto count = static_cast<int64_t>(rows.size());
    const auto& device = decoder.device();
    if (count == 0) return {at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device)), 0};
    const at::Tensor ids = at::tensor(batch.ids, at::kLong).view({batch.rows, batch.length}).to(device);
    ForwardOptions options;
    options.adapters = adapters;
    // Rows are padded on the right and attention is causal, so padding is seen by no token that counts.
    const at::Tensor hidden = decoder.forward(ids, options);
    const at::Tensor picked =
        hidden.view({batch.rows * batch.length, hidden.size(-1)}).index_select(0, at::tensor(rows, at::kLong).to(device));
    return {decoder.cross_entropy(picked, at::tensor(targets, at::kLong).to(device)), count};
}

DatasetLoss dataset_loss(const Decoder& decoder, const AdapterSet* adapters, const Dataset& data, int64_t batch_size,
                         const std::function<bool()>& keep_going) {
    at::NoGradGuard no_grad;
    std::vector<int64_t> order(data.examples.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return data.examples[static_cast<std::size_t>(a)].ids.size() < data.examples[static_cast<std::size_t>(b)].ids.size();
    });
    DatasetLoss total;
    double sum = 0;
    for (std::size_t begin = 0; begin < order.size(); begin += static_cast<std::size_t>(batch_size)) {
        if (keep_going && !keep_going()) break;
        const std::size_t end = std::min(order.size(), begin + static_cast<std::size_t>(batch_size));
        const Batch batch = collate(data, {order.begin() + static_cast<std::ptrdiff_t>(begin),
                                           order.begin() + static_cast<std::ptrdiff_t>(end)}, 0);
        const LossSum part = causal_loss(decoder, adapters, batch);
        sum += part.sum.item<double>();
        total.tokens += part.tokens;
        total.rows += batch.rows;
    }
    total.loss = total.tokens > 0 ? sum / static_cast<double>(total.tokens) : 0;
    return total;
}

}  // namespace engine
