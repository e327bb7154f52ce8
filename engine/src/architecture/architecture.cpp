#include "architecture/architecture.h"

#include "architecture/classifier.h"
#include "architecture/families.h"
#include "io/json.h"
#include "io/presence.h"
#include "spec/kinds.h"

#include <engine/error.h>

#include <algorithm>
#include <cmath>

namespace engine {
namespace {

void add_norm(std::vector<TensorSpec>& list, const Architecture& a, const std::string& module,
              std::int64_t width) {
    if (module.empty()) return;
    list.push_back({module + ".weight", {width}, false});
    if (a.norm == NormKind::layer_norm) list.push_back({module + ".bias", {width}, false});
}

void add_projection(std::vector<TensorSpec>& list, const std::string& layer, const Projection& projection) {
    list.push_back({layer + projection.module + ".weight", projection.stored_shape(), false});
    if (projection.has_bias)
        list.push_back({layer + projection.module + ".bias", {projection.out_features}, false});
}

bool ends_with_any(const std::string& name, const std::vector<std::string>& suffixes) {
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&](const std::string& suffix) { return name.ends_with(suffix); });
}

// The first few names, and how many more there are.
std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 4; ++i) text += (i ? ", " : "") + names[i];
    if (names.size() > 4) text += " and " + std::to_string(names.size() - 4) + " more";
    return text;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

std::string class_of(const Json& config, const Family& family, const std::string& source) {
    const auto it = config.find("architectures");
    if (it == config.end() || it->is_null()) return family.classes.front();
    if (!it->is_array() || it->empty() || !it->front().is_string())
        fail_input("\"architectures\" in " + source + " must be a list of class names.");
    const std::string name = it->front().get<std::string>();
    if (name != family.classifier_class &&
        std::find(family.classes.begin(), family.classes.end(), name) == family.classes.end())
        fail_input("The model class \"" + name.substr(0, 80) + "\" of " + source +
                   " is not supported: only " + family.classes.front() + " and " + family.classifier_class +
                   " are.");
    return name;
}

// "LayerNorm.weight" and "LayerNorm.bias" were "gamma" and "beta" in the first encoders.
std::map<std::string, bool>::iterator find_old_norm(std::map<std::string, bool>& stored,
                                                    const Architecture& a, const std::string& name) {
    for (const auto& [ending, old] :
         {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}}) {
        if (!name.ends_with(ending)) continue;
        const std::string renamed = name.substr(0, name.size() - std::string_view(ending).size()) + old;
        const auto it = stored.find(renamed);
        if (it != stored.end() || !renamed.starts_with(a.base_prefix)) return it;
        return stored.find(renamed.substr(a.base_prefix.size()));
    }
    return stored.end();
}

// Heads and poolers of other classes, whose place a classifier takes.
bool is_other_head(const Architecture& a, const std::string& name) {
    if (!a.classifier) return false;
    for (const char* head : {"cls.", "lm_head.", "embed_out.", "lm_predictions.", "mask_predictions."})
        if (name.starts_with(head)) return true;
    return a.encoder && (name.starts_with("pooler.") || name.starts_with(a.base_prefix + "pooler."));
}

}  // namespace

std::vector<std::int64_t> Projection::stored_shape() const {
    if (conv1d) return {in_features, out_features};
    return {out_features, in_features};
}

std::vector<const Projection*> Architecture::projections() const {
    std::vector<const Projection*> list;
    for (const Projection& projection : attention_in) list.push_back(&projection);
    list.push_back(&attention_out);
    for (const Projection& projection : mlp_in) list.push_back(&projection);
    list.push_back(&mlp_out);
    return list;
}

std::string Architecture::layer_name(std::int64_t layer) const {
    return layer_prefix + std::to_string(layer) + ".";
}

std::string Architecture::module_name(std::int64_t layer, const Projection& projection) const {
    return layer_name(layer) + projection.module;
}

double Architecture::attention_scale(std::int64_t layer) const {
    double scale = scale_attention ? 1.0 / std::sqrt(static_cast<double>(head_dim)) : 1.0;
    if (scale_attention_by_layer) scale /= static_cast<double>(layer + 1);
    return scale;
}

std::vector<std::string> Architecture::kinds() const {
    std::vector<std::string> list;
    for (const std::string& kind : matrix_kinds())
        if (find_slot(*this, kind)) list.push_back(kind);
    return list;
}

