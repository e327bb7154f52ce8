#include "train/shared_inputs.h"

#include <algorithm>

#include "architecture/classifier.h"
#include "data/token_cache.h"
#include "model/load.h"
#include "model/quantized.h"

namespace engine {
namespace {

Decoder load(const TrainRequest& request, const c10::Device& device, const std::optional<Classifier>& classifier,
             const FinishLayer& finish = {}) {
    const ExperimentSpec& spec = request.spec;
    Architecture architecture = read_architecture(request.model_dir);
    if (!classifier) require_text_model(architecture, "The task causal_lm");
    // Trained weights stay in f32: AdamW's updates are smaller than a bf16 step.
    const Precision stored = spec.method == Method::full ? Precision::f32 : spec.precision;
    if (spec.from_scratch) {
        return random_decoder(architecture, spec.precision, device, stored, spec.seed);
    }
    if (classifier) architecture = with_classifier(std::move(architecture), *classifier);
    return load_decoder(request.model_dir, std::move(architecture), spec.precision, device, stored, spec.seed, finish);
}

Split load_texts(const TrainRequest& request, const std::filesystem::path& chat_template) {
    const DataConfig& data = request.spec.data;
    DatasetLoader loader({data.prompt_template, request.model_dir, chat_template}, data.seq_len, request.cache_dir);
    Dataset train = loader.load(data.train_path);
    if (data.eval_path.empty()) return split_held_out(std::move(train), data.held_out, request.spec.seed);
    return {std::move(train), loader.load(data.eval_path)};
}

}  // namespace

Decoder SharedInputs::base(const TrainRequest& request, const c10::Device& device,
                           const std::optional<Classifier>& classifier) {
    const ExperimentSpec& spec = request.spec;
    // Nothing to share where every weight is trained; a module saved in full starts from the whole matrix.
    if (spec.method == Method::full || (spec.base_type != BaseType::as_computed && !spec.lora.modules_to_save.empty()))
        return load(request, device, classifier);
    const uint64_t seed = classifier ? spec.seed : 0;
    const auto known = std::find_if(bases_.begin(), bases_.end(), [&](const Base& base) {
        return base.model == request.model_dir && base.precision == spec.precision && base.type == spec.base_type &&
               base.device == device && base.classifier == classifier && base.seed == seed;
    });
    if (known != bases_.end()) return known->decoder;
    const bool quantized = spec.base_type != BaseType::as_computed;
    Decoder decoder = load(request, device, classifier, quantized ? layer_quantizer(spec.base_type) : FinishLayer());
    bases_.push_back({request.model_dir, spec.precision, spec.base_type, device, classifier, seed, decoder});
    return decoder;
}

std::shared_ptr<const Split> SharedInputs::texts(const TrainRequest& request, const std::filesystem::path& chat_template) {
    DataConfig data = request.spec.data;
    data.chat_template = chat_template.string();
    const uint64_t seed = data.eval_path.empty() ? request.spec.seed : 0;
    const auto known = std::find_if(texts_.begin(), texts_.end(), [&](const Texts& texts) {
        return texts.model == request.model_dir && texts.data == data && texts.seed == seed;
    });
    if (known != texts_.end()) return known->split;
    auto split = std::make_shared<const Split>(load_texts(request, chat_template));
    texts_.push_back({request.model_dir, std::move(data), seed, split});
    return split;
}

}  // namespace engine
