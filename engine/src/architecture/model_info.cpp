#include "architecture/architecture.h"
#include "architecture/classifier.h"
#include "architecture/shapes.h"
#include "spec/attempt.h"

#include <engine/experiment_spec.h>
#include <engine/model_info.h>
#include <engine/tokenizer.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <stdexcept>

namespace engine {
namespace {

std::string activation_name(Activation activation) {
    switch (activation) {
        case Activation::gelu: return "gelu";
        case Activation::gelu_tanh: return "gelu_tanh";
        case Activation::silu: return "silu";
        case Activation::relu: return "relu";
        case Activation::tanh: return "tanh";
    }
    throw std::logic_error("activation without a name");
}

ModelInfo describe(const Architecture& a) {
    ModelInfo info;
    info.architecture = a.class_name;
    info.family = a.family;
    info.layers = a.layers;
    info.hidden_size = a.hidden_size;
    info.intermediate_size = a.intermediate_size;
    info.heads = a.heads;
    info.kv_heads = a.kv_heads;
    info.head_dim = a.head_dim;
    info.vocab_size = a.vocab_size;
    info.max_positions = a.max_positions;
    info.total_params = parameter_count(a);
    info.tied_embeddings = a.tied_embeddings;
    info.has_weights = false;
    info.encoder = a.encoder;
    if (a.relative) {
        info.relative_span = a.relative->span;
        info.relative_tables = a.relative->content_to_position + a.relative->position_to_content;
    } else if (a.distances) {
        info.relative_span = a.distances->positions;
    }
    if (a.convolution) info.convolution_values = a.hidden_size * a.hidden_size / a.convolution->groups * a.convolution->kernel;
    info.rotary = a.positions == PositionKind::rotary;
    info.parallel_block = a.parallel_block;
    info.activation = activation_name(a.activation);
    info.head_norms = !a.q_norm.empty();
    if (a.classifier) {
        const Problem problem = a.classifier->problem;
        info.labels = a.classifier->labels;
        info.label_names = a.classifier->label_names;
        info.new_head = a.classifier->may_be_absent;
        info.task = name_of(problem == Problem::multi_label ? Task::multi_label
                            : problem == Problem::regression || (problem == Problem::by_labels && info.labels == 1)
                                ? Task::regression
                                : Task::classification);
    }
    info.head_modules = head_modules(a, [](const std::string&) { return true; });
    info.kinds = a.kinds();
    for (std::int64_t layer = 0; layer < a.layers; ++layer)
        for (const std::string& kind : info.kinds) {
            const SlotRef found = find_slot(a, kind);
            info.matrices.push_back({a.module_name(layer, *found.projection), static_cast<int>(layer), kind,
                                     found.projection->in_features, found.slot->rows,
                                     found.projection->fused()});
        }
    for (TensorSpec& spec : tensors(a)) info.tensors.push_back({std::move(spec.name), std::move(spec.shape)});
    return info;
}

ModelInfo describe(const EncoderShape& shape) {
    static const std::vector<std::string> kinds = {"q", "k", "v", "o", "up", "down"};
    ModelInfo info;
    info.encoder = true;
    info.architecture = shape.class_name;
    info.family = shape.family;
    info.layers = shape.layers;
    info.hidden_size = shape.hidden_size;
    info.intermediate_size = shape.intermediate_size;
    info.heads = info.kv_heads = shape.heads;
    info.head_dim = shape.hidden_size / shape.heads;
    info.vocab_size = shape.vocab_size;
    info.max_positions = shape.max_positions;
    info.total_params = shape.total_params;
    info.tied_embeddings = true;
    info.has_weights = false;
    if (shape.family == "deberta-v2") info.relative_span = 256, info.relative_tables = 2;
    info.kinds = kinds;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer)
        for (std::size_t k = 0; k < kinds.size(); ++k) {
            const bool up = kinds[k] == "up", down = kinds[k] == "down";
            info.matrices.push_back({shape.layer_prefix + std::to_string(layer) + "." + shape.modules[k],
                                     static_cast<int>(layer), kinds[k],
                                     down ? shape.intermediate_size : shape.hidden_size,
                                     up ? shape.intermediate_size : shape.hidden_size, false});
        }
    return info;
}

void add_weights(ModelInfo& info, const Architecture& architecture, const Checkpoint& checkpoint) {
    std::set<Dtype> dtypes;
    const auto resolved = resolve_tensors(architecture, checkpoint);
    for (const auto& [canonical, stored] : resolved) dtypes.insert(checkpoint.require(stored).entry->dtype);
    info.head_modules = head_modules(architecture, [&](const std::string& name) { return resolved.contains(name); });
    info.has_weights = true;
    info.weight_bytes = static_cast<std::int64_t>(checkpoint.data_bytes());
    info.dtype = dtypes.size() == 1 ? std::string(name_of(*dtypes.begin())) : "mixed";
    std::transform(info.dtype.begin(), info.dtype.end(), info.dtype.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

void add_tokenizer(ModelInfo& info, const std::filesystem::path& folder) {
    if (!Tokenizer::is_available(folder)) {
        info.tokenizer_problem =
            "The folder has no tokenizer files (tokenizer.json, a SentencePiece file, vocab.json with merges.txt, or vocab.txt).";
        return;
    }
    const Result<Tokenizer> tokenizer = Tokenizer::load(folder);
    if (tokenizer)
        info.tokenizer = tokenizer->kind() + ", " + std::to_string(tokenizer->vocab_size()) + " tokens";
    else
        info.tokenizer_problem = tokenizer.error().message;
}

}  // namespace

Result<ModelInfo> inspect_model(const std::filesystem::path& folder) {
    return attempt([&] {
        const Architecture architecture = read_architecture(folder);
        ModelInfo info = describe(architecture);
        info.path = folder;
        info.name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
        if (has_checkpoint(folder)) add_weights(info, architecture, Checkpoint::open(folder));
        add_tokenizer(info, folder);
        return info;
    });
}

Result<ModelInfo> inspect_shape(const std::string& name) {
    return attempt([&] {
        for (const EncoderShape& shape : encoder_shapes())
            if (shape.name == name) {
                ModelInfo info = describe(shape);
                info.name = name;
                return info;
            }
        ModelInfo info = describe(architecture_of_shape(name));
        info.name = name;
        return info;
    });
}

}  // namespace engine
