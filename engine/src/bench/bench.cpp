#include "engine/bench.h"

#include <algorithm>
#include <cmath>

#include "bench/flops.h"
#include "bench/measure.h"
#include "engine/plan.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "model/quantized.h"
#include "runtime/device.h"
#include "runtime/guard.h"
#include "train/adamw.h"
#include "train/batch_loss.h"
#include "train/step_records.h"

namespace engine {
namespace {

struct BenchSubject {
    Decoder decoder;
    std::optional<AdapterSet> adapters;
    std::unique_ptr<ParameterArena> arena;
};

BenchSubject make_subject(const Architecture& architecture, const TrainBenchRequest& request, const c10::Device& device) {
    const Precision stored = request.method == Method::full ? Precision::f32 : request.precision;
    const bool quantized = request.base_type != BaseType::as_computed;
    BenchSubject subject{random_decoder(architecture, request.precision, device, stored, 1,
                                        quantized ? layer_quantizer(request.base_type) : FinishLayer()),
                         {},
                         {}};
    subject.decoder.recompute_layers(request.recompute_layers);
    std::vector<ParameterArena::Entry> entries;
    if (request.method == Method::lora) {
        LoraConfig config;
        config.rank = request.rank;
        config.alpha = static_cast<double>(8 * request.rank);
        config.targets = parse_targets(request.targets);
        subject.adapters = new_adapters(architecture, config, 1, device);
        for (AdapterSite& site : subject.adapters->sites()) {
            entries.push_back({site.kind, &site.A, true});
            entries.push_back({site.kind, &site.B, true});
        }
        if (architecture.classifier) {  // its head is trained as it is
            DecoderWeights& w = subject.decoder.weights();
            for (at::Tensor* tensor : {&w.head_dense.weight, &w.head_dense.bias, &w.head, &w.head_bias})
                if (tensor->defined()) entries.push_back({"head", tensor, true});
        }
    } else if (architecture.classifier) {
        for (const WeightSlot& slot : weight_slots(subject.decoder)) entries.push_back({slot.name, slot.tensor, true});
    } else {
        DecoderWeights& w = subject.decoder.weights();
        entries.push_back({"embedding", &w.embedding, true});
        if (w.position_embedding.defined()) entries.push_back({"positions", &w.position_embedding, true});
        for (LayerWeights& layer : w.layers) {
            for (auto* group : {&layer.attention_in, &layer.mlp_in}) {
                for (LinearWeights& linear : *group) entries.push_back({"matrix", &linear.weight, true});
            }
            entries.push_back({"matrix", &layer.attention_out.weight, true});
            entries.push_back({"matrix", &layer.mlp_out.weight, true});
        }
        if (!architecture.tied_embeddings) entries.push_back({"head", &w.head, true});
    }
    subject.arena = std::make_unique<ParameterArena>(std::move(entries));
    if (request.method == Method::full && architecture.tied_embeddings) {
        subject.decoder.weights().head = subject.decoder.weights().embedding;
    }
    return subject;
}

int64_t memory_floor(const TrainBenchRequest& request, const c10::Device& device) {
    const auto names = shape_names();
    const bool named = std::find(names.begin(), names.end(), request.shape) != names.end();
    ExperimentSpec spec;
    spec.method = request.method;
    if (request.method == Method::lora) spec.lora.targets = parse_targets(request.targets);
    spec.lora.rank = request.rank;
    spec.precision = request.precision;
    spec.base_type = request.base_type;
    spec.batch_size = request.batch_size;
    spec.data.seq_len = request.seq_len;
    spec.device = device.str();
    const ModelInfo model = (named ? inspect_shape(request.shape) : inspect_model(request.shape)).value();
    spec.task = task_from(model.task).value();
    return plan(model, spec).value().memory.floor;
}

}  // namespace

Result<GemmBenchResult> bench_gemm(const GemmBenchRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        for (const int64_t size : {request.m, request.k, request.n, request.repeats}) {
            if (size < 1) fail_input("Sizes and repeats of a matrix product must be 1 or more.");
        }
        const auto times_of = [&](Products products) {
            return time_gemm(request.m, request.k, request.n, request.precision, resolve_device(request.device), request.repeats, products);
        };
        const auto rate = [&](double ms) {
            return 2e-6 * static_cast<double>(request.m) * static_cast<double>(request.k) * static_cast<double>(request.n) / ms;
        };
        const auto times = times_of(Products::of_libraries);
        GemmBenchResult result;
        result.median_ms = median(times);
        result.min_ms = *std::min_element(times.begin(), times.end());
        result.max_ms = *std::max_element(times.begin(), times.end());
        result.gemm_gflops = rate(result.median_ms);
        result.engine_gflops = rate(median(times_of(Products::of_engine)));
        return result;
    });
}