SlotRef find_slot(const Architecture& architecture, std::string_view kind) {
    for (const Projection* projection : architecture.projections())
        for (const Slot& slot : projection->slots)
            if (slot.kind == kind) return {projection, &slot};
    return {};
}

std::vector<TensorSpec> tensors(const Architecture& a) {
    std::vector<TensorSpec> list;
    list.push_back({a.embedding + ".weight", {a.vocab_size, a.embedding_width()}, false});
    if (!a.embedding_in.empty()) list.push_back({a.embedding_in + ".weight", {a.hidden_size, a.embedding_size}, false});
    if (!a.position_embedding.empty())
        list.push_back({a.position_embedding + ".weight",
                        {a.max_positions + a.position_offset, a.hidden_size},
                        a.positions != PositionKind::learned});
    if (!a.token_type_embedding.empty())
        list.push_back({a.token_type_embedding + ".weight", {a.token_types, a.hidden_size}, false});
    add_norm(list, a, a.embedding_norm, a.hidden_size);
    if (a.relative) {
        list.push_back({a.relative->embedding + ".weight", {2 * a.relative->span, a.hidden_size}, false});
        add_norm(list, a, a.relative->norm, a.hidden_size);
    }
    if (const auto& conv = a.convolution) {
        list.push_back({conv->module + ".weight", {a.hidden_size, a.hidden_size / conv->groups, conv->kernel}, false});
        list.push_back({conv->module + ".bias", {a.hidden_size}, false});
        add_norm(list, a, conv->norm, a.hidden_size);
    }
    for (std::int64_t layer = 0; layer < a.layers; ++layer) {
        const std::string name = a.layer_name(layer);
        add_norm(list, a, name + a.attention_norm, a.hidden_size);
        for (const Projection& projection : a.attention_in) add_projection(list, name, projection);
        if (a.distances)
            list.push_back({name + a.distances->module + ".weight", {2 * a.distances->positions - 1, a.head_dim}, false});
        if (a.relative)
            for (const std::string& module : {a.relative->key_module, a.relative->query_module})
                if (!module.empty()) add_projection(list, name, linear(module, "", a.hidden_size, a.hidden_size, true));
        if (!a.q_norm.empty()) add_norm(list, a, name + a.q_norm, a.head_dim);
        if (!a.k_norm.empty()) add_norm(list, a, name + a.k_norm, a.head_dim);
        add_projection(list, name, a.attention_out);
        if (!a.mlp_norm.empty()) add_norm(list, a, name + a.mlp_norm, a.hidden_size);
        for (const Projection& projection : a.mlp_in) add_projection(list, name, projection);
        add_projection(list, name, a.mlp_out);
    }
    add_norm(list, a, a.final_norm, a.hidden_size);
    if (!a.embedding_out.empty()) list.push_back({a.embedding_out + ".weight", {a.embedding_size, a.hidden_size}, false});
    const bool fresh = a.classifier && a.classifier->may_be_absent;
    if (!a.head_dense.empty()) {
        list.push_back({a.head_dense + ".weight", {a.hidden_size, a.hidden_size}, false, fresh});
        list.push_back({a.head_dense + ".bias", {a.hidden_size}, false, fresh});
    }
    list.push_back({a.lm_head + ".weight", {a.head_rows(), a.embedding_width()}, a.tied_embeddings, fresh});
    if (a.head_bias) list.push_back({a.lm_head + ".bias", {a.head_rows()}, false, fresh});
    return list;
}

std::int64_t parameter_count(const Architecture& architecture) {
    std::int64_t total = 0;
    for (const TensorSpec& tensor : tensors(architecture)) {
        if (tensor.optional) continue;
        std::int64_t count = 1;
        for (const std::int64_t size : tensor.shape) count *= size;
        total += count;
    }
    return total;
}

