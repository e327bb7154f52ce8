// Names of formats and types, and what can be said of an export before it is made.
#include "architecture/architecture.h"
#include "architecture/classifier.h"
#include "engine/export.h"
#include "gguf/gguf.h"
#include "gguf/layout.h"
#include "gguf/tokenizer_keys.h"
#include "io/json.h"
#include "spec/attempt.h"

#include <algorithm>

namespace engine {
namespace {

constexpr ExportFormat formats[] = {ExportFormat::peft, ExportFormat::hf, ExportFormat::gguf,
                                    ExportFormat::gguf_adapter};
constexpr StoredDtype dtypes[] = {StoredDtype::as_base, StoredDtype::f32, StoredDtype::f16, StoredDtype::bf16,
                                  StoredDtype::q8_0};

std::string because(const char* what) {
    return std::string("A GGUF adapter can hold pairs of low-rank matrices alone, and this adapter has ") + what +
           ". Export the merged model.";
}

// Why the settings of an adapter rule out a GGUF of it alone; empty when they do not.
std::string beyond_pairs(const std::filesystem::path& adapter) {
    const std::filesystem::path file = adapter / "adapter_config.json";
    const Json config = read_json_file(file, 16 << 20);
    if (!config.is_object()) return {};
    const auto set = [&](const char* key) {
        const auto it = config.find(key);
        return it != config.end() && !it->is_null() && !it->empty() && *it != false;
    };
    if (set("use_dora")) return because("DoRA magnitudes");
    if (set("modules_to_save")) return because("whole modules that were trained");
    if (set("lora_bias") || (set("bias") && config["bias"] != "none")) return because("trained biases");
    return {};
}

// Bytes of the data of a merged GGUF.
int64_t gguf_bytes(const Architecture& architecture, GgufType matrices) {
    std::uint64_t bytes = 0;
    for (const GgufSource& source : gguf_sources(architecture)) {
        std::int64_t values = 1;
        for (const std::int64_t size : source.shape) values *= size;
        bytes += stored_bytes(gguf_type_of(source, matrices), static_cast<std::uint64_t>(values));
    }
    return static_cast<int64_t>(bytes);
}

int64_t merged_gguf_bytes(const ExportRequest& request, const Architecture& architecture) {
    switch (request.dtype) {
        case StoredDtype::f32:
            return gguf_bytes(architecture, GgufType::f32);
        case StoredDtype::q8_0:
            return gguf_bytes(architecture, GgufType::q8_0);
        case StoredDtype::f16:
        case StoredDtype::bf16:
            return gguf_bytes(architecture, GgufType::bf16);
        case StoredDtype::as_base:
            break;
    }
    const bool wide = static_cast<int64_t>(Checkpoint::open(request.model).data_bytes()) >
                      3 * parameter_count(architecture);
    return gguf_bytes(architecture, wide ? GgufType::f32 : GgufType::bf16);
}

}  // namespace

Result<std::vector<ExportChoice>> possible_exports(const std::filesystem::path& model,
                                                   const std::filesystem::path& adapter, Task task) {
    return attempt([&] {
        Architecture architecture = read_architecture(model, adapter);
        if (task != Task::causal_lm && !architecture.classifier)
            architecture = with_classifier(std::move(architecture), Classifier{});
        std::vector<ExportChoice> choices;
        for (const ExportFormat format : formats) choices.push_back({format, true, {}, {}});
        ExportChoice &merged = choices[2], &alone = choices[3];
        const GgufFitness fitness = gguf_fitness(architecture);
        merged.notes = fitness.notes;
        merged.reason = alone.reason = fitness.refusal;
        if (merged.reason.empty()) {
            const auto tokenizer = attempt([&] { return gguf_tokenizer(model, architecture.vocab_size); });
            if (tokenizer)
                merged.notes.insert(merged.notes.end(), tokenizer->notes.begin(), tokenizer->notes.end());
            else
                merged.reason = tokenizer.error().message;
        }
        if (alone.reason.empty() && !adapter.empty()) alone.reason = beyond_pairs(adapter);
        // PEFT saves the head of such a task with the adapter.
        if (alone.reason.empty() && adapter.empty() && architecture.classifier) alone.reason = because("a head that was trained in full");
        for (ExportChoice& choice : choices) choice.possible = choice.reason.empty();
        return choices;
    });
}

Result<int64_t> predicted_export_bytes(const ExportRequest& request) {
    return attempt([&]() -> int64_t {
        if (request.format == ExportFormat::peft || request.format == ExportFormat::gguf_adapter)
            return static_cast<int64_t>(
                std::filesystem::file_size(request.adapter / "adapter_model.safetensors"));
        const Architecture architecture = read_architecture(request.model);
        if (request.format == ExportFormat::gguf) return merged_gguf_bytes(request, architecture);
        if (request.dtype == StoredDtype::as_base)
            return static_cast<int64_t>(Checkpoint::open(request.model).data_bytes());
        return parameter_count(architecture) * (request.dtype == StoredDtype::f32 ? 4 : 2);
    });
}

const char* name_of(ExportFormat format) {
    switch (format) {
        case ExportFormat::peft:
            return "peft";
        case ExportFormat::hf:
            return "hf";
        case ExportFormat::gguf:
            return "gguf";
        case ExportFormat::gguf_adapter:
            return "gguf-adapter";
    }
    return "";
}

Result<ExportFormat> export_format_from(const std::string& text) {
    for (const ExportFormat format : formats)
        if (text == name_of(format)) return format;
    return Error{ErrorCode::bad_input,
                 "The export format '" + text + "' is not known; choose peft, hf, gguf or gguf-adapter.",
                 {}};
}

const char* name_of(StoredDtype dtype) {
    switch (dtype) {
        case StoredDtype::as_base:
            return "base";
        case StoredDtype::f32:
            return "f32";
        case StoredDtype::f16:
            return "f16";
        case StoredDtype::bf16:
            return "bf16";
        case StoredDtype::q8_0:
            return "q8_0";
    }
    return "";
}

Result<StoredDtype> stored_dtype_from(const std::string& text) {
    for (const StoredDtype dtype : dtypes)
        if (text == name_of(dtype)) return dtype;
    return Error{
        ErrorCode::bad_input,
        "The stored type '" + text + "' is not known; choose base, f32, f16, bf16 or (GGUF alone) q8_0.",
        {}};
}

}  // namespace engine
