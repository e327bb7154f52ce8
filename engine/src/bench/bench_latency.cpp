#include <algorithm>

#include "bench/measure.h"
#include "engine/runtime.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "runtime/device.h"
#include "runtime/guard.h"

namespace engine {
namespace {

// An adapter that has learned something: B of a fresh one is zero.
AdapterSet trained_adapter(const Decoder& decoder, const LatencyBenchRequest& request) {
    LoraConfig config;
    config.rank = request.rank;
    config.alpha = static_cast<double>(8 * request.rank);
    config.targets = parse_targets(request.targets);
    AdapterSet adapters = new_adapters(decoder.architecture(), config, 1, decoder.device());
    for (AdapterSite& site : adapters.sites()) site.B.normal_(0, 0.01);
    return adapters;
}

Decoder merged_decoder(const Decoder& base, const AdapterSet& adapters) {
    Decoder merged = base;
    const auto projections = base.architecture().projections();
    for (int64_t layer = 0; layer < base.architecture().layers; ++layer) {
        for (std::size_t i = 0; i < projections.size(); ++i) {
            const int index = static_cast<int>(i);
            at::Tensor& weight = projection_weights(merged, layer, index).weight;
            const at::Tensor sum = adapters.merged(layer, index, weight.to(at::kFloat));
            // As the file of the merged model would hold it.
            if (!sum.is_same(weight)) weight = projections[i]->conv1d ? sum.t().contiguous().t().to(weight.dtype()) : sum.to(weight.dtype());
        }
    }
    return merged;
}

// A model as it answers: with an adapter beside it or without.
struct Subject {
    Decoder decoder;
    const AdapterSet* adapters;
    KeyValueCache cache;

    // The logits of the last of these tokens, behind the first `seen` ones in the cache.
    at::Tensor next_logits(const at::Tensor& ids, int64_t seen) {
        cache.length = seen;
        return decoder.next_logits(ids, cache, adapters);
    }
};

double bytes_read_by_a_token(const Decoder& decoder) {
    double bytes = static_cast<double>(decoder.weights().head.nbytes());
    const auto projections = static_cast<int>(decoder.architecture().projections().size());
    for (int64_t layer = 0; layer < decoder.architecture().layers; ++layer) {
        for (int i = 0; i < projections; ++i) bytes += static_cast<double>(projection_weights(decoder, layer, i).weight.nbytes());
    }
    return bytes;
}

double median_ratio(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
    return median(ratios);
}

void check(const LatencyBenchRequest& request, const Architecture& architecture) {
    if (request.batch_size < 1 || request.repeats < 1 || request.tokens < 1 || request.lengths.empty()) {
        fail_input("A benchmark of latency needs a length, batch size >= 1, repeats >= 1 and tokens >= 1.");
    }
    for (const int64_t length : request.lengths) {
        if (length < 1) fail_input("The lengths to measure must be 1 or more.");
        if (length + request.tokens > architecture.max_positions) {
            fail_input("The shape has " + std::to_string(architecture.max_positions) +
                       " positions; choose shorter lengths than " + std::to_string(length) + " or fewer tokens.");
        }
    }
}

}  // namespace

Result<LatencyBenchResult> bench_latency(const LatencyBenchRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        const c10::Device device = resolve_device(request.device);
        const Architecture architecture = architecture_for(request.shape);
        check(request, architecture);
        const at::NoGradGuard no_grad;
        const Decoder base = random_decoder(architecture, request.precision, device, request.precision, 1);
        const AdapterSet adapters = trained_adapter(base, request);
        const int64_t capacity = *std::max_element(request.lengths.begin(), request.lengths.end()) + request.tokens;
        const auto cache = [&] { return base.new_cache(request.batch_size, capacity); };
        std::vector<Subject> subjects;
        subjects.push_back({base, nullptr, cache()});
        subjects.push_back({merged_decoder(base, adapters), nullptr, cache()});
        subjects.push_back({base, &adapters, cache()});
        const auto measure = [&](const at::Tensor& ids, int64_t context, int64_t passes) {
            std::vector<std::function<void()>> variants;
            for (Subject& subject : subjects) {
                variants.emplace_back([&subject, ids, context, passes] {
                    for (int64_t pass = 0; pass < passes; ++pass) {
                        static_cast<void>(subject.next_logits(ids, context + pass).argmax().item<int64_t>());
                    }
                });
            }
            auto times = time_in_turn(device, request.repeats, variants);
            for (auto& variant : times) {
                for (double& ms : variant) ms /= static_cast<double>(passes);
            }
            return LatencyRow{context, ids.size(1), timing_of(times[0]), timing_of(times[1]), timing_of(times[2]),
                              median_ratio(times[1], times[0]), median_ratio(times[2], times[1])};
        };
        LatencyBenchResult result;
        reset_device_peak(device);
        for (const int64_t length : request.lengths) {
            const at::Tensor ids = at::randint(architecture.vocab_size, {request.batch_size, length}, at::kLong).to(device);
            result.rows.push_back(measure(ids, 0, 1));
            result.rows.push_back(measure(ids.narrow(1, 0, 1), length, request.tokens));
        }
        result.peak_memory_bytes = device.is_cpu() ? peak_resident_bytes() : device_peak_allocated_bytes(device);
        result.token_bytes = bytes_read_by_a_token(base);
        const LatencyRow& token = result.rows.back();
        result.step_ms = token.base.median_ms;
        result.tokens_per_second = 1000.0 * static_cast<double>(request.batch_size) / result.step_ms;
        if (device.is_cpu()) {
            result.memory_gb_per_second = read_bandwidth();
            result.fraction_of_memory = result.token_bytes / result.step_ms / 1e6 / result.memory_gb_per_second;
        }
        return result;
    });
}

}  // namespace engine
