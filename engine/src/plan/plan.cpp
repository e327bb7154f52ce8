#include "io/safetensors_writer.h"
#include "plan/memory.h"
#include "plan/selection.h"
#include "spec/attempt.h"

#include <engine/plan.h>

#include <map>
#include <string>

namespace engine {
namespace {

// The adapter as PEFT stores it: one pair per stored matrix. Slices of a fused matrix share a block adapter
// of rank (slices * rank) over all its rows.
std::vector<PlannedTensor> adapter_tensors(const ModelInfo& model,
                                           const std::vector<const MatrixInfo*>& selected,
                                           std::int64_t rank) {
    std::map<std::string, std::int64_t> fused_rows;
    for (const MatrixInfo& matrix : model.matrices)
        if (matrix.fused) fused_rows[matrix.name] += matrix.out_features;
    struct Module {
        std::int64_t rank = 0, in = 0, out = 0;
    };
    std::map<std::string, Module> modules;
    for (const MatrixInfo* matrix : selected) {
        Module& module = modules[matrix->name];
        module.rank += rank;
        module.in = matrix->in_features;
        module.out = matrix->fused ? fused_rows[matrix->name] : matrix->out_features;
    }
    std::vector<PlannedTensor> tensors;
    for (const auto& [name, module] : modules) {
        const std::string prefix = "base_model.model." + name;
        tensors.push_back({prefix + ".lora_A.weight", Dtype::f32, {module.rank, module.in}});
        tensors.push_back({prefix + ".lora_B.weight", Dtype::f32, {module.out, module.rank}});
    }
    return tensors;
}

// Size of the file that SafetensorsWriter makes of these tensors: eight length bytes, the header padded to a
// multiple of 8, the data. Names are plain ASCII, so nothing in the header is escaped.
std::int64_t safetensors_file_size(std::vector<PlannedTensor> tensors) {
    const std::vector<TensorEntry> entries = lay_out(std::move(tensors));
    const auto digits = [](auto value) { return std::to_string(value).size(); };
    std::size_t header = std::string_view(R"({"__metadata__":{"format":"pt"}})").size();
    for (const TensorEntry& entry : entries) {
        header += std::string_view(R"(,"":{"dtype":"","shape":[],"data_offsets":[,]})").size() +
                  entry.name.size() + name_of(entry.dtype).size() + digits(entry.begin) + digits(entry.end);
        for (const std::int64_t size : entry.shape) header += digits(size) + 1;
        if (!entry.shape.empty()) header -= 1;  // one comma fewer than sizes
    }
    header = (header + 7) / 8 * 8;
    return static_cast<std::int64_t>(8 + header + (entries.empty() ? 0 : entries.back().end));
}

}  // namespace

std::int64_t lora_params(const MatrixInfo& matrix, std::int64_t rank) {
    return rank * (matrix.in_features + matrix.out_features);
}

Result<Plan> plan(const ModelInfo& model, const ExperimentSpec& spec, std::int64_t available_bytes) {
    return attempt([&] {
        Plan result;
        result.total_params = model.total_params;
        std::vector<const MatrixInfo*> selected;
        if (spec.method == Method::full) {
            // What is saved is the model itself, in float32.
            result.trainable_params = model.total_params;
            result.adapter_bytes = 4 * model.total_params;
        } else {
            selected = select_matrices(model, spec.lora);
            for (const MatrixInfo* matrix : selected)
                result.trainable_params += lora_params(*matrix, spec.lora.rank);
            result.matrices = static_cast<std::int64_t>(selected.size());
            result.adapter_bytes = safetensors_file_size(adapter_tensors(model, selected, spec.lora.rank));
            result.scaling = spec.lora.scaling();
        }
        result.percent =
            100.0 * static_cast<double>(result.trainable_params) / static_cast<double>(result.total_params);
        result.memory = forecast_memory(model, spec, result.trainable_params, selected);
        result.memory.available = available_bytes;
        return result;
    });
}

}  // namespace engine
