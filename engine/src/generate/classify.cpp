// Labels for texts, and how well they fit a data file.
#include "generate/classify.h"

#include <algorithm>

#include "architecture/classifier.h"
#include "data/labelled.h"
#include "engine/runtime.h"
#include "lora/attach.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "runtime/device.h"
#include "runtime/guard.h"
#include "train/batch_loss.h"

namespace engine {
namespace {

Task task_of(const Classifier& classifier) {
    switch (classifier.problem) {
        case Problem::single_label: return Task::classification;
        case Problem::multi_label: return Task::multi_label;
        case Problem::regression: return Task::regression;
        case Problem::by_labels: break;
    }
    return classifier.labels == 1 ? Task::regression : Task::classification;
}

struct Loaded {
    Decoder decoder;
    std::optional<AdapterSet> adapters;
    const AdapterSet* set() const { return adapters ? &*adapters : nullptr; }
};

Loaded load(const std::filesystem::path& model, const std::filesystem::path& adapter, Precision precision,
            const std::string& device_name) {
    const c10::Device device = resolve_device(device_name);
    Architecture architecture = read_architecture(model, adapter);
    if (!architecture.classifier) {
        fail_input("The model '" + model.string() + "' has no head over labels; choose a classifier, or an adapter that was "
                   "trained as one.");
    }
    if (architecture.classifier->may_be_absent && adapter.empty()) {
        fail_input("The model '" + model.string() + "' has no trained head over labels yet; choose the adapter that brings one.");
    }
    architecture.classifier->problem = problem_of(task_of(*architecture.classifier));
    Loaded loaded{load_decoder(model, std::move(architecture), precision, device, precision, 0), {}};
    if (adapter.empty()) return loaded;
    loaded.adapters = load_peft(adapter, loaded.decoder.architecture(), device);
    loaded.decoder = attached(loaded.decoder, *loaded.adapters);
    fix_scales(*loaded.adapters, loaded.decoder);
    return loaded;
}

void require_length(const Architecture& architecture, int64_t seq_len) {
    if (architecture.has_position_table() && seq_len > architecture.max_positions) {
        fail_input("The length " + std::to_string(seq_len) + " is above what the model has positions for (" +
                   std::to_string(architecture.max_positions) + "); choose a shorter length.");
    }
}

void require_vocabulary(const Architecture& architecture, const std::filesystem::path& model, int64_t largest) {
    if (largest >= architecture.vocab_size) {
        fail_input("The tokenizer of '" + model.string() + "' gives token " + std::to_string(largest) +
                   ", which the model does not have; the tokenizer belongs to another model.");
    }
}

}  // namespace

EvaluateResult evaluate_classifier(const EvaluateRequest& request, std::stop_token stop) {
    const Loaded loaded = load(request.model, request.adapter, request.precision, request.device);
    const Architecture& architecture = loaded.decoder.architecture();
    require_length(architecture, request.seq_len);
    const auto tokenizer = Tokenizer::load(request.model);
    const LabelledData data = load_labelled({request.data, {}}, tokenizer.value(), task_of(*architecture.classifier),
                                            architecture.classifier, request.seq_len);
    require_vocabulary(architecture, request.model, data.train.largest_id);
    const DatasetLoss measured = dataset_loss(loaded.decoder, loaded.set(), data.train, request.batch_size,
                                              [&] { return !stop.stop_requested(); });
    if (stop.stop_requested()) throw Failure(ErrorCode::interrupted, "The evaluation was stopped.");
    EvaluateResult result;
    result.loss = measured.loss;
    result.rows = measured.rows;
    for (const Example& example : data.train.examples) result.tokens += static_cast<int64_t>(example.ids.size());
    result.metrics = measured.metrics;
    return result;
}

Result<std::vector<Classified>> classify(const ClassifyRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        at::NoGradGuard no_grad;
        const Loaded loaded = load(request.model, request.adapter, request.precision, request.device);
        const Architecture& architecture = loaded.decoder.architecture();
        const Classifier& head = *architecture.classifier;
        const auto tokenizer = Tokenizer::load(request.model);
        const int64_t seq_len = std::min<int64_t>(request.seq_len, architecture.max_positions);
        std::vector<Classified> results;
        for (const auto& [first, second] : request.texts) {
            Dataset data;
            EncodedTexts texts = encode_texts(tokenizer.value(), first, second, seq_len);
            if (texts.ids.empty()) fail_input("A text to classify has no token; give some text.");
            Example example;
            example.trained.assign(texts.ids.size(), 0);
            example.ids = std::move(texts.ids);
            example.second_type = texts.second_type;
            data.examples.push_back(std::move(example));
            count_tokens(data);
            require_vocabulary(architecture, request.model, data.largest_id);
            const at::Tensor logits =
                classify_batch(loaded.decoder, loaded.set(), pack(data, std::vector<int64_t>{0})).cpu()[0];
            const at::Tensor scores = head.problem == Problem::regression     ? logits
                                      : head.problem == Problem::single_label ? at::softmax(logits, 0)
                                                                              : at::sigmoid(logits);
            Classified result;
            for (int64_t i = 0; i < head.labels; ++i) {
                const auto index = static_cast<std::size_t>(i);
                const std::string name = head.label_names.empty() ? "LABEL_" + std::to_string(i) : head.label_names[index];
                const double score = scores[i].item<double>();
                result.scores.push_back({name, score});
                const bool chosen = head.problem == Problem::multi_label ? score > 0.5
                                    : head.problem == Problem::single_label && i == logits.argmax().item<int64_t>();
                if (chosen) result.labels.push_back(name);
            }
            results.push_back(std::move(result));
        }
        return results;
    });
}

}  // namespace engine
