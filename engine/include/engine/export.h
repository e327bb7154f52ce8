// Writing an adapter for other software, and proving what was written. Synchronous; call on a compute thread.
#pragma once

#include <filesystem>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/experiment_spec.h"

namespace engine {

// Adapter folder, merged Hugging Face folder, merged model for llama.cpp, adapter for llama.cpp.
enum class ExportFormat { peft, hf, gguf, gguf_adapter };
enum class StoredDtype { as_base, f32, f16, bf16, q8_0 };  // q8_0: GGUF alone

struct ExportRequest {
    std::filesystem::path model;    // base folder
    std::filesystem::path adapter;  // PEFT folder
    ExportFormat format = ExportFormat::hf;
    StoredDtype dtype = StoredDtype::as_base;  // of merged weights
    std::filesystem::path out;                 // must not exist or be empty; for GGUF also a file NAME.gguf
    std::string base_name;                     // written as base_model_name_or_path; empty: the folder
    std::string name;                          // written into GGUF as the model's name; empty: the adapter folder's
    int64_t max_shard_bytes = 5'000'000'000;
};

// Reload of what was written, compared with base + adapter: the logits of fixed prompts; for GGUF, and for models too
// large to run here, every value of every tensor.
struct SelfTest {
    bool passed = false;
    double max_abs_diff = 0;  // of logits, or of weights
    double tolerance = 0;
    int64_t matched = 0;      // tensors
    int64_t missing = 0;
    int64_t unexpected = 0;
    std::string verdict;      // one sentence
};

struct ExportReport {
    std::filesystem::path path;
    int64_t bytes = 0;
    std::vector<std::string> files;
    std::filesystem::path report;    // the verdict as JSON
    std::vector<std::string> notes;  // what differs in the other software, as sentences
    SelfTest self_test;
};

// Also writes the verdict beside what was exported: export_report.json in the folder, NAME.export_report.json beside
// a file. progress(fraction, what).
Result<ExportReport> export_adapter(const ExportRequest& request,
                                    const std::function<void(double, const std::string&)>& progress = {},
                                    std::stop_token stop = {});

// Whether a format can be written for a model, known from its files alone (no weights are read).
struct ExportChoice {
    ExportFormat format = ExportFormat::hf;
    bool possible = true;
    std::string reason;              // why not, one sentence; empty when possible
    std::vector<std::string> notes;  // what will differ in the other software, as sentences
};

// One entry for each format, in the order of ExportFormat. adapter: a PEFT folder whose settings may rule formats out;
// empty before there is one, and task then says what is going to be trained. Parses the tokenizer: up to a second for
// large vocabularies.
Result<std::vector<ExportChoice>> possible_exports(const std::filesystem::path& model,
                                                   const std::filesystem::path& adapter = {},
                                                   Task task = Task::causal_lm);

// What an export would weigh, before it is made.
Result<int64_t> predicted_export_bytes(const ExportRequest& request);

// The model folder once more with its weights stored as dtype; out must not exist or be empty.
Status convert_model(const std::filesystem::path& model, StoredDtype dtype, const std::filesystem::path& out);

const char* name_of(ExportFormat);
Result<ExportFormat> export_format_from(const std::string&);
const char* name_of(StoredDtype);
Result<StoredDtype> stored_dtype_from(const std::string&);

}  // namespace engine
