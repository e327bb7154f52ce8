// A merged model as one GGUF file.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "exporting/merged_weights.h"
#include "exporting/self_test.h"
#include "gguf/gguf.h"

namespace engine {

using Progress = std::function<void(double)>;  // 0 to 1; may throw to stop

// The type that matrices are stored in; as_base: the one most of the base's weights have (F64: F32).
GgufType gguf_matrix_type(StoredDtype wanted, const MergedWeights& weights);

struct GgufModel {
    std::filesystem::path folder;         // tokenizer and chat template are taken from here
    std::filesystem::path chat_template;  // a file instead of the folder's own template; empty: that one
    std::string name;                     // general.name
    GgufType matrices = GgufType::f32;
};

// Tensor by tensor. Returns notes, see ExportReport. Failure (bad_input): a model or tokenizer that llama.cpp does not know, a value that is
// not finite in the stored type.
std::vector<std::string> write_gguf_model(const GgufModel& model, MergedWeights& weights,
                                          const std::filesystem::path& file, const Progress& progress);

// Reads the file back and compares every value with base + adapter.
void test_gguf_model(MergedWeights& weights, const std::filesystem::path& file, SelfTest& test,
                     const Progress& progress);

}  // namespace engine
