#include "model/load.h"

#include <algorithm>

#include "data/seeded.h"
#include "model/tensor_io.h"
#include "runtime/device.h"

namespace engine {
namespace {

using Source = std::function<at::Tensor(const std::string& name, bool matrix)>;

// Asks the source for every tensor of the description and puts it in its place.
DecoderWeights assemble(const Architecture& a, const Source& source, const FinishLayer& finish) {
    const auto norm = [&](const std::string& module) {
        NormWeights weights;
        if (module.empty()) return weights;
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
    if (!a.embedding_in.empty()) w.embedding_in = source(a.embedding_in + ".weight", true);
    if (a.positions == PositionKind::learned) w.position_embedding = source(a.position_embedding + ".weight", false);
    if (a.token_types > 0) w.token_type_embedding = source(a.token_type_embedding + ".weight", false);
    w.embedding_norm = norm(a.embedding_norm);
    if (a.relative) {
        w.relative_embedding = source(a.relative->embedding + ".weight", false);
        w.relative_norm = norm(a.relative->norm);
    }
    if (a.convolution) {
        w.convolution = {source(a.convolution->module + ".weight", true), source(a.convolution->module + ".bias", false)};
        w.convolution_norm = norm(a.convolution->norm);
    }
    for (int64_t layer = 0; layer < a.layers; ++layer) {
        LayerWeights l;
        l.attention_norm = norm(a.layer_name(layer) + a.attention_norm);
        if (!a.q_norm.empty()) l.q_norm = norm(a.layer_name(layer) + a.q_norm);
        if (!a.k_norm.empty()) l.k_norm = norm(a.layer_name(layer) + a.k_norm);
        for (const Projection& p : a.attention_in) l.attention_in.push_back(linear_weights(layer, p));
        if (a.distances) l.distance_embedding = source(a.layer_name(layer) + a.distances->module + ".weight", false);
        if (a.relative) {
            const auto of_positions = [&](const std::string& module, LinearWeights& weights) {
                if (module.empty()) return;
                weights.weight = source(a.layer_name(layer) + module + ".weight", true);
                weights.bias = source(a.layer_name(layer) + module + ".bias", false);
            };
            of_positions(a.relative->key_module, l.position_key);
            of_positions(a.relative->query_module, l.position_query);
        }
        l.attention_out = linear_weights(layer, a.attention_out);
        if (!a.mlp_norm.empty()) l.mlp_norm = norm(a.layer_name(layer) + a.mlp_norm);
        for (const Projection& p : a.mlp_in) l.mlp_in.push_back(linear_weights(layer, p));
        l.mlp_out = linear_weights(layer, a.mlp_out);
        if (finish) finish(l);
        w.layers.push_back(std::move(l));
    }
    w.final_norm = norm(a.final_norm);
    if (!a.embedding_out.empty()) w.embedding_out = source(a.embedding_out + ".weight", true);
    if (!a.head_dense.empty()) {
        w.head_dense = {source(a.head_dense + ".weight", true), source(a.head_dense + ".bias", false)};
    }
    w.head = a.tied_embeddings ? w.embedding : source(a.lm_head + ".weight", true);
    if (a.head_bias) w.head_bias = source(a.lm_head + ".bias", false);
    return w;
}

at::ScalarType matrix_type(Precision stored) { return stored == Precision::bf16 ? at::kBFloat16 : at::kFloat; }

// A sum is finite when every value is (or the rare finite overflow, which the second look clears). In parts: libtorch 1.13 sums
// an f32 copy of what is bf16. (787 MB for the embedding of DeBERTa XXL.)
void require_finite(const at::Tensor& tensor, const std::string& name, const std::filesystem::path& file) {
    constexpr int64_t part = int64_t{1} << 20;
    const auto parts = tensor.flatten().split(part);
    if (std::all_of(parts.begin(), parts.end(), [](const at::Tensor& values) { return std::isfinite(values.sum(at::kFloat).item<float>()); }))
        return;
    const int64_t bad = tensor.isfinite().logical_not().sum().item<int64_t>();
    if (bad == 0) return;
    fail_input("The tensor '" + name + "' in '" + file.string() + "' has " + std::to_string(bad) +
               " values that are NaN or infinite; the model cannot be used. Download or convert it again.");
}

}  // namespace

Decoder load_decoder(const std::filesystem::path& folder, Precision precision, const c10::Device& device,
                     Precision stored) {
    return load_decoder(folder, read_architecture(folder), precision, device, stored, 0);
}

Decoder load_decoder(const std::filesystem::path& folder, Architecture architecture, Precision precision,
                     const c10::Device& device, Precision stored, uint64_t seed, const FinishLayer& finish) {
    at::NoGradGuard no_grad;
    const Checkpoint checkpoint = Checkpoint::open(folder);
    const auto names = resolve_tensors(architecture, checkpoint);
    std::map<std::string, std::vector<int64_t>> fresh;
    for (const TensorSpec& spec : tensors(architecture)) {
        if (spec.fresh && !names.contains(spec.name)) fresh[spec.name] = spec.shape;
    }
    at::Generator generator = make_generator(c10::kCPU, derive_seed(seed, "head"));
    DecoderWeights weights = assemble(architecture, [&](const std::string& name, bool matrix) {
        if (const auto it = fresh.find(name); it != fresh.end()) {
            at::Tensor tensor = at::zeros(it->second, at::kFloat);
            if (matrix) tensor.normal_(0, architecture.initializer_range, generator);
            return tensor.to(device, matrix ? matrix_type(stored) : at::kFloat);
        }
        const CheckpointTensor found = checkpoint.require(names.at(name));
        const at::Tensor mapped = map_tensor(*found.file, *found.entry);
        require_finite(mapped, found.entry->name, found.file->path());
        at::Tensor tensor = mapped.to(device, matrix ? matrix_type(stored) : at::kFloat);
        // Of a copy in another type the pages of the file are not wanted again.
        if (!tensor.is_alias_of(mapped)) found.mapping()->forget(found.bytes());
        return tensor;
    }, finish);
    return Decoder(std::move(architecture), std::move(weights), precision, device);
}

namespace {

// N(0, deviation) in any type, drawn in f32 a part at a time: a whole embedding beside its bf16 copy can be more than a
// training step needs.
at::Tensor random_normal(at::IntArrayRef shape, at::ScalarType type, double deviation, at::Generator& generator) {
    const at::Tensor tensor = at::empty(shape, type), values = tensor.view(-1);
    if (type == at::kFloat) return tensor.normal_(0, deviation, generator);
    constexpr int64_t part = int64_t{4} << 20;
    for (int64_t begin = 0; begin < values.numel(); begin += part) {
        const int64_t count = std::min(part, values.numel() - begin);
        values.narrow(0, begin, count).copy_(at::empty({count}, at::kFloat).normal_(0, deviation, generator));
    }
    return tensor;
}

}  // namespace

Decoder random_decoder(const Architecture& architecture, Precision precision, const c10::Device& device,
                       Precision stored, uint64_t seed, const FinishLayer& finish) {
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
        const at::ScalarType type = matrix ? matrix_type(stored) : at::kFloat;
        if (shape.size() == 1)
            return at::full(shape, ends_with(name, ".bias") ? 0 : 1 - architecture.norm_offset, at::kFloat).to(device, type);
        const bool output = ends_with(name, architecture.attention_out.module + ".weight") ||
                            ends_with(name, architecture.mlp_out.module + ".weight");
        return random_normal(shape, type, architecture.initializer_range * (output ? residual : 1), generator).to(device);
    }, finish);
    return Decoder(architecture, std::move(weights), precision, device);
}

