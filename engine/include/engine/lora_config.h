// What is adapted and how. A plain value; copying is cheap, no thread affinity.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace engine {

// kind ("q", "k", "v", "o", "gate", "up", "down") -> layers, ascending. An empty list means every layer.
using TargetMap = std::map<std::string, std::vector<int>>;

// Which biases are trained beside the matrices: none, every one of the model, or those of the adapted matrices.
enum class TrainBias { none, all, lora_only };

// dW = scaling · B · A   (Hu et al. 2021, arXiv:2106.09685, section 4.1)
struct LoraConfig {
    int64_t rank = 8;
    double alpha = 16;
    double dropout = 0;       // on the input of A only
    bool use_rslora = false;  // scaling alpha/sqrt(rank) instead of alpha/rank
    TargetMap targets;
    // DoRA: W' = m · (W + dW) / ||W + dW|| per row of W, m trained too (Liu et al. 2024, arXiv:2402.09353).
    bool use_dora = false;
    TrainBias bias = TrainBias::none;
    // Modules trained and saved in full: those whose name ends with one of these, such as lm_head.
    std::vector<std::string> modules_to_save = {};

    double scaling() const {
        return use_rslora ? alpha / std::sqrt(static_cast<double>(rank)) : alpha / static_cast<double>(rank);
    }
    bool operator==(const LoraConfig&) const = default;
};

// "q,v" + "0-3,5" -> TargetMap; layers empty = all. Throws Failure(bad_input) naming the bad part.
TargetMap parse_targets(const std::string& kinds, const std::string& layers = {});
const char* name_of(TrainBias);
TrainBias train_bias_from(const std::string& name);  // throws Failure(bad_input)
// A short form for tables: "q,v" or "q,v (layers 0-3)".
std::string describe_targets(const TargetMap& targets);

}  // namespace engine
