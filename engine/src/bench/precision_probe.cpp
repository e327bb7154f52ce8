#include "engine/precision_probe.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <mutex>
#include <set>

#include "bench/measure.h"
#include "engine/model_info.h"
#include "engine/runtime.h"
#include "model/large_products.h"
#include "runtime/device.h"
#include "runtime/guard.h"

namespace engine {
namespace {

constexpr int64_t most_rows = 256;  // from here on the rate of a product hardly changes
constexpr double most_work = 4e9;   // multiply-adds of a round: fewer rows for large models
constexpr int64_t least_rounds = 3, most_rounds = 40;
constexpr double wanted_ms = 30;  // for one shape: shorter ones are measured more often, for another program may come between

using Shapes = std::set<std::pair<int64_t, int64_t>>;  // [out, in]

bool known_shape(const std::string& model) {
    const auto names = shape_names();
    return std::find(names.begin(), names.end(), model) != names.end();
}

Shapes shapes_of(const Architecture& architecture) {
    Shapes shapes;
    for (const Projection* projection : architecture.projections())
        shapes.emplace(projection->out_features, projection->in_features);
    return shapes;
}

int64_t rows_for(const Shapes& shapes, int64_t rows) {
    double weights = 0;
    for (const auto& [out, in] : shapes) weights += static_cast<double>(out) * static_cast<double>(in);
    return std::clamp<int64_t>(static_cast<int64_t>(most_work / weights), 16, std::max<int64_t>(16, std::min(rows, most_rows)));
}

// Milliseconds of one product in both precisions, as a step computes them: activations come in f32 and are cast.
std::pair<double, double> measure(int64_t rows, int64_t out, int64_t in, const c10::Device& device) {
    const at::Tensor x = at::rand({rows, in}, at::kFloat).to(device), weight = at::rand({out, in}, at::kFloat).to(device);
    const at::Tensor half = weight.to(at::kBFloat16);
    const std::vector<std::function<void()>> variants = {
        [&] { static_cast<void>(matrix_product(x, weight.t())); },
        [&] { static_cast<void>(matrix_product(x.to(at::kBFloat16), half.t())); }};
    const auto once = time_in_turn(device, 1, variants);
    const auto rounds = static_cast<int64_t>(wanted_ms / std::max(1e-3, once[0][0] + once[1][0]));
    const auto times = time_in_turn(device, std::clamp(rounds, least_rounds, most_rounds), variants);
    return {timing_of(times[0]).min_ms, timing_of(times[1]).min_ms};
}

std::string sentence_of(const PrecisionProbe& probe) {
    const bool half = probe.chosen == Precision::bf16;
    const double ratio = probe.f32_ms / probe.bf16_ms;
    char text[200];
    std::snprintf(text, sizeof text,
                  "Precision auto: %s, because the products of this model take %.1f ms in f32 and %.1f ms in bf16 here (%.1f times "
                  "%s).",
                  name_of(probe.chosen), probe.f32_ms, probe.bf16_ms, ratio >= 1 ? ratio : 1 / ratio,
                  ratio >= 1 ? (half ? "as fast" : "as fast, too little to give up exact values") : "as slow");
    return text;
}

}  // namespace

Precision faster_precision(double f32_ms, double bf16_ms) { return 1.1 * bf16_ms <= f32_ms ? Precision::bf16 : Precision::f32; }

Result<PrecisionProbe> probe_precision(const std::string& model, int64_t rows, const std::string& device_name) {
    return guard([&] {
        at::NoGradGuard no_grad;
        prepare_compute_thread();
        const c10::Device device = resolve_device(device_name);
        const Shapes shapes = shapes_of(known_shape(model) ? architecture_of_shape(model) : read_architecture(model));
        const int64_t count = rows_for(shapes, rows);
        // The same question has the same answer for as long as the program runs: a study differs in what is studied alone.
        static std::mutex mutex;
        static std::map<std::tuple<Shapes, int64_t, std::string>, PrecisionProbe> known;
        const std::scoped_lock lock(mutex);
        const auto key = std::make_tuple(shapes, count, device.str());
        if (const auto found = known.find(key); found != known.end()) return found->second;
        PrecisionProbe probe;
        for (const auto& [out, in] : shapes) {
            const auto [exact, half] = measure(count, out, in, device);
            probe.f32_ms += exact;
            probe.bf16_ms += half;
        }
        probe.chosen = faster_precision(probe.f32_ms, probe.bf16_ms);
        probe.sentence = sentence_of(probe);
        known[key] = probe;
        return probe;
    });
}

}  // namespace engine