namespace {

// Calls visit(name, tensor, conv1d) for every weight there is, in the order of tensors(); the head also when it is tied.
template <class Weights, class Visit>
void visit_weights(const Architecture& a, Weights& w, const Visit& visit) {
    const auto plain = [&](const std::string& module, auto& weights) {
        if (weights.weight.defined()) visit(module + ".weight", weights.weight, false);
        if (weights.bias.defined()) visit(module + ".bias", weights.bias, false);
    };
    const auto linear = [&](int64_t layer, const Projection& projection, auto& weights) {
        const std::string module = a.module_name(layer, projection);
        visit(module + ".weight", weights.weight, projection.conv1d);
        if (weights.bias.defined()) visit(module + ".bias", weights.bias, false);
    };
    visit(a.embedding + ".weight", w.embedding, false);
    if (w.embedding_in.defined()) visit(a.embedding_in + ".weight", w.embedding_in, false);
    if (w.position_embedding.defined()) visit(a.position_embedding + ".weight", w.position_embedding, false);
    if (w.token_type_embedding.defined()) visit(a.token_type_embedding + ".weight", w.token_type_embedding, false);
    plain(a.embedding_norm, w.embedding_norm);
    if (a.relative) {
        visit(a.relative->embedding + ".weight", w.relative_embedding, false);
        plain(a.relative->norm, w.relative_norm);
    }
    if (a.convolution) {
        plain(a.convolution->module, w.convolution);
        plain(a.convolution->norm, w.convolution_norm);
    }
    for (int64_t layer = 0; layer < a.layers; ++layer) {
        auto& l = w.layers[static_cast<std::size_t>(layer)];
        plain(a.layer_name(layer) + a.attention_norm, l.attention_norm);
        for (std::size_t i = 0; i < a.attention_in.size(); ++i) linear(layer, a.attention_in[i], l.attention_in[i]);
        if (a.distances) visit(a.layer_name(layer) + a.distances->module + ".weight", l.distance_embedding, false);
        if (a.relative) {
            plain(a.layer_name(layer) + a.relative->key_module, l.position_key);
            plain(a.layer_name(layer) + a.relative->query_module, l.position_query);
        }
        plain(a.layer_name(layer) + a.q_norm, l.q_norm);
        plain(a.layer_name(layer) + a.k_norm, l.k_norm);
        linear(layer, a.attention_out, l.attention_out);
        plain(a.layer_name(layer) + a.mlp_norm, l.mlp_norm);
        for (std::size_t i = 0; i < a.mlp_in.size(); ++i) linear(layer, a.mlp_in[i], l.mlp_in[i]);
        linear(layer, a.mlp_out, l.mlp_out);
    }
    plain(a.final_norm, w.final_norm);
    if (w.embedding_out.defined()) visit(a.embedding_out + ".weight", w.embedding_out, false);
    plain(a.head_dense, w.head_dense);
    visit(a.lm_head + ".weight", w.head, false);
    if (w.head_bias.defined()) visit(a.lm_head + ".bias", w.head_bias, false);
}

}  // namespace

std::vector<std::pair<std::string, at::Tensor>> named_weights(const Decoder& decoder) {
    const Architecture& a = decoder.architecture();
    std::vector<std::pair<std::string, at::Tensor>> named;
    visit_weights(a, decoder.weights(), [&](const std::string& name, const at::Tensor& tensor, bool conv1d) {
        if (a.tied_embeddings && name == a.lm_head + ".weight") return;
        named.emplace_back(name, conv1d ? tensor.t() : tensor);
    });
    return named;
}

std::vector<WeightSlot> weight_slots(Decoder& decoder) {
    std::vector<WeightSlot> slots;
    visit_weights(decoder.architecture(), decoder.weights(), [&](const std::string& name, at::Tensor& tensor, bool conv1d) {
        slots.push_back({name, &tensor, conv1d});
    });
    return slots;
}

}  // namespace engine
