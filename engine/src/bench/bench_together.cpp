#include <algorithm>
#include <cmath>
#include <memory>

#include "bench/measure.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "model/quantized.h"
#include "runtime/device.h"
#include "runtime/guard.h"
#include "train/adamw.h"
#include "train/causal_loss.h"
#include "train/step_records.h"
#include "train/steps_together.h"

namespace engine {
namespace {

struct Member {
    Member(const Decoder& decoder, const TrainBenchRequest& request, uint64_t seed)
        : adapters(new_adapters(decoder, config_of(request), seed)),
          arena(entries_of(adapters)),
          optimizer(arena, OptimizerConfig{}),
          batch(random_batch(decoder.architecture(), request, seed)) {}

    static LoraConfig config_of(const TrainBenchRequest& request) {
        LoraConfig config;
        config.rank = request.rank;
        config.alpha = static_cast<double>(8 * request.rank);
        config.targets = parse_targets(request.targets);
        return config;
    }
    static std::vector<ParameterArena::Entry> entries_of(AdapterSet& adapters) {
        std::vector<ParameterArena::Entry> entries;
        for (const AdapterSet::Parameter& parameter : adapters.parameters())
            entries.push_back({parameter.name, parameter.tensor, true});
        return entries;
    }

    void update() {
        clip_gradient(arena.gradients(), arena.gradients().norm(), 1);
        optimizer.step(2e-4);
    }

    AdapterSet adapters;
    ParameterArena arena;
    AdamW optimizer;
    Batch batch;
};

using Members = std::vector<std::unique_ptr<Member>>;

// One step of members [begin, end) in one pass.
void step(const Decoder& decoder, const Members& members, std::size_t begin, std::size_t end) {
    std::vector<AdaptedBatch> batches;
    for (std::size_t i = begin; i < end; ++i) {
        members[i]->arena.zero_gradients();
        batches.push_back({&members[i]->adapters, &members[i]->batch});
    }
    const BatchStack together(batches);
    const std::vector<LossSum> losses =
        batches.size() > 1 ? causal_losses(decoder, together)
                           : std::vector{causal_loss(decoder, batches[0].adapters, *batches[0].batch)};
    at::Tensor sum;
    for (const LossSum& loss : losses) {
        const at::Tensor mean = loss.sum / static_cast<double>(loss.tokens);
        sum = sum.defined() ? sum + mean : mean;
    }
    sum.backward();
    for (std::size_t i = begin; i < end; ++i) members[i]->update();
}

// A step of all of them, as many at a time as stay below the limit.
void round(const Decoder& decoder, const Members& members, int64_t most_tokens) {
    const auto at_once = static_cast<std::size_t>(std::max<int64_t>(1, most_tokens / members.front()->batch.tokens()));
    for (std::size_t begin = 0; begin < members.size(); begin += at_once)
        step(decoder, members, begin, std::min(begin + at_once, members.size()));
}

void check(const TogetherBenchRequest& request, const Architecture& architecture) {
    const TrainBenchRequest& step = request.step;
    if (step.batch_size < 1 || step.seq_len < 2 || step.steps < 1 || request.adapters < 1 || request.stacked_tokens < 0)
        fail_input("A benchmark of several adapters needs adapters, batch size and steps >= 1 and length >= 2.");
    if (step.trained_fraction <= 0 || step.trained_fraction > 1)
        fail_input("The trained fraction must be above 0 and at most 1.");
    if (step.method != Method::lora)
        fail_input("Only adapters share a base: several runs of the method full have nothing in common to measure.");
    if (architecture.positions == PositionKind::learned && step.seq_len > architecture.max_positions)
        fail_input("The shape has " + std::to_string(architecture.max_positions) + " positions; choose a shorter length.");
}

}  // namespace

Result<TogetherBenchResult> bench_together(const TogetherBenchRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        const TrainBenchRequest& step_request = request.step;
        const c10::Device device = resolve_device(step_request.device);
        const Architecture architecture = architecture_for(step_request.shape);
        check(request, architecture);
        prepare_device(device, step_request.precision);
        Decoder decoder = random_decoder(architecture, step_request.precision, device, step_request.precision, 1);
        if (step_request.base_type != BaseType::as_computed) quantize_layers(decoder, step_request.base_type);
        const auto peak = [&] { return device.is_cpu() ? peak_resident_bytes() : device_peak_allocated_bytes(device); };
        TogetherBenchResult result;
        result.stacked_tokens = request.stacked_tokens > 0 ? request.stacked_tokens : most_stacked_tokens;
        reset_device_peak(device);
        Members members;
        const auto add_member = [&] { members.push_back(std::make_unique<Member>(decoder, step_request, members.size() + 1)); };
        add_member();
        for (int i = 0; i < 2; ++i) round(decoder, members, 0);
        result.memory_of_one_bytes = peak();
        while (static_cast<int64_t>(members.size()) < request.adapters) add_member();
        // Before the other way leaves blocks of its own sizes behind.
        for (int i = 0; i < 2; ++i) round(decoder, members, result.stacked_tokens);
        result.peak_memory_bytes = peak();
        const auto times = time_in_turn(device, step_request.steps,
                                        {[&] { round(decoder, members, result.stacked_tokens); },
                                         [&] { round(decoder, members, 0); }});
        result.together = timing_of(times[0]);
        result.in_turn = timing_of(times[1]);
        const double tokens = 1000 * static_cast<double>(request.adapters * members.front()->batch.tokens());
        result.together_tokens_per_second = tokens / result.together.median_ms;
        result.in_turn_tokens_per_second = tokens / result.in_turn.median_ms;
        std::vector<double> ratios;
        for (std::size_t i = 0; i < times[0].size(); ++i) ratios.push_back(times[1][i] / times[0][i]);
        result.speedup = median(ratios);
        return result;
    });
}

}  // namespace engine
