#include "bench/measure.h"

#include <algorithm>
#include <cmath>

#include "architecture/classifier.h"
#include "data/seeded.h"
#include "engine/model_info.h"
#include "model/large_products.h"
#include "runtime/device.h"

namespace engine {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

Timing timing_of(const std::vector<double>& times) {
    const auto [least, most] = std::minmax_element(times.begin(), times.end());
    return {median(times), *least, *most};
}

double milliseconds_of(const c10::Device& device, const std::function<void()>& body) {
    synchronize(device);
    const auto begin = Clock::now();
    body();
    synchronize(device);
    return milliseconds_since(begin);
}

std::vector<std::vector<double>> time_in_turn(const c10::Device& device, int64_t rounds,
                                              const std::vector<std::function<void()>>& variants) {
    std::vector<std::vector<double>> times(variants.size());
    for (int64_t round = -1; round < rounds; ++round) {
        for (std::size_t i = 0; i < variants.size(); ++i) {
            // Each round starts one further on: none of them always follows the same other one.
            const std::size_t turn = (i + static_cast<std::size_t>(round + 1)) % variants.size();
            const double ms = milliseconds_of(device, variants[turn]);
            if (round >= 0) times[turn].push_back(ms);
        }
    }
    return times;
}

double read_bandwidth() {
    const at::Tensor buffer = at::ones({int64_t{64} << 20});  // 256 MiB
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        const double ms = milliseconds_of(c10::kCPU, [&] { static_cast<void>(buffer.sum()); });
        best = std::max(best, static_cast<double>(buffer.nbytes()) / ms / 1e6);
    }
    return best;
}

Architecture architecture_for(const std::string& shape, bool classifiers) {
    const auto names = shape_names();
    if (std::find(names.begin(), names.end(), shape) != names.end()) return architecture_of_shape(shape);
    Architecture architecture = read_architecture(shape);
    if (!classifiers) require_text_model(architecture, "Measuring");
    // What targets mean would be read off the data.
    if (architecture.classifier && architecture.classifier->problem == Problem::by_labels)
        architecture.classifier->problem = architecture.classifier->labels == 1 ? Problem::regression : Problem::single_label;
    return architecture;
}

std::vector<double> time_gemm(int64_t m, int64_t k, int64_t n, Precision precision, const c10::Device& device,
                              int64_t repeats, Products products) {
    at::NoGradGuard no_grad;
    const auto options = at::TensorOptions().dtype(type_of(precision)).device(device);
    const at::Tensor x = at::randn({m, k}, at::kFloat).to(options);
    const at::Tensor w = at::randn({n, k}, at::kFloat).to(options);
    std::vector<double> times;
    for (int64_t i = -2; i < repeats; ++i) {
        synchronize(device);
        const auto begin = Clock::now();
        const at::Tensor y = products == Products::of_engine ? matrix_product(x, w.t()) : library_product(x, w.t());
        synchronize(device);
        if (i >= 0) times.push_back(milliseconds_since(begin));
    }
    return times;
}

double gemm_rate(const Architecture& a, int64_t tokens, Precision precision, const c10::Device& device, Products products) {
    double flops = 0, ms = 0;
    const auto add = [&](int64_t m, int64_t k, int64_t n, double times) {
        flops += times * 2 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n);
        ms += times * median(time_gemm(m, k, n, precision, device, 7, products));
    };
    for (const Projection* projection : a.projections()) {
        add(tokens, projection->in_features, projection->out_features, static_cast<double>(a.layers));
    }
    if (!a.classifier)
        add(std::min<int64_t>(tokens, 256), a.hidden_size, a.vocab_size,
            static_cast<double>(tokens) / static_cast<double>(std::min<int64_t>(tokens, 256)));
    return flops / ms / 1e6;
}

Batch random_batch(const Architecture& architecture, const TrainBenchRequest& request, uint64_t seed) {
    SeededRandom random(derive_seed(seed, "bench"));
    Batch batch;
    const auto masked =
        static_cast<int64_t>(std::llround((1 - request.trained_fraction) * static_cast<double>(request.seq_len)));
    for (int64_t row = 0; row < request.batch_size; ++row) {
        for (int64_t t = 0; t < request.seq_len; ++t) {
            const auto id = static_cast<int64_t>(random.below(static_cast<uint64_t>(architecture.vocab_size)));
            const bool trained = t > 0 && t >= masked;
            batch.ids.push_back(id);
            batch.labels.push_back(trained ? id : ignored_label);
            batch.trained_tokens += trained;
        }
        batch.offsets.push_back(static_cast<int64_t>(batch.ids.size()));
        if (!architecture.classifier) continue;
        batch.second_types.push_back(0);
        const Classifier& head = *architecture.classifier;
        const bool single = head.problem == Problem::single_label;
        const uint64_t classes = single ? static_cast<uint64_t>(head.labels) : 2;
        const int64_t values = single ? 1 : head.labels;
        for (int64_t i = 0; i < values; ++i) batch.targets.push_back(static_cast<float>(random.below(classes)));
    }
    return batch;
}

}  // namespace engine
