// Llama, GPT-2, OPT and Phi once more, as plain loops in double precision straight from the tensors of the file: an independent check of
// the engine's decoder that needs nothing from outside. Slow, for micro models.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace support {

struct ReferenceModel {
    struct Tensor {
        std::vector<long> shape;
        std::vector<double> values;
    };
    std::map<std::string, Tensor> tensors;
    std::string family = "llama";  // gpt2, opt, phi
    int layers = 0, heads = 0, kv_heads = 0, width = 0, vocab = 0;
    double norm_eps = 1e-5, rope_theta = 10000;
    bool tied = false;
    // Scaled rotary positions: the angle of each turned pair, of a text of that length. None: all pairs, by rope_theta.
    std::function<std::vector<double>(std::size_t length)> angles;
    double rope_scale = 1;    // of cos and sin
    bool post_norm = false;   // opt
    bool head_norms = false;  // phi

    // -> [T][vocab]
    std::vector<std::vector<double>> logits(const std::vector<int>& ids) const;
};

}  // namespace support