Result<TrainBenchResult> bench_train(const TrainBenchRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        if (request.batch_size < 1 || request.seq_len < 2 || request.steps < 1) {
            fail_input("A training benchmark needs batch size >= 1, length >= 2 and steps >= 1.");
        }
        if (request.trained_fraction <= 0 || request.trained_fraction > 1) {
            fail_input("The trained fraction must be above 0 and at most 1.");
        }
        const c10::Device device = resolve_device(request.device);
        const Architecture architecture = architecture_for(request.shape, true);
        if (architecture.has_position_table() && request.seq_len > architecture.max_positions) {
            fail_input("The shape has " + std::to_string(architecture.max_positions) + " positions; choose a shorter length.");
        }
        if (request.method == Method::full && request.base_type != BaseType::as_computed) {
            fail_input("A base in 8 or 4 bits stays frozen; measure it with the method lora.");
        }
        prepare_device(device, request.precision);
        BenchSubject subject = make_subject(architecture, request, device);
        AdamW optimizer(*subject.arena, OptimizerConfig{});
        const Batch batch = random_batch(architecture, request, 1);
        const AdapterSet* adapters = subject.adapters ? &*subject.adapters : nullptr;
        std::vector<double> total, forward, backward, update;
        reset_device_peak(device);
        // To time a part of a step is to wait for a GPU in its middle, which no run does: there the whole step is timed first,
        // then its parts in steps of their own.
        const auto step = [&](bool whole, bool parts) {
            const auto wait = [&] {
                if (parts) synchronize(device);
            };
            synchronize(device);
            const auto begin = Clock::now();
            subject.arena->zero_gradients();
            const LossSum loss = batch_loss(subject.decoder, adapters, batch);
            const at::Tensor mean = loss.sum / static_cast<double>(loss.tokens);
            wait();
            const double after_forward = milliseconds_since(begin);
            mean.backward();
            wait();
            const double after_backward = milliseconds_since(begin);
            clip_gradient(subject.arena->gradients(), subject.arena->gradients().norm(), 1);
            optimizer.step(2e-4);
            synchronize(device);
            const double after_update = milliseconds_since(begin);
            if (whole) total.push_back(after_update);
            if (!parts) return;
            forward.push_back(after_forward);
            backward.push_back(after_backward - after_forward);
            update.push_back(after_update - after_backward);
        };
        const int64_t warm_up = device.is_cuda() ? 3 : 1;  // a GPU's libraries choose their kernels in the first steps
        for (int64_t i = 0; i < warm_up; ++i) step(false, false);
        for (int64_t i = 0; i < request.steps; ++i) step(true, device.is_cpu());
        for (int64_t i = 0; i < request.steps && !device.is_cpu(); ++i) step(false, true);
        TrainBenchResult result;
        result.step_ms = median(total);
        result.step_ms_min = *std::min_element(total.begin(), total.end());
        result.step_ms_max = *std::max_element(total.begin(), total.end());
        result.forward_ms = median(forward);
        result.backward_ms = median(backward);
        result.optimizer_ms = median(update);
        result.tokens_per_second = 1000.0 * static_cast<double>(batch.tokens()) / result.step_ms;
        result.peak_memory_bytes = device.is_cpu() ? peak_resident_bytes() : device_peak_allocated_bytes(device);
        result.memory_floor_bytes = memory_floor(request, device);
        result.flops_per_step = flops_per_step(
            architecture, {request.batch_size, request.seq_len, batch.trained_tokens, request.method,
                           adapters ? adapters->parameter_count() : 0});
        const double rate = result.flops_per_step / result.step_ms / 1e6;
        result.gemm_gflops = gemm_rate(architecture, batch.tokens(), request.precision, device, Products::of_libraries);
        result.engine_gflops = gemm_rate(architecture, batch.tokens(), request.precision, device, Products::of_engine);
        result.fraction_of_gemm = rate / result.gemm_gflops;
        result.fraction_of_engine = rate / result.engine_gflops;
        return result;
    });
}

}  // namespace engine
