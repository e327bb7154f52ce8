// How the models of this project are made: the built-in base model and the micro models of the tests.
#pragma once

#include "engine/experiment_spec.h"

#include <cstdint>
#include <string>
#include <vector>

// One training run over text of its own; the first starts from random weights, each later one from the stage
// before.
struct Stage {
    std::string name;
    std::string kind;      // of some of its documents; the others are the whole mixture
    int kind_percent = 0;  // how many of them
    uint64_t corpus_seed = 1;
    std::size_t corpus_bytes = 0;
    engine::ExperimentSpec spec;  // data paths and model are filled in
};

struct ModelRecipe {
    std::string name;
    std::string config_json;  // Hugging Face config.json
    int64_t vocab_size = 0;
    std::size_t tokenizer_bytes = 0;  // of the first stage's text, for the vocabulary
    bool store_bf16 = false;
    std::vector<Stage> stages;
};

// "tiny", "micro-llama", "micro-gpt2"; throws std::invalid_argument for other names.
ModelRecipe recipe(const std::string& name);
