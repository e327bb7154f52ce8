#include <algorithm>
#include <cmath>

#include "engine/export.h"
#include "engine/runtime.h"
#include "exporting/model_folder.h"
#include "io/checkpoint.h"
#include "io/json.h"
#include "lora/peft_folder.h"
#include "lora/peft_names.h"
#include "model/load.h"
#include "runtime/guard.h"

namespace engine {
namespace {

const char* const report_file = "export_report.json";

// Token rows that every model can take: spread over the vocabulary, the same for every export.
at::Tensor probe_ids(const Architecture& architecture) {
    const int64_t tokens = std::min<int64_t>(32, architecture.max_positions);
    const at::Tensor steps = at::arange(4 * tokens, at::kLong);
    return (steps * 7919 + 13).remainder(architecture.vocab_size).view({4, tokens});
}

at::Tensor probe_logits(const Decoder& decoder, const AdapterSet* adapters) {
    at::NoGradGuard no_grad;
    ForwardOptions options;
    options.adapters = adapters;
    return decoder.logits(decoder.forward(probe_ids(decoder.architecture()), options));
}

// What rounding the merged weights to the stored type can move a logit, relative to the largest one.
double relative_tolerance(StoredDtype dtype) {
    switch (dtype) {
        case StoredDtype::f16: return 1e-2;
        case StoredDtype::bf16: return 8e-2;
        default: return 1e-4;
    }
}

void require_empty(const std::filesystem::path& out) {
    if (out.empty()) fail_input("No folder to export to was named; name a new one.");
    std::error_code error;
    if (!std::filesystem::exists(out, error)) return;
    if (!std::filesystem::is_directory(out, error)) {
        fail_input("'" + out.string() + "' is a file; name a folder to export to.");
    }
    if (!std::filesystem::is_empty(out, error)) {
        fail_input("The folder '" + out.string() + "' is not empty; choose a new one so that nothing is overwritten.");
    }
}

// A folder being filled beside its final name; it takes the final name only by keep().
class StagedFolder {
  public:
    explicit StagedFolder(std::filesystem::path target) : target_(std::move(target)) {
        staging_ = target_;
        staging_ += ".partial";
        std::error_code ignored;
        std::filesystem::remove_all(staging_, ignored);
        make_folder(staging_);
    }
    ~StagedFolder() {
        std::error_code ignored;
        if (!kept_) std::filesystem::remove_all(staging_, ignored);
    }
    const std::filesystem::path& path() const { return staging_; }
    void keep() {
        std::error_code error;
        std::filesystem::remove(target_, error);  // an empty folder
        std::filesystem::rename(staging_, target_, error);
        if (error) {
            fail_io("The export could not take its final name '" + target_.string() + "': " + error.message() + ".");
        }
        kept_ = true;
    }

