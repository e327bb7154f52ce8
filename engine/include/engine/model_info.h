// What can be said of a model folder from config.json and tensor headers alone (no weights are read; milliseconds).
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/error.h"

namespace engine {

// One adaptable weight matrix, also where the file keeps it inside a fused one.
struct MatrixInfo {
    std::string name;    // module name in the file, e.g. model.layers.0.self_attn.q_proj
    int layer = 0;
    std::string kind;    // q k v o gate up down
    int64_t in_features = 0;
    int64_t out_features = 0;
    bool fused = false;  // a slice of a larger stored matrix
};

struct TensorInfo {
    std::string name;  // as in a complete file of the model: model.norm.weight
    std::vector<int64_t> shape;

    int64_t numel() const {
        int64_t count = 1;
        for (const int64_t size : shape) count *= size;
        return count;
    }
};

struct ModelInfo {
    std::filesystem::path path;
    std::string name;          // folder name
    std::string architecture;  // LlamaForCausalLM
    std::string family;        // llama
    int64_t layers = 0;
    int64_t hidden_size = 0;
    int64_t intermediate_size = 0;
    int64_t heads = 0;
    int64_t kv_heads = 0;
    int64_t head_dim = 0;
    int64_t vocab_size = 0;
    int64_t max_positions = 0;
    int64_t total_params = 0;  // tied weights counted once
    bool tied_embeddings = false;
    std::string dtype;         // as stored: f32 f16 bf16, or "mixed"
    int64_t weight_bytes = 0;  // as stored
    bool has_weights = true;   // false for shape:NAME or config-only folders
    std::string tokenizer;     // e.g. "byte-level BPE, 2048 tokens"; empty when there is none that can be used
    std::string tokenizer_problem;  // why not
    std::string task = "causal_lm";  // what its head is for: a name of engine::Task (experiment_spec.h)
    int64_t labels = 0;              // of a classifier
    std::vector<std::string> label_names;
    bool new_head = false;  // a base without a head over labels, which training gives it
    std::vector<std::string> head_modules;  // what a task over labels trains in full beside the adapter
    // What decides how much a layer keeps for its backward pass.
    bool encoder = false;
    std::int64_t relative_span = 0;     // of an encoder's relative positions; 0: none
    std::int64_t relative_tables = 0;   // of up to 2 * relative_span positions that each layer projects
    std::int64_t convolution_values = 0;  // of the weight of a convolution along the tokens
    bool rotary = false;          // positions turn q and k, which makes copies of them
    bool parallel_block = false;  // attention and MLP read the same values
    std::string activation;       // of the MLP: "gelu" (by erf), "gelu_tanh", "silu", "relu" or "tanh"
    bool head_norms = false;      // q and k are normalised head by head
    std::vector<std::string> kinds;  // the columns of the matrix grid, in order
    std::vector<MatrixInfo> matrices;
    std::vector<TensorInfo> tensors;  // all of them, a tied head too; empty for encoders known by their shape alone
};

// folder: a Hugging Face folder. Errors name the file and the reason.
Result<ModelInfo> inspect_model(const std::filesystem::path& folder);
// A well-known shape without weights: gpt2, gpt2-medium, gpt2-large, gpt2-xl, gpt3-175b, llama-... (shape_names()).
Result<ModelInfo> inspect_shape(const std::string& name);
std::vector<std::string> shape_names();

}  // namespace engine
