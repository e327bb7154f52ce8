// What the benchmarks share.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "architecture/architecture.h"
#include "data/dataset.h"
#include "engine/bench.h"
#include "runtime/torch.h"

namespace engine {

using Clock = std::chrono::steady_clock;

inline double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> values);
Timing timing_of(const std::vector<double>& times);

// Milliseconds of one call, the device's work included.
double milliseconds_of(const c10::Device& device, const std::function<void()>& body);

// The variants in turn, so that what disturbs the machine meets all of them alike: one round to warm up, then `rounds` timed
// ones. Times per variant, in the order of the rounds.
std::vector<std::vector<double>> time_in_turn(const c10::Device& device, int64_t rounds,
                                              const std::vector<std::function<void()>>& variants);

// GB/s that all cores together read from memory: the best of five sums over a buffer beyond the caches of a core. CPU only.
double read_bandwidth();

// Whose product: the fastest of the libraries that libtorch brings along, or what the engine itself uses.
enum class Products { of_libraries, of_engine };

// One product [m, k] x [k, n] as a frozen layer computes it, repeated; milliseconds each, after two warm-ups.
std::vector<double> time_gemm(int64_t m, int64_t k, int64_t n, Precision precision, const c10::Device& device, int64_t repeats,
                              Products products);

// GFLOP/s at the model's own shapes: flops of one pass over every kind of matrix divided by its measured time.
double gemm_rate(const Architecture& a, int64_t tokens, Precision precision, const c10::Device& device, Products products);

// Random rows of full length; the last trained_fraction of each row carries labels. For a classifier each row has a random
// target instead.
Batch random_batch(const Architecture& architecture, const TrainBenchRequest& request, uint64_t seed);

// Of a name in shape_names() or of a model folder. Failure: a classifier, where these are not allowed.
Architecture architecture_for(const std::string& shape, bool classifiers = false);

inline at::ScalarType type_of(Precision precision) { return precision == Precision::bf16 ? at::kBFloat16 : at::kFloat; }

}  // namespace engine
