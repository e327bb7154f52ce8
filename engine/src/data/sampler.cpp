#include "data/dataset.h"
#include "data/seeded.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace engine {
namespace {

constexpr std::int64_t window_batches = 64;  // wide enough to find equal lengths, narrow enough to stay random

}  // namespace

std::vector<std::int64_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    SeededRandom(derive_seed(seed, "shuffle", static_cast<std::uint64_t>(epoch))).shuffle(order);
    return order;
}

BatchSampler::BatchSampler(const Dataset& dataset, std::int64_t batch_size, std::uint64_t seed,
                           bool group_by_length)
    : count_(static_cast<std::int64_t>(dataset.examples.size())),
      batch_size_(batch_size),
      batches_per_epoch_((count_ + batch_size - 1) / batch_size),
      seed_(seed) {
    assert(count_ > 0 && batch_size > 0);
    if (group_by_length)
        for (const Example& example : dataset.examples)
            lengths_.push_back(static_cast<std::int64_t>(example.ids.size()));
}

void BatchSampler::prepare(std::int64_t epoch) {
    std::vector<std::int64_t> order = epoch_order(count_, seed_, epoch);
    if (!lengths_.empty()) {
        const auto length = [&](std::int64_t row) { return lengths_[static_cast<std::size_t>(row)]; };
        for (std::int64_t begin = 0; begin < count_; begin += window_batches * batch_size_) {
            const std::int64_t end = std::min(begin + window_batches * batch_size_, count_);
            std::stable_sort(order.begin() + begin, order.begin() + end,
                             [&](std::int64_t a, std::int64_t b) { return length(a) < length(b); });
        }
    }
    batches_.clear();
    for (std::int64_t begin = 0; begin < count_; begin += batch_size_)
        batches_.emplace_back(order.begin() + begin, order.begin() + std::min(begin + batch_size_, count_));
    // Otherwise every window would run from short to long.
    if (!lengths_.empty())
        SeededRandom(derive_seed(seed_, "shuffle batches", static_cast<std::uint64_t>(epoch)))
            .shuffle(batches_);
    epoch_ = epoch;
}

std::vector<std::int64_t> BatchSampler::batch(std::int64_t micro_step) {
    const std::int64_t epoch = epoch_of(micro_step);
    if (epoch != epoch_) prepare(epoch);
    return batches_[static_cast<std::size_t>(micro_step % batches_per_epoch_)];
}

Batch pack(const Dataset& dataset, std::span<const std::int64_t> indices) {
    Batch batch;
    for (const std::int64_t index : indices) {
        const Example& example = dataset.examples.at(static_cast<std::size_t>(index));
        for (std::size_t i = 0; i < example.ids.size(); ++i) {
            batch.ids.push_back(example.ids[i]);
            batch.labels.push_back(example.trained[i] ? example.ids[i] : ignored_label);
            batch.trained_tokens += example.trained[i];
        }
        batch.targets.insert(batch.targets.end(), example.targets.begin(), example.targets.end());
        batch.second_types.push_back(example.second_type);
        batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
    }
    return batch;
}

}  // namespace engine
