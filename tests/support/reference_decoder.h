// Llama and GPT-2 once more, as plain loops in double precision straight from the tensors of the file: an independent check of
// the engine's decoder that needs nothing from outside. Slow, for micro models.
#pragma once

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
    bool gpt2 = false;
    int layers = 0, heads = 0, kv_heads = 0, width = 0, vocab = 0;
    double norm_eps = 1e-5, rope_theta = 10000;
    bool tied = false;

    // -> [T][vocab]
    std::vector<std::vector<double>> logits(const std::vector<int>& ids) const;
};

}  // namespace support