  private:
    std::filesystem::path target_, staging_;
    bool kept_ = false;
};

int64_t count_present(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
    return std::count_if(expected.begin(), expected.end(), [&](const std::string& name) {
        return std::find(found.begin(), found.end(), name) != found.end();
    });
}

std::vector<std::string> expected_tensors(const Architecture& architecture) {
    std::vector<std::string> names;
    for (const TensorSpec& spec : tensors(architecture)) {
        if (!spec.optional) names.push_back(spec.name);
    }
    return names;
}

std::vector<std::string> tensor_names(const std::filesystem::path& file) {
    std::vector<std::string> names;
    const SafetensorsHeader header = SafetensorsHeader::read(file);
    for (const TensorEntry& entry : header.entries()) names.push_back(entry.name);
    return names;
}

void count_tensors(SelfTest& test, const std::vector<std::string>& expected, const std::vector<std::string>& found) {
    test.matched = count_present(expected, found);
    test.missing = static_cast<int64_t>(expected.size()) - test.matched;
    test.unexpected = static_cast<int64_t>(found.size()) - test.matched;
}

void conclude(SelfTest& test, const at::Tensor& expected, const at::Tensor& written, double relative) {
    test.max_abs_diff = (expected - written).abs().max().item<double>();
    test.tolerance = relative * std::max(1.0, expected.abs().max().item<double>());
    test.passed = std::isfinite(test.max_abs_diff) && test.max_abs_diff <= test.tolerance && test.missing == 0 &&
                  test.unexpected == 0;
    if (test.passed) {
        test.verdict = "Reloaded and compared: every tensor is there and the logits agree with base + adapter.";
    } else if (test.missing + test.unexpected > 0) {
        test.verdict = "The written tensors are not the expected ones; do not use this export.";
    } else {
        test.verdict = "The logits of the written files differ from base + adapter by more than rounding; "
                       "do not use this export.";
    }
}

std::string report_json(const ExportRequest& request, const ExportReport& report) {
    const SelfTest& test = report.self_test;
    const Json json = {{"format", name_of(request.format)},
                       {"dtype", name_of(request.dtype)},
                       {"base_model", request.base_name.empty() ? request.model.string() : request.base_name},
                       {"self_test",
                        {{"passed", test.passed},
                         {"max_abs_diff", test.max_abs_diff},
                         {"tolerance", test.tolerance},
                         {"matched", test.matched},
                         {"missing", test.missing},
                         {"unexpected", test.unexpected},
                         {"verdict", test.verdict}}}};
    return dump_json(json) + "\n";
}

// Adds up what was written.
void weigh(ExportReport& report) {
    report.files.clear();
    report.bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(report.path)) {
        report.files.push_back(entry.path().filename().string());
        report.bytes += static_cast<int64_t>(entry.file_size());
    }
    std::sort(report.files.begin(), report.files.end());
}

class Exporter {
  public:
    Exporter(const ExportRequest& request, const std::function<void(double, const std::string&)>& progress,
             std::stop_token stop)
        : request_(request), progress_(progress), stop_(stop), architecture_(read_architecture(request.model)) {}

    ExportReport run() {
        require_empty(request_.out);
        tell(0, "Reading the adapter");
        const AdapterSet adapters = load_peft(request_.adapter, architecture_, c10::kCPU);
        StagedFolder staged(request_.out);
        ExportReport report;
        if (request_.format == ExportFormat::peft) {
            write_peft(adapters, staged.path(), report.self_test);
        } else {
            write_merged(adapters, staged.path(), report.self_test);
        }
        tell(0.6, "Comparing with base + adapter");
        test(adapters, staged.path(), report.self_test);
        atomic_write_text(staged.path() / report_file, report_json(request_, report));
        staged.keep();
        report.path = request_.out;
        weigh(report);
        tell(1, "Done");
        return report;
    }

  private:
    void tell(double fraction, const std::string& what) const {
        if (stop_.stop_requested()) throw Failure(ErrorCode::interrupted, "The export was cancelled; nothing was kept.");
        if (progress_) progress_(fraction, what);
    }

    void write_peft(const AdapterSet& adapters, const std::filesystem::path& folder, SelfTest& test) const {
        tell(0.1, "Writing the adapter");
        const Json config = read_json_file(request_.adapter / peft_config_file);
        PeftMetadata metadata;
        metadata.base_model = request_.base_name.empty() ? request_.model.string() : request_.base_name;
        metadata.dropout = json_double(config, "lora_dropout", peft_config_file).value_or(0);
        metadata.use_rslora = json_bool(config, "use_rslora", peft_config_file).value_or(false);
        save_peft(folder, architecture_, adapters, metadata);
        std::vector<std::string> expected;
        for (const AdapterSite& site : adapters.sites()) {
            expected.push_back(peft_key(architecture_, site, 'A'));
            expected.push_back(peft_key(architecture_, site, 'B'));
        }
        count_tensors(test, expected, tensor_names(folder / peft_weights_file));
    }

    void write_merged(const AdapterSet& adapters, const std::filesystem::path& folder, SelfTest& test) const {
        tell(0.1, "Writing merged weights");
        write_merged_folder(request_.model, architecture_, adapters, request_.dtype, request_.max_shard_bytes, folder,
                            [&](double part) { tell(0.1 + 0.5 * part, "Writing merged weights"); }, stop_);
        count_tensors(test, expected_tensors(architecture_), Checkpoint::open(folder).names());
    }

