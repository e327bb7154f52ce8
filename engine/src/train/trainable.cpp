#include "train/trainable.h"

#include <algorithm>

#include "architecture/classifier.h"
#include "data/seeded.h"
#include "engine/chat.h"
#include "engine/plan.h"
#include "engine/runtime.h"
#include "exporting/model_folder.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/quantized.h"

namespace engine {
namespace {

std::vector<std::string> trained_head(const Architecture& architecture, const std::filesystem::path& model) {
    const auto stored = resolve_tensors(architecture, Checkpoint::open(model));
    return head_modules(architecture, [&](const std::string& tensor) { return stored.contains(tensor); });
}

bool is_quantized(const Decoder& decoder) {
    return !decoder.weights().layers.empty() && !decoder.weights().layers.front().mlp_out.weight.defined();
}

int64_t free_bytes(const TrainRequest& request, const c10::Device& device) {
    if (device.is_cpu()) return request.memory_limit_bytes > 0 ? request.memory_limit_bytes : free_memory_bytes();
    for (const DeviceInfo& known : runtime_info().devices) {
        if (known.id == device.str()) return known.free_bytes;
    }
    return 0;
}

}  // namespace

Trainable::Trainable(const TrainRequest& request, const c10::Device& device, const std::optional<Classifier>& classifier,
                     SharedInputs& shared)
    : spec_(request.spec),
      model_dir_(request.model_dir),
      free_bytes_before_(free_bytes(request, device)),
      device_(device),
      labels_(classifier ? classifier->labels : 0),
      decoder_(shared.base(request, device, classifier)) {
    if (classifier) {
        auto& saved = spec_.lora.modules_to_save;
        for (const std::string& module : trained_head(decoder_.architecture(), model_dir_)) {
            if (std::find(saved.begin(), saved.end(), module) == saved.end()) saved.push_back(module);
        }
    }
    total_params_ = parameter_count(decoder_.architecture());
    decoder_.recompute_layers(std::max<int64_t>(0, spec_.recompute_layers));
    if (spec_.method == Method::lora) {
        adapters_ = new_adapters(decoder_, spec_.lora, spec_.seed);
        if (spec_.base_type != BaseType::as_computed && !is_quantized(decoder_)) quantize_layers(decoder_, spec_.base_type);
        arena_ = std::make_unique<ParameterArena>(adapter_entries());
        decoder_ = attached(decoder_, *adapters_);
    } else {
        arena_ = std::make_unique<ParameterArena>(weight_entries());
        if (decoder_.architecture().tied_embeddings) decoder_.weights().head = decoder_.weights().embedding;
    }
}

void Trainable::fit_memory(int64_t longest_row) {
    if (spec_.recompute_layers != recompute_as_needed || spec_.from_scratch) return;  // from scratch nothing but config.json may be there
    ExperimentSpec asked = spec_;
    asked.device = device_.str();
    const auto forecast = plan(inspect_model(model_dir_).value(), asked, free_bytes_before_, {labels_, longest_row});
    if (forecast) decoder_.recompute_layers(forecast->recomputed_layers);
}

bool Trainable::stackable() const {
    const Architecture& architecture = decoder_.architecture();
    return adapters_ && !architecture.encoder && !architecture.classifier && adapters_->replaced.empty() && !adapters_->head;
}

bool Trainable::stacks_with(const Trainable& other) const {
    return stackable() && other.stackable() && decoder_.weights().embedding.is_same(other.decoder_.weights().embedding);
}

std::vector<ParameterArena::Entry> Trainable::adapter_entries() {
    std::vector<ParameterArena::Entry> entries;
    // As for whole models: matrices decay, biases, norms and magnitudes do not.
    for (const AdapterSet::Parameter& parameter : adapters_->parameters()) {
        entries.push_back({parameter.name, parameter.tensor, parameter.tensor->dim() > 1});
    }
    return entries;
}

std::vector<ParameterArena::Entry> Trainable::weight_entries() {
    const Architecture& a = decoder_.architecture();
    DecoderWeights& w = decoder_.weights();
    std::vector<ParameterArena::Entry> entries;
    // Matrices decay; norms and biases do not, as is usual when a model is trained.
    const auto add = [&](const std::string& name, at::Tensor& tensor) {
        if (tensor.defined()) entries.push_back({name, &tensor, tensor.dim() > 1});
    };
    const auto add_linear = [&](const std::string& name, LinearWeights& weights) {
        add(name + " weight", weights.weight);
        add(name + " bias", weights.bias);
    };
    const auto add_norm = [&](const std::string& name, NormWeights& weights) {
        add(name + " weight", weights.weight);
        add(name + " bias", weights.bias);
    };
    add("embedding", w.embedding);
    add("projection of the embedding", w.embedding_in);
    add("position embedding", w.position_embedding);
    add("token types", w.token_type_embedding);
    add_norm("embedding norm", w.embedding_norm);
    add("relative positions", w.relative_embedding);
    add_norm("relative norm", w.relative_norm);
    add_linear("convolution", w.convolution);
    add_norm("convolution norm", w.convolution_norm);
    add_linear("head dense", w.head_dense);
    for (int64_t i = 0; i < a.layers; ++i) {
        LayerWeights& layer = w.layers[static_cast<std::size_t>(i)];
        const std::string name = "layer " + std::to_string(i) + " ";
        add_norm(name + a.attention_norm, layer.attention_norm);
        add_norm(name + a.q_norm, layer.q_norm);
        add_norm(name + a.k_norm, layer.k_norm);
        for (std::size_t p = 0; p < a.attention_in.size(); ++p) {
            add_linear(name + a.attention_in[p].module, layer.attention_in[p]);
        }
        add(name + "distances", layer.distance_embedding);
        add_linear(name + "key positions", layer.position_key);
        add_linear(name + "query positions", layer.position_query);
        add_linear(name + a.attention_out.module, layer.attention_out);
        add_norm(name + a.mlp_norm, layer.mlp_norm);
        for (std::size_t p = 0; p < a.mlp_in.size(); ++p) add_linear(name + a.mlp_in[p].module, layer.mlp_in[p]);
        add_linear(name + a.mlp_out.module, layer.mlp_out);
    }
    add_norm("final norm", w.final_norm);
    add("projection in front of the head", w.embedding_out);
    if (!a.tied_embeddings) add("head", w.head);
    add("head bias", w.head_bias);
    return entries;
}

void Trainable::set_dropout(uint64_t seed) {
    if (adapters_) adapters_->set_dropout(spec_.lora.dropout, seed);
}

void Trainable::clear_dropout() {
    if (adapters_) adapters_->set_dropout(0, 0);
}

std::vector<DeltaNorm> Trainable::delta_norms() const {
    std::vector<DeltaNorm> norms;
    if (!adapters_) return norms;
    for (const AdapterSite& site : adapters_->sites()) {
        norms.push_back({static_cast<int>(site.layer), site.kind, delta_norm(site)});
    }
    return norms;
}

void Trainable::keep_chat_template(const std::filesystem::path& file) {
    // A whole model has the templates of its base already.
    if (adapters_ || !file.empty()) chat_template_ = chat_template_to_carry(model_dir_, file);
}

void Trainable::save(const std::filesystem::path& folder) const {
    if (adapters_) {
        save_peft(folder, decoder_.architecture(), *adapters_,
                  {spec_.model, spec_.lora.dropout, spec_.lora.use_rslora, spec_.lora.bias, spec_.lora.modules_to_save});
        carry_chat_template(chat_template_, folder);
        if (const auto& classifier = decoder_.architecture().classifier) write_classifier(*classifier, folder);
    } else {
        write_model_folder(decoder_, model_dir_, folder);
        carry_chat_template(chat_template_, folder);
    }
}

}  // namespace engine
