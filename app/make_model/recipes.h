// How the models of this project are made: the built-in base model and the micro models of the tests.
#pragma once

#include <cstdint>
#include <string>

#include "engine/experiment_spec.h"

struct ModelRecipe {
    std::string name;
    std::string config_json;  // Hugging Face config.json
    int64_t vocab_size = 0;
    uint64_t corpus_seed = 1;
    std::size_t corpus_bytes = 0;
    std::size_t tokenizer_bytes = 0;  // of the corpus, for the vocabulary
    bool store_bf16 = false;
    engine::ExperimentSpec spec;  // data paths and model are filled in
};

// "tiny", "micro-llama", "micro-gpt2"; throws std::invalid_argument for other names.
ModelRecipe recipe(const std::string& name);