    void test(const AdapterSet& adapters, const std::filesystem::path& folder, SelfTest& test) const {
        const at::Tensor expected =
            probe_logits(load_decoder(request_.model, Precision::f32, c10::kCPU), &adapters);
        tell(0.8, "Comparing with base + adapter");
        if (request_.format == ExportFormat::peft) {
            const AdapterSet reloaded = load_peft(folder, architecture_, c10::kCPU);
            const at::Tensor written =
                probe_logits(load_decoder(request_.model, Precision::f32, c10::kCPU), &reloaded);
            conclude(test, expected, written, relative_tolerance(StoredDtype::f32));
            return;
        }
        const at::Tensor written = probe_logits(load_decoder(folder, Precision::f32, c10::kCPU), nullptr);
        conclude(test, expected, written, relative_tolerance(stored_as(folder)));
    }

    // The coarsest type that the merged weights went through.
    StoredDtype stored_as(const std::filesystem::path& folder) const {
        if (request_.dtype != StoredDtype::as_base) return request_.dtype;
        StoredDtype coarsest = StoredDtype::f32;
        const Checkpoint checkpoint = Checkpoint::open(folder);
        for (const SafetensorsFile& file : checkpoint.files()) {
            for (const TensorEntry& entry : file.entries()) {
                if (entry.dtype == Dtype::bf16) return StoredDtype::bf16;
                if (entry.dtype == Dtype::f16) coarsest = StoredDtype::f16;
            }
        }
        return coarsest;
    }

    const ExportRequest& request_;
    const std::function<void(double, const std::string&)>& progress_;
    std::stop_token stop_;
    Architecture architecture_;
};

}  // namespace

Result<ExportReport> export_adapter(const ExportRequest& request,
                                    const std::function<void(double, const std::string&)>& progress,
                                    std::stop_token stop) {
    return guard([&] {
        prepare_compute_thread();
        return Exporter(request, progress, stop).run();
    });
}

Status convert_model(const std::filesystem::path& model, StoredDtype dtype, const std::filesystem::path& out) {
    return guard([&] {
        require_empty(out);
        const Architecture architecture = read_architecture(model);
        const AdapterSet nothing(architecture.layers, static_cast<int>(architecture.projections().size()));
        StagedFolder staged(out);
        write_merged_folder(model, architecture, nothing, dtype, ExportRequest{}.max_shard_bytes, staged.path(), {}, {});
        staged.keep();
        return Done{};
    });
}

Result<int64_t> predicted_export_bytes(const ExportRequest& request) {
    return guard([&]() -> int64_t {
        if (request.format == ExportFormat::peft) {
            return static_cast<int64_t>(std::filesystem::file_size(request.adapter / peft_weights_file));
        }
        const Architecture architecture = read_architecture(request.model);
        if (request.dtype == StoredDtype::as_base) {
            return static_cast<int64_t>(Checkpoint::open(request.model).data_bytes());
        }
        return parameter_count(architecture) * (request.dtype == StoredDtype::f32 ? 4 : 2);
    });
}

const char* name_of(ExportFormat format) { return format == ExportFormat::peft ? "peft" : "hf"; }

Result<ExportFormat> export_format_from(const std::string& text) {
    if (text == "peft") return ExportFormat::peft;
    if (text == "hf") return ExportFormat::hf;
    return Error{ErrorCode::bad_input, "The export format '" + text + "' is not known; choose peft or hf.", {}};
}

const char* name_of(StoredDtype dtype) {
    switch (dtype) {
        case StoredDtype::as_base: return "base";
        case StoredDtype::f32: return "f32";
        case StoredDtype::f16: return "f16";
        case StoredDtype::bf16: return "bf16";
    }
    return "";
}

Result<StoredDtype> stored_dtype_from(const std::string& text) {
    for (const auto dtype : {StoredDtype::as_base, StoredDtype::f32, StoredDtype::f16, StoredDtype::bf16}) {
        if (text == name_of(dtype)) return dtype;
    }
    return Error{ErrorCode::bad_input, "The stored type '" + text + "' is not known; choose base, f32, f16 or bf16.", {}};
}

}  // namespace engine
