// Writing an adapter for other software, and proving what was written. Synchronous; call on a compute thread.
#pragma once

#include <filesystem>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/error.h"

namespace engine {

enum class ExportFormat { peft, hf };                        // adapter folder, merged Hugging Face folder
enum class StoredDtype { as_base, f32, f16, bf16 };

struct ExportRequest {
    std::filesystem::path model;    // base folder
    std::filesystem::path adapter;  // PEFT folder
    ExportFormat format = ExportFormat::hf;
    StoredDtype dtype = StoredDtype::as_base;  // of merged weights
    std::filesystem::path out;                 // must not exist or be empty
    std::string base_name;                     // written as base_model_name_or_path; empty: the folder
    int64_t max_shard_bytes = 5'000'000'000;
};

// Reload of what was written, compared with base + adapter on fixed prompts.
struct SelfTest {
    bool passed = false;
    double max_abs_diff = 0;  // of logits
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
    SelfTest self_test;
};

// Also writes the verdict as export_report.json beside the weights. progress(fraction, what).
Result<ExportReport> export_adapter(const ExportRequest& request,
                                    const std::function<void(double, const std::string&)>& progress = {},
                                    std::stop_token stop = {});

// What an export would weigh, before it is made.
Result<int64_t> predicted_export_bytes(const ExportRequest& request);

// The model folder once more with its weights stored as dtype; out must not exist or be empty.
Status convert_model(const std::filesystem::path& model, StoredDtype dtype, const std::filesystem::path& out);

const char* name_of(ExportFormat);
Result<ExportFormat> export_format_from(const std::string&);
const char* name_of(StoredDtype);
Result<StoredDtype> stored_dtype_from(const std::string&);

}  // namespace engine
