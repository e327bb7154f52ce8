#include "model/load.h"

#include <functional>

#include "data/seeded.h"
#include "model/tensor_io.h"
#include "runtime/device.h"

namespace engine {
namespace {

using Source = std::function<at::Tensor(const std::string& name, bool matrix)>;

// Asks the source for every tensor of the description and puts it in its place.
DecoderWeights assemble(const Architecture& a, const Source& source) {
    const auto norm = [&](const std::string& module) {
        NormWeights weights;
        weights.weight = source(module + ".weight", false);
        if (a.norm == NormKind::layer_norm) weights.bias = source(module + ".bias", false);
        return weights;
    };
    const auto linear_weights = [&](int64_t layer, const Projection& projection) {
        const std::string module = a.module_name(layer, projection);
        LinearWeights weights;
        weights.weight = source(module + ".weight", true);
        if (projection.conv1d) weights.weight = weights.weight.t();
        if (projection.has_bias) weights.bias = source(module + ".bias", false);
        return weights;
    };
    DecoderWeights w;
    w.embedding = source(a.embedding + ".weight", true);
    if (a.positions == PositionKind::learned) w.position_embedding = source(a.position_embedding + ".weight", false);
    for (int64_t layer = 0; layer < a.layers; ++layer) {
        LayerWeights l;
        l.attention_norm = norm(a.layer_name(layer) + a.attention_norm);
        for (const Projection& p : a.attention_in) l.attention_in.push_back(linear_weights(layer, p));
        l.attention_out = linear_weights(layer, a.attention_out);
        l.mlp_norm = norm(a.layer_name(layer) + a.mlp_norm);
        for (const Projection& p : a.mlp_in) l.mlp_in.push_back(linear_weights(layer, p));
        l.mlp_out = linear_weights(layer, a.mlp_out);
        w.layers.push_back(std::move(l));
    }
    w.final_norm = norm(a.final_norm);
    w.head = a.tied_embeddings ? w.embedding : source(a.lm_head + ".weight", true);
    return w;
}

at::ScalarType matrix_type(Precision stored) { return stored == Precision::bf16 ? at::kBFloat16 : at::kFloat; }

// A sum is finite when every value is (or the rare finite overflow, which the second look clears).
void require_finite(const at::Tensor& tensor, const std::string& name, const std::filesystem::path& file) {
    if (std::isfinite(tensor.sum(at::kFloat).item<float>())) return;
    const int64_t bad = tensor.isfinite().logical_not().sum().item<int64_t>();
    if (bad == 0) return;
    fail_input("The tensor '" + name + "' in '" + file.string() + "' has " + std::to_string(bad) +
               " values that are NaN or infinite; the model cannot be used. Download or convert it again.");
}

}  // namespace

Decoder load_decoder(const std::filesystem::path& folder, Precision precision, const c10::Device& device,
                     Precision stored) {
    at::NoGradGuard no_grad;
    Architecture architecture = read_architecture(folder);
    const Checkpoint checkpoint = Checkpoint::open(folder);
    const auto names = resolve_tensors(architecture, checkpoint);
    DecoderWeights weights = assemble(architecture, [&](const std::string& name, bool matrix) {
        const CheckpointTensor found = checkpoint.require(names.at(name));
        const at::Tensor mapped = map_tensor(*found.file, *found.entry);
        require_finite(mapped, found.entry->name, found.file->path());
        return mapped.to(device, matrix ? matrix_type(stored) : at::kFloat);
    });
    return Decoder(std::move(architecture), std::move(weights), precision, device);
}

Decoder random_decoder(const Architecture& architecture, Precision precision, const c10::Device& device,
                       Precision stored, uint64_t seed) {
    at::NoGradGuard no_grad;
    std::map<std::string, std::vector<int64_t>> shapes;
    for (const TensorSpec& spec : tensors(architecture)) shapes[spec.name] = spec.shape;
    at::Generator generator = make_generator(c10::kCPU, derive_seed(seed, "weights"));
    const double residual = 1.0 / std::sqrt(2.0 * static_cast<double>(architecture.layers));
    const auto ends_with = [](const std::string& text, const std::string& end) {
        return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
    };
    DecoderWeights weights = assemble(architecture, [&](const std::string& name, bool matrix) {
        const auto& shape = shapes.at(name);
        at::Tensor tensor = at::empty(shape, at::kFloat);
        if (shape.size() == 1) {
            tensor.fill_(ends_with(name, ".bias") ? 0 : 1);
        } else {
            const bool output = ends_with(name, architecture.attention_out.module + ".weight") ||
                                ends_with(name, architecture.mlp_out.module + ".weight");
            tensor.normal_(0, architecture.initializer_range * (output ? residual : 1), generator);
        }
        return tensor.to(device, matrix ? matrix_type(stored) : at::kFloat);
    });
    return Decoder(architecture, std::move(weights), precision, device);
}

std::vector<std::pair<std::string, at::Tensor>> named_weights(const Decoder& decoder) {
    const Architecture& a = decoder.architecture();
    const DecoderWeights& w = decoder.weights();
    std::vector<std::pair<std::string, at::Tensor>> named;
    const auto add_norm = [&](const std::string& module, const NormWeights& weights) {
        named.emplace_back(module + ".weight", weights.weight);
        if (weights.bias.defined()) named.emplace_back(module + ".bias", weights.bias);
    };
    const auto add_linear = [&](int64_t layer, const Projection& projection, const LinearWeights& weights) {
        const std::string module = a.module_name(layer, projection);
        named.emplace_back(module + ".weight", projection.conv1d ? weights.weight.t() : weights.weight);
        if (weights.bias.defined()) named.emplace_back(module + ".bias", weights.bias);
    };
    named.emplace_back(a.embedding + ".weight", w.embedding);
    if (w.position_embedding.defined()) named.emplace_back(a.position_embedding + ".weight", w.position_embedding);
    for (int64_t layer = 0; layer < a.layers; ++layer) {
        const LayerWeights& l = w.layers[layer];
        add_norm(a.layer_name(layer) + a.attention_norm, l.attention_norm);
        for (std::size_t i = 0; i < a.attention_in.size(); ++i) add_linear(layer, a.attention_in[i], l.attention_in[i]);
        add_linear(layer, a.attention_out, l.attention_out);
        add_norm(a.layer_name(layer) + a.mlp_norm, l.mlp_norm);
        for (std::size_t i = 0; i < a.mlp_in.size(); ++i) add_linear(layer, a.mlp_in[i], l.mlp_in[i]);
        add_linear(layer, a.mlp_out, l.mlp_out);
    }
    add_norm(a.final_norm, w.final_norm);
    if (!a.tied_embeddings) named.emplace_back(a.lm_head + ".weight", w.head);
    return named;
}

}  // namespace engine
