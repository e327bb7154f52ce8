#include "io/safetensors_writer.h"
#include "plan/memory.h"
#include "plan/selection.h"
#include "spec/attempt.h"

#include <engine/error.h>
#include <engine/plan.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace engine {
namespace {

constexpr double comfortable = 0.9;  // of what is free: up to here nothing is computed twice

const TensorInfo& tensor_of(const ModelInfo& model, const std::string& name) {
    return *std::find_if(model.tensors.begin(), model.tensors.end(),
                         [&](const TensorInfo& tensor) { return tensor.name == name; });
}

std::int64_t values_in(const ModelInfo& model, const std::vector<std::string>& names) {
    std::int64_t count = 0;
    for (const std::string& name : names) count += tensor_of(model, name).numel();
    return count;
}

WholeTensors whole_tensors(const ModelInfo& model, const LoraConfig& lora,
                           const std::vector<const MatrixInfo*>& selected) {
    if (lora.bias == TrainBias::none && lora.modules_to_save.empty()) return {};
    if (model.tensors.empty())
        fail_input("Of " + model.name + " only the matrices are known: biases and whole modules cannot be counted.");
    std::set<std::string> adapted;
    for (const MatrixInfo* matrix : selected) adapted.insert(matrix->name);
    std::vector<std::string> names;
    for (const TensorInfo& tensor : model.tensors) names.push_back(tensor.name);
    return select_whole_tensors(model.name, names, lora, adapted);
}

// The adapter as PEFT stores it: one pair per stored matrix. Slices of a fused matrix share a block adapter
// of rank (slices * rank) over all its rows.
std::vector<PlannedTensor> adapter_tensors(const ModelInfo& model,
                                           const std::vector<const MatrixInfo*>& selected,
                                           const LoraConfig& lora, const WholeTensors& whole) {
    std::map<std::string, std::int64_t> fused_rows;
    for (const MatrixInfo& matrix : model.matrices)
        if (matrix.fused) fused_rows[matrix.name] += matrix.out_features;
    struct Module {
        std::int64_t rank = 0, in = 0, out = 0;
    };
    std::map<std::string, Module> modules;
    for (const MatrixInfo* matrix : selected) {
        Module& module = modules[matrix->name];
        module.rank += lora.rank;
        module.in = matrix->in_features;
        module.out = matrix->fused ? fused_rows[matrix->name] : matrix->out_features;
    }
    std::vector<PlannedTensor> tensors;
    for (const auto& [name, module] : modules) {
        const std::string prefix = "base_model.model." + name;
        tensors.push_back({prefix + ".lora_A.weight", Dtype::f32, {module.rank, module.in}});
        tensors.push_back({prefix + ".lora_B.weight", Dtype::f32, {module.out, module.rank}});
        if (lora.use_dora) tensors.push_back({prefix + ".lora_magnitude_vector", Dtype::f32, {module.out}});
    }
    for (const auto* names : {&whole.saved, &whole.biases})
        for (const std::string& name : *names) {
            const std::string module = module_of(name);
            const std::string inside = modules.contains(module) ? ".base_layer" : "";
            tensors.push_back({"base_model.model." + module + inside + name.substr(module.size()), Dtype::f32,
                               tensor_of(model, name).shape});
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

// The model with the head that training gives it. Tensors with one row for each label are known by their names; what
// is not known from the data stays as config.json says, which is two labels where it says nothing.
ModelInfo with_head(ModelInfo model, Task task, std::int64_t labels) {
    if (model.labels > 0 && !model.new_head) return model;
    if (task == Task::regression) labels = 1;
    if (labels < 1) labels = std::max<std::int64_t>(model.labels, 2);
    const auto rows_change = [&](std::int64_t& rows, std::int64_t width) {
        model.total_params += (labels - rows) * width;
        rows = labels;
    };
    if (model.labels > 0) {
        for (TensorInfo& tensor : model.tensors)
            for (const char* ending : {"classifier.weight", "classifier.bias", "classifier.out_proj.weight",
                                       "classifier.out_proj.bias"})
                if (tensor.name == ending) rows_change(tensor.shape[0], tensor.numel() / tensor.shape[0]);
    } else if (!model.tensors.empty()) {
        // The head over the vocabulary goes; one that is tied was counted with the embeddings.
        std::int64_t width = model.hidden_size;
        std::erase_if(model.tensors, [&](const TensorInfo& tensor) {
            const bool head = tensor.name.starts_with("lm_head.") || tensor.name.starts_with("embed_out.");
            if (head && tensor.shape.size() == 2) width = tensor.shape[1];
            if (head && !(model.tied_embeddings && tensor.name.ends_with(".weight")))
                model.total_params -= tensor.numel();
            return head;
        });
        model.tensors.push_back({"score.weight", {labels, width}});
        model.total_params += labels * width;
    }
    model.labels = labels;
    return model;
}

std::vector<std::string> tensors_of_head(const ModelInfo& model, const std::vector<std::string>& saved) {
    std::vector<std::string> names;
    for (const std::string& name : saved)
        if (std::any_of(model.head_modules.begin(), model.head_modules.end(),
                        [&](const std::string& head) { return in_saved_module(module_of(name), head); }))
            names.push_back(name);
    return names;
}

}  // namespace

std::int64_t lora_params(const MatrixInfo& matrix, std::int64_t rank) {
    return rank * (matrix.in_features + matrix.out_features);
}

Result<Plan> plan(const ModelInfo& base, const ExperimentSpec& experiment, std::int64_t available_bytes,
                  const DataFacts& data) {
    return attempt([&] {
        const bool over_labels = experiment.task != Task::causal_lm;
        const ModelInfo model = over_labels ? with_head(base, experiment.task, data.labels) : base;
        ExperimentSpec spec = experiment;
        if (data.longest_row > 0) spec.data.seq_len = std::min(spec.data.seq_len, data.longest_row);
        if (over_labels && !model.tensors.empty())
            for (const std::string& head : model.head_modules)
                if (std::find(spec.lora.modules_to_save.begin(), spec.lora.modules_to_save.end(), head) ==
                    spec.lora.modules_to_save.end())
                    spec.lora.modules_to_save.push_back(head);
        Plan result;
        result.total_params = model.total_params;
        std::vector<const MatrixInfo*> selected;
        if (spec.method == Method::full) {
            // What is saved is the model itself, in float32.
            result.trainable_params = result.adapter_params = model.total_params;
            result.adapter_bytes = 4 * model.total_params;
        } else {
            selected = select_matrices(model, spec.lora);
            for (const MatrixInfo* matrix : selected)
                result.adapter_params +=
                    lora_params(*matrix, spec.lora.rank) + (spec.lora.use_dora ? matrix->out_features : 0);
            const WholeTensors whole = whole_tensors(model, spec.lora, selected);
            result.bias_params = values_in(model, whole.biases);
            const auto head = over_labels ? tensors_of_head(model, whole.saved) : std::vector<std::string>();
            result.head_params = values_in(model, head);
            result.saved_params = values_in(model, whole.saved) - result.head_params;
            result.trainable_params =
                result.adapter_params + result.bias_params + result.saved_params + result.head_params;
            result.matrices = static_cast<std::int64_t>(selected.size());
            result.adapter_bytes = safetensors_file_size(adapter_tensors(model, selected, spec.lora, whole));
            result.scaling = spec.lora.scaling();
        }
        result.percent =
            100.0 * static_cast<double>(result.trainable_params) / static_cast<double>(result.total_params);
        const auto forecast = [&](std::int64_t recomputed) {
            spec.recompute_layers = recomputed;
            MemoryForecast memory = forecast_memory(model, spec, result.trainable_params, selected);
            memory.available = available_bytes;
            return memory;
        };
        const std::int64_t wanted = std::min(spec.recompute_layers, model.layers);
        result.recomputed_layers = std::max<std::int64_t>(0, wanted);
        result.memory = forecast(result.recomputed_layers);
        while (wanted == recompute_as_needed && available_bytes > 0 && result.recomputed_layers < model.layers &&
               static_cast<double>(result.memory.total) > comfortable * static_cast<double>(available_bytes))
            result.memory = forecast(++result.recomputed_layers);
        spec.recompute_layers = model.layers;
        const MemoryForecast least =
            forecast_memory(model, spec, result.trainable_params, selected, MemoryCoefficients::least());
        result.memory.floor = std::min(least.total, result.memory.total);
        return result;
    });
}

}  // namespace engine
