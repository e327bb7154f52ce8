#include "exporting/model_folder.h"

#include <algorithm>

#include "architecture/classifier.h"
#include "engine/chat.h"
#include "io/checkpoint.h"
#include "io/json.h"
#include "io/presence.h"
#include "io/safetensors_writer.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "tokenizer/tokenizer_files.h"

namespace engine {
namespace {

const char* torch_name(Dtype dtype) {
    switch (dtype) {
        case Dtype::f16: return "float16";
        case Dtype::bf16: return "bfloat16";
        case Dtype::f64: return "float64";
        default: return "float32";
    }
}

Dtype stored_type(StoredDtype wanted, Dtype base) {
    switch (wanted) {
        case StoredDtype::as_base: return base;
        case StoredDtype::f32: return Dtype::f32;
        case StoredDtype::f16: return Dtype::f16;
        case StoredDtype::bf16: return Dtype::bf16;
        case StoredDtype::q8_0: break;
    }
    throw std::logic_error("stored type without a case");
}

}  // namespace

std::vector<std::string> copy_companions(const std::filesystem::path& source, const Architecture& architecture,
                                         const std::string& torch_dtype, const std::filesystem::path& folder) {
    Json config = read_json_file(source / "config.json");
    config["torch_dtype"] = torch_dtype;
    config.erase("dtype");
    config["architectures"] = {architecture.class_name};
    // An adapter that changed head or embedding alone has parted them.
    if (read_architecture(source).tied_embeddings != architecture.tied_embeddings)
        config["tie_word_embeddings"] = architecture.tied_embeddings;
    if (architecture.classifier) put_labels(config, *architecture.classifier);
    // Converters of other programs ask for n_ctx, which newer GPT-2 configurations leave out.
    if (architecture.family == "gpt2" && !config.contains("n_ctx")) config["n_ctx"] = architecture.max_positions;
    atomic_write_text(folder / "config.json", dump_json(config) + "\n");
    std::vector<std::string> written = {"config.json"};
    for (const char* name : tokenizer_file_names) {
        if (!is_listed(source / name)) continue;
        copy_file_atomic(source / name, folder / name);
        written.emplace_back(name);
    }
    for (const auto& file : chat_template_files(source)) {
        make_folder((folder / file).parent_path());
        copy_file_atomic(source / file, folder / file);
        written.push_back(file.string());
    }
    return written;
}

void write_model_folder(const Decoder& decoder, const std::filesystem::path& source, const std::filesystem::path& folder,
                        StoredDtype dtype) {
    at::NoGradGuard no_grad;
    make_folder(folder);
    const Dtype type = stored_type(dtype, Dtype::f32);
    std::map<std::string, at::Tensor> weights;
    std::vector<PlannedTensor> planned;
    for (const auto& [name, tensor] : named_weights(decoder)) {
        weights[name] = tensor;
        planned.push_back({name, type, tensor.sizes().vec()});
    }
    CheckpointWriter writer(folder, planned);
    for (const TensorEntry& entry : writer.plan()) {
        const at::Tensor stored =
            weights.at(entry.name).detach().to(at::kCPU, scalar_type_of(type)).contiguous();
        writer.append(entry.name, bytes_of(stored));
    }
    writer.commit();
    copy_companions(source, decoder.architecture(), torch_name(type), folder);
}

std::vector<std::string> write_merged_folder(MergedWeights& weights, StoredDtype dtype, int64_t max_shard_bytes,
                                             const std::filesystem::path& folder,
                                             const std::function<void(double)>& progress) {
    at::NoGradGuard no_grad;
    const Architecture& architecture = weights.architecture();
    std::vector<PlannedTensor> planned;
    std::map<Dtype, std::uint64_t> bytes_by_type;
    for (const TensorSpec& spec : tensors(architecture)) {
        if (spec.fresh && !weights.has(spec.name)) {
            planned.push_back({spec.name, stored_type(dtype, Dtype::f32), spec.shape});
            continue;
        }
        if (spec.optional || !weights.has(spec.name)) continue;
        const TensorEntry& entry = *weights.stored(spec.name).entry;
        planned.push_back({spec.name, stored_type(dtype, entry.dtype), entry.shape});
        bytes_by_type[planned.back().dtype] += entry.byte_size();
    }
    make_folder(folder);
    CheckpointWriter writer(folder, planned, static_cast<std::uint64_t>(max_shard_bytes));
    double done = 0;
    for (const TensorEntry& target : writer.plan()) {
        if (!weights.has(target.name)) {
            const at::Tensor own = weights.of_adapter(target.name).to(scalar_type_of(target.dtype)).contiguous();
            writer.append(target.name, bytes_of(own));
        } else if (!weights.changed(target.name) && weights.stored(target.name).entry->dtype == target.dtype) {
            weights.for_each_run_of_bytes(target.name, [&](auto bytes) { writer.append(target.name, bytes); });
        } else {
            weights.for_each_piece(target.name, [&](std::int64_t, const at::Tensor& rows) {
                const at::Tensor cast = rows.to(scalar_type_of(target.dtype));
                writer.append(target.name, bytes_of(cast));
            });
        }
        progress(++done / static_cast<double>(writer.plan().size()));
    }
    writer.commit();
    const auto most = std::max_element(bytes_by_type.begin(), bytes_by_type.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    auto files = copy_companions(weights.checkpoint().folder(), architecture, torch_name(most->first), folder);
    const auto written = writer.file_names();
    files.insert(files.begin(), written.begin(), written.end());
    return files;
}

}  // namespace engine
