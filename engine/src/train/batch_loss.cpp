#include "train/batch_loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/device.h"
#include "train/classification_loss.h"

namespace engine {
namespace {

double ratio(double above, double below) { return below > 0 ? above / below : 0; }

// True and false positives and negatives of predictions against truth, both bool.
struct Counts {
    Counts(const at::Tensor& predicted, const at::Tensor& truth) {
        const auto count = [](const at::Tensor& which) { return static_cast<double>(which.sum().item<int64_t>()); };
        const at::Tensor not_predicted = predicted.logical_not(), not_true = truth.logical_not();
        tp = count(predicted.logical_and(truth));
        fp = count(predicted.logical_and(not_true));
        fn = count(not_predicted.logical_and(truth));
        tn = count(not_predicted.logical_and(not_true));
    }
    double f1() const { return ratio(2 * tp, 2 * tp + fp + fn); }
    double matthews() const { return ratio(tp * tn - fp * fn, std::sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))); }
    double tp, fp, fn, tn;
};

double pearson(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor x = a - a.mean(), y = b - b.mean();
    return ratio((x * y).sum().item<double>(), std::sqrt((x * x).sum().item<double>() * (y * y).sum().item<double>()));
}

// Places in ascending order, counted from 1; equal values share the mean of theirs.
at::Tensor ranks(const at::Tensor& values) {
    const auto count = static_cast<std::size_t>(values.numel());
    const at::Tensor on_cpu = values.to(at::kCPU).contiguous();
    const double* value = on_cpu.data_ptr<double>();
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return value[a] < value[b]; });
    at::Tensor result = at::empty({values.numel()}, at::kDouble);
    double* rank = result.data_ptr<double>();
    for (std::size_t begin = 0; begin < count;) {
        std::size_t end = begin + 1;
        while (end < count && value[order[end]] == value[order[begin]]) ++end;
        for (std::size_t i = begin; i < end; ++i) rank[order[i]] = static_cast<double>(begin + 1 + end) / 2;
        begin = end;
    }
    return result;
}

}  // namespace

at::Tensor targets_of(const Classifier& classifier, const std::vector<float>& targets) {
    const at::Tensor values = at::tensor(targets, at::kFloat);
    return classifier.problem == Problem::single_label ? values.to(at::kLong) : values.view({-1, classifier.labels});
}

at::Tensor classify_batch(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch) {
    int64_t longest = 0;
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row)
        longest = std::max(longest, batch.offsets[row + 1] - batch.offsets[row]);
    const int64_t rows = batch.rows();
    at::Tensor ids = at::zeros({rows, longest}, at::kLong), mask = at::zeros({rows, longest}, at::kBool),
               types = at::zeros({rows, longest}, at::kLong);
    for (int64_t row = 0; row < rows; ++row) {
        const auto r = static_cast<std::size_t>(row);
        const int64_t begin = batch.offsets[r], count = batch.offsets[r + 1] - begin, second = batch.second_types[r];
        std::copy_n(batch.ids.begin() + begin, count, ids[row].data_ptr<int64_t>());
        mask[row].narrow(0, 0, count).fill_(true);
        types[row].narrow(0, count - second, second).fill_(1);
    }
    const auto& device = decoder.device();
    mask = send(mask, device);
    ForwardOptions options;
    options.adapters = adapters;
    if (decoder.architecture().encoder) options.key_mask = mask;  // behind the last token a decoder sees nothing anyway
    if (decoder.architecture().token_types > 1) options.token_types = send(types, device);
    return decoder.classify(decoder.forward(send(ids, device), options), mask);
}

LossSum batch_loss(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch) {
    const auto& classifier = decoder.architecture().classifier;
    if (!classifier) return causal_loss(decoder, adapters, batch);
    const at::Tensor targets = send(targets_of(*classifier, batch.targets), decoder.device());
    return {classification_loss(*classifier, classify_batch(decoder, adapters, batch), targets), batch.rows()};
}

std::vector<NamedValue> classification_metrics(const Classifier& classifier, const at::Tensor& logits,
                                               const at::Tensor& targets) {
    at::NoGradGuard no_grad;
    if (classifier.problem == Problem::regression) {
        const at::Tensor given = logits.flatten().to(at::kDouble), wanted = targets.flatten().to(at::kDouble);
        return {{"pearson", pearson(given, wanted)}, {"spearman", pearson(ranks(given), ranks(wanted))}};
    }
    const bool single = classifier.problem == Problem::single_label;
    const at::Tensor predicted = single ? logits.argmax(1) : logits > 0, truth = single ? targets : targets > 0.5;
    std::vector<NamedValue> metrics = {{"accuracy", predicted.eq(truth).to(at::kDouble).mean().item<double>()}};
    if (single && classifier.labels != 2) return metrics;
    const Counts counts(single ? predicted == 1 : predicted, single ? truth == 1 : truth);
    metrics.push_back({"f1", counts.f1()});
    if (single) metrics.push_back({"matthews", counts.matthews()});
    return metrics;
}

}  // namespace engine
