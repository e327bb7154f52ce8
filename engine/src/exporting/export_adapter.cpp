#include <algorithm>
#include <map>

#include "architecture/classifier.h"
#include "engine/chat.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "exporting/gguf_adapter.h"
#include "exporting/gguf_model.h"
#include "exporting/model_folder.h"
#include "exporting/self_test.h"
#include "exporting/staged.h"
#include "io/json.h"
#include "lora/attach.h"
#include "lora/peft_folder.h"
#include "lora/peft_names.h"
#include "model/load.h"
#include "runtime/guard.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

// Models up to this size in float32 are run for the self-test; larger ones are compared value by value.
constexpr int64_t runnable_bytes = int64_t{4} << 30;

bool runnable(const Architecture& architecture) { return parameter_count(architecture) <= runnable_bytes / 4; }

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
    const Decoder adapted = adapters ? attached(decoder, *adapters) : decoder;
    const at::Tensor hidden = adapted.forward(probe_ids(decoder.architecture()), options);
    return decoder.architecture().classifier ? adapted.classify(hidden, {}) : adapted.logits(hidden);
}

// What rounding the merged weights to the stored type can move a logit, relative to the largest one.
double relative_tolerance(StoredDtype dtype) {
    switch (dtype) {
        case StoredDtype::f16: return 1e-2;
        case StoredDtype::bf16: return 8e-2;
        default: return 1e-4;
    }
}

std::vector<std::string> expected_tensors(const Architecture& architecture) {
    std::vector<std::string> names;
    for (const TensorSpec& spec : tensors(architecture)) {
        if (!spec.optional) names.push_back(spec.name);
    }
    return names;
}

std::vector<std::string> tensor_names(const fs::path& file) {
    std::vector<std::string> names;
    const SafetensorsHeader header = SafetensorsHeader::read(file);
    for (const TensorEntry& entry : header.entries()) names.push_back(entry.name);
    return names;
}

