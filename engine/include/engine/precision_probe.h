// Which precision computes faster on this machine, by measurement: instruction sets say what a processor can do, not what it is
// good at (bf16 products without hardware for them run many times slower than f32).
#pragma once

#include <filesystem>

#include "engine/experiment_spec.h"

namespace engine {

struct PrecisionProbe {
    Precision chosen = Precision::f32;
    double f32_ms = 0, bf16_ms = 0;  // of the same products, the best of a few rounds in turn
    std::string sentence;            // what was measured and chosen, for a log
};

// bf16 where it is at least a tenth faster: a tie stays exact.
Precision faster_precision(double f32_ms, double bf16_ms);

// Multiplies as a training step of this model does: every shape of frozen matrix, by as many rows as a micro-batch has (at most
// 256). model: shape_names() or a model folder. A third of a second at most on two cores for GPT-2, once per shape and
// device in a process; any thread.
Result<PrecisionProbe> probe_precision(const std::string& model, int64_t rows, const std::string& device);

}  // namespace engine
