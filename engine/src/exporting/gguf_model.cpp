#include "exporting/gguf_model.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "gguf/blocks.h"
#include "gguf/gguf_reader.h"
#include "gguf/gguf_writer.h"
#include "gguf/greedy_tokens.h"
#include "gguf/layout.h"
#include "gguf/tokenizer_keys.h"

namespace engine {
namespace {

std::span<const float> values_of(const at::Tensor& contiguous) {
    return {contiguous.data_ptr<float>(), static_cast<std::size_t>(contiguous.numel())};
}

// The values of a tensor of the file, as they should be, in runs of whole rows: work(first row, rows).
void for_each_piece(const GgufSource& source, MergedWeights& weights,
                    const std::function<void(std::int64_t, const at::Tensor&)>& work) {
    if (source.weight.empty()) {
        work(0, at::from_blob(const_cast<float*>(source.values.data()), source.shape, at::kFloat));
    } else if (!weights.has(source.weight)) {
        work(0, weights.of_adapter(source.weight).to(at::kFloat).contiguous());
    } else if (source.transposed || !source.row_order.empty()) {
        at::Tensor all = weights.whole(source.weight);
        if (source.transposed) all = all.t();
        if (!source.row_order.empty()) all = all.index_select(0, at::tensor(source.row_order, at::kLong));
        work(0, all.contiguous());
    } else {
        weights.for_each_piece(source.weight, [&](std::int64_t first, const at::Tensor& rows) {
            work(first, source.added != 0 ? rows + source.added : rows);
        });
    }
}

double rounding_of(GgufType type) {
    switch (type) {
        case GgufType::f32: return 0;
        case GgufType::f16: return 0x1p-11;
        case GgufType::bf16: return 0x1p-8;
        case GgufType::q8_0: return 1.0 / 254 + 0x1p-10;  // half a step of the block's scale, and the scale's own
    }
    throw std::logic_error("GGUF type without a rounding");
}

void require_storable(const at::Tensor& values, GgufType type, const std::string& weight) {
    const double largest = values.numel() ? values.abs().max().item<double>() : 0;
    if (!std::isfinite(largest))
        fail_input("The merged weight '" + weight +
                   "' has values that are NaN or infinite, so it was not exported. Choose another adapter or base model.");
    if (type == GgufType::f16 && largest > 65504)
        fail_input("The merged weight '" + weight + "' has values up to " + std::to_string(largest) +
                   ", beyond the range of f16. Choose bf16 or f32.");
}

// general.file_type, as llama.cpp numbers them.
std::uint32_t file_type(GgufType matrices) {
    switch (matrices) {
        case GgufType::f32: return 0;
        case GgufType::f16: return 1;
        case GgufType::q8_0: return 7;
        case GgufType::bf16: return 32;
    }
    throw std::logic_error("GGUF type without a file type");
}

}  // namespace

GgufType gguf_matrix_type(StoredDtype wanted, const MergedWeights& weights) {
    switch (wanted) {
        case StoredDtype::f32: return GgufType::f32;
        case StoredDtype::f16: return GgufType::f16;
        case StoredDtype::bf16: return GgufType::bf16;
        case StoredDtype::q8_0: return GgufType::q8_0;
        case StoredDtype::as_base: break;
    }
    std::map<Dtype, std::uint64_t> bytes;
    for (const SafetensorsFile& file : weights.checkpoint().files())
        for (const TensorEntry& entry : file.entries()) bytes[entry.dtype] += entry.byte_size();
    const auto most = std::max_element(bytes.begin(), bytes.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == bytes.end()) return GgufType::f32;
    if (most->first == Dtype::f16) return GgufType::f16;
    return most->first == Dtype::bf16 ? GgufType::bf16 : GgufType::f32;
}

std::vector<std::string> write_gguf_model(const GgufModel& model, MergedWeights& weights,
                                          const std::filesystem::path& file, const Progress& progress) {
    const Architecture& architecture = weights.architecture();
    std::vector<std::string> notes = gguf_fitness(architecture).notes;
    const auto sources = gguf_sources(architecture);
    GgufMetadata metadata = gguf_settings(architecture);
    metadata.emplace_back("general.type", GgufValue{std::string("model")});
    GgufTokenizer tokenizer = gguf_tokenizer(model.folder, architecture.vocab_size, model.chat_template);
    metadata.emplace_back("general.name", GgufValue{gguf_model_name(model.name, tokenizer.spaces_like_phi3)});
    metadata.emplace_back("general.file_type", GgufValue{file_type(model.matrices)});
    metadata.emplace_back("general.quantization_version", GgufValue{std::uint32_t{2}});
    for (auto& entry : tokenizer.keys) metadata.push_back(std::move(entry));
    notes.insert(notes.end(), tokenizer.notes.begin(), tokenizer.notes.end());

    std::vector<GgufTensor> plan;
    for (const GgufSource& source : sources)
        plan.push_back({source.name, gguf_type_of(source, model.matrices), source.shape, 0});
    GgufWriter writer(file, metadata, plan);
    std::vector<std::byte> encoded;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        for_each_piece(sources[i], weights, [&](std::int64_t, const at::Tensor& rows) {
            require_storable(rows, plan[i].type, sources[i].weight);
            encoded.clear();
            encode_values(plan[i].type, values_of(rows), encoded);
            writer.append(sources[i].name, encoded);
        });
        progress(static_cast<double>(i + 1) / static_cast<double>(sources.size()));
    }
    writer.commit();
    return notes;
}

void test_gguf_model(MergedWeights& weights, const std::filesystem::path& file, SelfTest& test,
                     const Progress& progress) {
    const GgufFile written = GgufFile::open(file);
    const auto sources = gguf_sources(weights.architecture());
    std::vector<std::string> expected, found;
    for (const GgufSource& source : sources) expected.push_back(source.name);
    for (const GgufTensor& tensor : written.header().tensors) found.push_back(tensor.name);
    count_tensors(test, expected, found);
    ValueComparison comparison;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const GgufTensor* tensor = written.find(sources[i].name);
        if (!tensor || tensor->shape != sources[i].shape) continue;
        const std::int64_t row = tensor->shape.size() > 1 ? tensor->numel() / tensor->shape.front() : 1;
        for_each_piece(sources[i], weights, [&](std::int64_t first, const at::Tensor& rows) {
            const at::Tensor read = at::empty(rows.sizes(), at::kFloat);
            written.read(*tensor, first * row, {read.data_ptr<float>(), static_cast<std::size_t>(read.numel())});
            comparison.add(rows, read, rounding_of(tensor->type));
        });
        written.forget(*tensor);
        progress(static_cast<double>(i + 1) / static_cast<double>(sources.size()));
    }
    comparison.conclude(test);
}

}  // namespace engine