std::string report_json(const ExportRequest& request, const ExportReport& report) {
    const SelfTest& test = report.self_test;
    const Json json = {{"format", name_of(request.format)},
                       {"dtype", name_of(request.dtype)},
                       {"base_model", request.base_name.empty() ? request.model.string() : request.base_name},
                       {"notes", report.notes},
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

bool is_gguf(ExportFormat format) { return format == ExportFormat::gguf || format == ExportFormat::gguf_adapter; }

void require_sensible(const ExportRequest& request) {
    if (request.dtype == StoredDtype::q8_0 && request.format != ExportFormat::gguf)
        fail_input("Weights are stored as q8_0 in GGUF files of merged models alone; choose f32, f16 or bf16.");
    if (request.format == ExportFormat::gguf_adapter && request.dtype != StoredDtype::as_base &&
        request.dtype != StoredDtype::f32)
        fail_input("A GGUF adapter is small and always stored as f32; leave out the stored type.");
}

class Exporter {
  public:
    Exporter(const ExportRequest& request, const std::function<void(double, const std::string&)>& progress,
             std::stop_token stop)
        : request_(request), progress_(progress), stop_(stop), architecture_(read_architecture(request.model, request.adapter)) {}

    ExportReport run() {
        require_sensible(request_);
        const bool one_file = is_gguf(request_.format) && request_.out.extension() == ".gguf";
        ExportReport report;
        report.path = report.report = request_.out;
        if (one_file) {
            report.report.replace_extension(".export_report.json");
            require_new_file(report.path);
            require_new_file(report.report);
        } else {
            report.report /= "export_report.json";
            require_new_folder(report.path);
        }
        if (request_.max_shard_bytes < 1)
            fail_input("A file of at most " + std::to_string(request_.max_shard_bytes) +
                       " bytes holds no weights; name a size of 1 or more.");
        tell(0, "Reading the adapter");
        const AdapterSet adapters = load_peft(request_.adapter, architecture_, c10::kCPU);
        return one_file ? to_file(adapters, std::move(report)) : to_folder(adapters, std::move(report));
    }

  private:
    void ask_for_stop() const {
        if (stop_.stop_requested()) throw Failure(ErrorCode::interrupted, "The export was cancelled; nothing was kept.");
    }
    void tell(double fraction, const std::string& what) const {
        ask_for_stop();
        if (progress_) progress_(fraction, what);
    }
    // Past the point of no return: a stop that comes now changes nothing.
    void tell_done() const {
        if (progress_) progress_(1, "Done");
    }
    Progress part(double begin, double share, const char* what) const {
        return [=, this](double fraction) { tell(begin + share * fraction, what); };
    }

    ExportReport to_file(const AdapterSet& adapters, ExportReport report) const {
        Staged staged(request_.out, Staged::Kind::file);
        write_gguf(adapters, staged.path(), report);
        ask_for_stop();
        staged.keep();
        try {
            atomic_write_text(report.report, report_json(request_, report));
        } catch (...) {
            std::error_code ignored;
            fs::remove(request_.out, ignored);
            throw;
        }
        report.files = {request_.out.filename().string()};
        report.bytes = static_cast<int64_t>(fs::file_size(request_.out));
        tell_done();
        return report;
    }

    ExportReport to_folder(const AdapterSet& adapters, ExportReport report) const {
        Staged staged(request_.out, Staged::Kind::folder);
        if (is_gguf(request_.format)) {
            const std::string name = request_.format == ExportFormat::gguf_adapter ? "adapter.gguf" : "model.gguf";
            write_gguf(adapters, staged.path() / name, report);
        } else if (request_.format == ExportFormat::peft) {
            write_peft(adapters, staged.path(), report.self_test);
        } else {
            write_merged(adapters, staged.path(), report.self_test);
        }
        atomic_write_text(staged.path() / report.report.filename(), report_json(request_, report));
        ask_for_stop();
        staged.keep();
        for (const auto& entry : fs::recursive_directory_iterator(report.path)) {
            if (!entry.is_regular_file()) continue;
            report.files.push_back(entry.path().lexically_relative(report.path).string());
            report.bytes += static_cast<int64_t>(entry.file_size());
        }
        std::sort(report.files.begin(), report.files.end());
        tell_done();
        return report;
    }

    void write_gguf(const AdapterSet& adapters, const fs::path& file, ExportReport& report) const {
        at::NoGradGuard no_grad;
        const std::string name = request_.name.empty() ? request_.adapter.filename().string() : request_.name;
        if (request_.format == ExportFormat::gguf_adapter) {
            tell(0.1, "Writing the adapter");
            write_gguf_adapter(architecture_, adapters, name, file);
            tell(0.5, "Comparing with the adapter");
            return test_gguf_adapter(architecture_, adapters, file, report.self_test);
        }
        MergedWeights weights(request_.model, architecture_, adapters);
        const GgufModel model{request_.model, carried_chat_template(request_.adapter), name,
                              gguf_matrix_type(request_.dtype, weights)};
        report.notes = write_gguf_model(model, weights, file, part(0.05, 0.55, "Writing merged weights"));
        test_gguf_model(weights, file, report.self_test, part(0.6, 0.4, "Comparing with base + adapter"));
    }

    void write_peft(const AdapterSet& adapters, const fs::path& folder, SelfTest& test) const {
        tell(0.1, "Writing the adapter");
        PeftMetadata metadata = read_peft_metadata(request_.adapter);
        metadata.base_model = request_.base_name.empty() ? request_.model.string() : request_.base_name;
        save_peft(folder, architecture_, adapters, metadata);
        carry_chat_template(chat_template_to_carry(request_.model, carried_chat_template(request_.adapter)), folder);
        if (fs::exists(request_.adapter / classifier_file)) write_classifier(*architecture_.classifier, folder);
        std::vector<std::string> expected;
        for (const PeftTensor& tensor : peft_tensors(architecture_, adapters)) expected.push_back(tensor.key);
        count_tensors(test, expected, tensor_names(folder / peft_weights_file));
        tell(0.6, "Comparing with base + adapter");
        const AdapterSet reloaded = load_peft(folder, architecture_, c10::kCPU);
        if (!runnable(architecture_)) return compare_tensors(adapters, reloaded, test);
        const Decoder base = load_decoder(request_.model, architecture_, Precision::f32, c10::kCPU, Precision::f32, 0);
        ask_for_stop();
        const at::Tensor before = probe_logits(base, &adapters);
        ask_for_stop();
        conclude_logits(test, before, probe_logits(base, &reloaded), relative_tolerance(StoredDtype::f32));
    }

    void write_merged(const AdapterSet& adapters, const fs::path& folder, SelfTest& test) const {
        tell(0.05, "Writing merged weights");
        MergedWeights weights(request_.model, architecture_, adapters);
        write_merged_folder(weights, request_.dtype, request_.max_shard_bytes, folder,
                            part(0.05, 0.55, "Writing merged weights"));
        if (const fs::path own = carried_chat_template(request_.adapter); !own.empty())
            carry_chat_template(chat_template_to_carry(request_.model, own), folder);
        const Checkpoint written = Checkpoint::open(folder);
        count_tensors(test, expected_tensors(weights.architecture()), written.names());
        const Progress comparing = part(0.6, 0.4, "Comparing with base + adapter");
        if (!runnable(weights.architecture())) return compare_values(weights, written, test, comparing);
        comparing(0);
        const at::Tensor expected = probe_logits(load_decoder(request_.model, architecture_, Precision::f32, c10::kCPU, Precision::f32, 0), &adapters);
        comparing(0.5);
        const at::Tensor logits = probe_logits(load_decoder(folder, Precision::f32, c10::kCPU), nullptr);
        conclude_logits(test, expected, logits, relative_tolerance(coarsest_type(written)));
    }

    void compare_tensors(const AdapterSet& adapters, const AdapterSet& reloaded, SelfTest& test) const {
        std::map<std::string, at::Tensor> written;
        for (const PeftTensor& tensor : peft_tensors(architecture_, reloaded)) written[tensor.key] = tensor.tensor;
        ValueComparison comparison;
        for (const PeftTensor& tensor : peft_tensors(architecture_, adapters))
            if (const auto it = written.find(tensor.key); it != written.end() && it->second.sizes() == tensor.tensor.sizes())
                comparison.add(tensor.tensor, it->second, 0);
        comparison.conclude(test);
    }

    void compare_values(MergedWeights& weights, const Checkpoint& written, SelfTest& test,
                        const Progress& comparing) const {
        at::NoGradGuard no_grad;
        ValueComparison comparison;
        const Architecture& merged = weights.architecture();
        const AdapterSet nothing(merged.layers, static_cast<int>(merged.projections().size()));
        MergedWeights result(written.folder(), merged, nothing);
        double done = 0;
        const auto names = expected_tensors(merged);
        for (const std::string& name : names) {
            comparing(done++ / static_cast<double>(names.size()));
            if (!result.has(name)) continue;
            result.for_each_piece(name, [&](std::int64_t first, const at::Tensor& rows) {
                comparison.add(weights.rows(name, first, rows.size(0)), rows, rounding_of(result.stored(name).entry->dtype));
                weights.forget(name, first, rows.size(0));
            });
        }
        comparison.conclude(test);
    }

    // That the merged weights went through.
    static StoredDtype coarsest_type(const Checkpoint& checkpoint) {
        StoredDtype coarsest = StoredDtype::f32;
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

Status convert_model(const fs::path& model, StoredDtype dtype, const fs::path& out) {
    return guard([&] {
        require_new_folder(out);
        const Architecture architecture = read_architecture(model);
        const AdapterSet nothing(architecture.layers, static_cast<int>(architecture.projections().size()));
        Staged staged(out, Staged::Kind::folder);
        MergedWeights weights(model, architecture, nothing);
        write_merged_folder(weights, dtype, ExportRequest{}.max_shard_bytes, staged.path(), [](double) {});
        staged.keep();
        return Done{};
    });
}

}  // namespace engine
