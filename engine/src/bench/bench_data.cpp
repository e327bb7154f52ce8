#include <algorithm>
#include <cmath>

#include "bench/measure.h"
#include "data/token_cache.h"
#include "engine/bench.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "runtime/device.h"
#include "runtime/guard.h"
#include "train/adamw.h"
#include "train/causal_loss.h"

namespace engine {
namespace {

// Every row of the batch filled up on the right with tokens that carry no label.
Batch padded_to(const Batch& batch, int64_t length) {
    Batch padded;
    padded.trained_tokens = batch.trained_tokens;
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
        const auto copy = [&](const std::vector<int64_t>& from, std::vector<int64_t>& to, int64_t filling) {
            to.insert(to.end(), from.begin() + batch.offsets[row], from.begin() + batch.offsets[row + 1]);
            to.resize((row + 1) * static_cast<std::size_t>(length), filling);
        };
        copy(batch.ids, padded.ids, 0);
        copy(batch.labels, padded.labels, ignored_label);
        padded.offsets.push_back(static_cast<int64_t>(padded.ids.size()));
    }
    return padded;
}

// LoRA steps on a decoder with random weights.
class StepTimer {
  public:
    StepTimer(const Architecture& architecture, const DataBenchRequest& request, const c10::Device& device)
        : decoder_(random_decoder(architecture, request.precision, device, request.precision, 1)),
          adapters_(new_adapters(architecture, config_of(request), 1, device)),
          arena_(entries_of(adapters_)),
          optimizer_(arena_, OptimizerConfig{}) {}

    struct Step {
        double ms = 0;
        double loss = 0;
    };
    Step run(const Batch& batch) {
        synchronize(decoder_.device());
        const auto begin = Clock::now();
        arena_.zero_gradients();
        const LossSum loss = causal_loss(decoder_, &adapters_, batch);
        const at::Tensor mean = loss.sum / static_cast<double>(loss.tokens);
        mean.backward();
        optimizer_.step(0);  // the full cost, while both ways see the same weights
        synchronize(decoder_.device());
        return {milliseconds_since(begin), mean.item<double>()};
    }

  private:
    static LoraConfig config_of(const DataBenchRequest& request) {
        LoraConfig config;
        config.rank = request.rank;
        config.alpha = static_cast<double>(8 * request.rank);
        config.targets = parse_targets(request.targets);
        return config;
    }
    static std::vector<ParameterArena::Entry> entries_of(AdapterSet& adapters) {
        std::vector<ParameterArena::Entry> entries;
        for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
            entries.push_back({parameter.name, parameter.tensor, true});
        }
        return entries;
    }

    Decoder decoder_;
    AdapterSet adapters_;
    ParameterArena arena_;
    AdamW optimizer_;
};

double median_collate_us(const Dataset& data, BatchSampler& sampler) {
    std::vector<double> times;
    for (int64_t k = 0; k < sampler.batches_per_epoch(); ++k) {
        const auto rows = sampler.batch(k);
        const auto begin = Clock::now();
        const Batch batch = pack(data, rows);
        times.push_back(1000 * milliseconds_since(begin));
    }
    return median(times);
}

}  // namespace

Result<DataBenchResult> bench_data(const DataBenchRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        if (request.batch_size < 1 || request.steps < 1 || request.padded_length < 2) {
            fail_input("A benchmark of data needs batch size >= 1, length >= 2 and steps >= 1.");
        }
        const c10::Device device = resolve_device(request.device);
        const Architecture architecture = architecture_for(request.shape.empty() ? request.model.string() : request.shape);
        if (architecture.positions == PositionKind::learned && request.padded_length > architecture.max_positions) {
            fail_input("The shape has " + std::to_string(architecture.max_positions) +
                       " positions; choose a shorter length.");
        }
        const auto begin = Clock::now();
        const Dataset data =
            DatasetLoader({request.prompt_template, request.model, {}}, request.padded_length, {}).load(request.file);
        DataBenchResult result;
        result.load_ms = milliseconds_since(begin);
        if (data.largest_id >= architecture.vocab_size) {
            fail_input("The tokenizer gives token " + std::to_string(data.largest_id) + ", but the shape has only " +
                       std::to_string(architecture.vocab_size) + " embeddings; choose another shape.");
        }
        result.rows = static_cast<int64_t>(data.examples.size());
        for (const Example& example : data.examples) {
            result.tokens_per_row += static_cast<double>(example.ids.size()) / static_cast<double>(result.rows);
        }
        BatchSampler sampler(data, request.batch_size, 1, false);  // every batch with rows of all lengths
        result.collate_us = median_collate_us(data, sampler);

        StepTimer timer(architecture, request, device);
        std::vector<double> packed_ms, padded_ms, packed_rate, padded_rate, ratio;
        for (int64_t step = -1; step < request.steps; ++step) {
            const Batch packed = pack(data, sampler.batch(step + 1)), padded = padded_to(packed, request.padded_length);
            const auto one = timer.run(packed), other = timer.run(padded);
            if (step < 0) continue;  // warm-up
            const double tokens = 1000 * static_cast<double>(packed.tokens());
            packed_ms.push_back(one.ms);
            padded_ms.push_back(other.ms);
            packed_rate.push_back(tokens / one.ms);
            padded_rate.push_back(tokens / other.ms);
            ratio.push_back(other.ms / one.ms);
            result.largest_loss_difference =
                std::max(result.largest_loss_difference, std::abs(one.loss - other.loss) / std::abs(other.loss));
        }
        result.packed_ms = median(packed_ms);
        result.padded_ms = median(padded_ms);
        result.packed_tokens_per_second = median(packed_rate);
        result.padded_tokens_per_second = median(padded_rate);
        result.speedup = median(ratio);
        return result;
    });
}

}  // namespace engine