std::map<std::string, std::string> resolve_tensor_names(const Architecture& architecture,
                                                        const std::vector<std::string>& stored_names,
                                                        const std::string& source) {
    const Family& family = family_of(architecture.family, source);
    std::map<std::string, bool> unused;  // name in the file -> not yet matched
    for (const std::string& name : stored_names) unused.emplace(name, true);

    std::map<std::string, std::string> resolved;
    std::vector<std::string> missing;
    for (const TensorSpec& tensor : tensors(architecture)) {
        auto it = unused.find(tensor.name);
        if (it == unused.end() && tensor.name.starts_with(architecture.base_prefix))
            it = unused.find(tensor.name.substr(architecture.base_prefix.size()));
        if (it == unused.end() && architecture.encoder) it = find_old_norm(unused, architecture, tensor.name);
        if (it != unused.end()) {
            it->second = false;
            resolved.emplace(tensor.name, it->first);
        } else if (!tensor.optional && !tensor.fresh) {
            missing.push_back(tensor.name);
        }
    }
    std::vector<std::string> unexpected;
    for (const auto& [name, is_unused] : unused)
        if (is_unused && !ends_with_any(name, family.ignored_suffixes) && !is_other_head(architecture, name))
            unexpected.push_back(name);

    if (!missing.empty() || !unexpected.empty()) {
        std::string message = "The weights of " + source + " do not match its config.json: ";
        if (!missing.empty()) message += "missing " + listed(missing);
        if (!unexpected.empty())
            message += (missing.empty() ? "not expected " : "; not expected ") + listed(unexpected);
        fail_input(message + ". Fetch the folder again or correct config.json.");
    }
    return resolved;
}

std::map<std::string, std::string> resolve_tensors(const Architecture& architecture,
                                                   const Checkpoint& checkpoint) {
    const std::string source = "'" + checkpoint.folder().string() + "'";
    auto resolved = resolve_tensor_names(architecture, checkpoint.names(), source);
    for (const TensorSpec& tensor : tensors(architecture)) {
        const auto it = resolved.find(tensor.name);
        if (it == resolved.end()) continue;
        const CheckpointTensor stored = checkpoint.require(it->second);
        if (stored.entry->shape != tensor.shape)
            fail_input("The tensor " + it->second + " of " + source + " has the shape " +
                       shape_text(stored.entry->shape) + ", config.json asks for " +
                       shape_text(tensor.shape) + ". Fetch the folder again or correct config.json.");
        const Dtype dtype = stored.entry->dtype;
        if (dtype != Dtype::f32 && dtype != Dtype::f16 && dtype != Dtype::bf16 && dtype != Dtype::f64)
            fail_input("The tensor " + it->second + " of " + source + " is stored as " +
                       std::string(name_of(dtype)) +
                       "; supported are F64, F32, F16 and BF16. Choose the unquantised model.");
    }
    return resolved;
}

Architecture parse_architecture(std::string_view config_json, const std::string& source) {
    const Json config = parse_json(config_json, source);
    if (!config.is_object())
        fail_input(source + " does not hold a JSON object, so it is no model description.");
    const ConfigFields fields(config, source);
    if (!fields.has("model_type"))
        fail_input(
            source +
            " names no \"model_type\", so the architecture is not known. Add it, for example \"llama\".");
    const std::string model_type = fields.text("model_type", {});
    const Family& family = family_of(model_type, source);
    if (fields.has("quantization_config"))
        fail_input("The weights described by " + source +
                   " are quantised, which cannot be trained on here. Choose the unquantised model.");
    if (fields.boolean("is_encoder_decoder", false))
        fields.refuse("is_encoder_decoder", "a decoder that reads an encoder is not supported.");
    const std::string class_name = class_of(config, family, source);
    Architecture architecture = family.describe(fields);
    architecture.family = family.model_type;
    architecture.class_name = class_name;
    architecture.initializer_range =
        fields.real("initializer_range", fields.real("init_std", 0.02, 0, 10), 0, 10);
    if (architecture.encoder || class_name == family.classifier_class) {
        Classifier classifier = read_classifier(fields);
        classifier.may_be_absent = class_name != family.classifier_class;
        architecture = with_classifier(std::move(architecture), std::move(classifier));
    }
    fields.refuse_unknown_mathematics(family.model_type);
    return architecture;
}

Architecture read_architecture(const std::filesystem::path& folder) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        fail_input("The model folder '" + folder.string() +
                   "' does not exist or is not a folder. Choose a Hugging Face model folder.");
    const std::filesystem::path path = folder / "config.json";
    if (!is_listed(path))
        fail_input("The folder '" + folder.string() +
                   "' has no config.json, so it is no model. Choose a Hugging Face model folder.");
    return parse_architecture(read_text(path, 16 << 20), "'" + path.string() + "'");
}

}  // namespace engine
