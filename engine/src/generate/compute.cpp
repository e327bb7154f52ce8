// Logits and gradients for checking against other implementations, and the loss of a data file.
#include "engine/compute.h"

#include <cmath>

#include "architecture/classifier.h"
#include "data/token_cache.h"
#include "engine/runtime.h"
#include "generate/classify.h"
#include "lora/attach.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "runtime/device.h"
#include "runtime/guard.h"
#include "runtime/tensor_memory.h"
#include "train/causal_loss.h"
#include "train/classification_loss.h"

namespace engine {
namespace {

struct Inputs {
    at::Tensor ids;     // [B, T] int64
    at::Tensor mask;    // [B, T] bool or undefined
    at::Tensor labels;  // [B, T] int64; of a classifier [B] int64 or f32, or [B, labels] f32; or undefined
    at::Tensor types;   // token types [B, T] int64 or undefined
};

// The labels of a classifier.
at::Tensor read_labels(const SafetensorsFile& file, int64_t rows) {
    const TensorEntry* entry = file.find("labels");
    const std::string path = file.path().string();
    if (!entry) fail_input("'" + path + "' has no tensor 'labels', which is needed.");
    const bool whole = entry->dtype == Dtype::i64;
    if ((!whole && entry->dtype != Dtype::f32) || entry->shape.empty() || entry->shape.size() > 2 || entry->shape[0] != rows)
        fail_input("The tensor 'labels' in '" + path + "' must be int64 [batch] or float32 [batch] or [batch, labels].");
    return map_tensor(file, *entry).clone();
}

Inputs read_inputs(const std::filesystem::path& path, const Architecture& architecture, bool need_labels) {
    const SafetensorsFile file = SafetensorsFile::open(path);
    const auto read = [&](const char* name, bool needed) -> at::Tensor {
        const TensorEntry* entry = file.find(name);
        if (!entry || (architecture.classifier && name == std::string_view("labels"))) {
            if (needed) fail_input("'" + path.string() + "' has no tensor '" + name + "', which is needed.");
            return {};
        }
        if (entry->dtype != Dtype::i64 || entry->shape.size() != 2) {
            fail_input("The tensor '" + std::string(name) + "' in '" + path.string() + "' must be int64 [batch, seq].");
        }
        return map_tensor(file, *entry).clone();
    };
    Inputs inputs{read("input_ids", true), read("attention_mask", false), read("labels", need_labels && !architecture.classifier), {}};
    if (inputs.ids.numel() == 0) fail_input("The tensor 'input_ids' in '" + path.string() + "' is empty.");
    if (inputs.ids.min().item<int64_t>() < 0 || inputs.ids.max().item<int64_t>() >= architecture.vocab_size) {
        fail_input("'" + path.string() + "' has token ids outside 0 to " + std::to_string(architecture.vocab_size - 1) +
                   ", the vocabulary of the model.");
    }
    if (architecture.has_position_table() && inputs.ids.size(1) > architecture.max_positions) {
        fail_input("'" + path.string() + "' has rows of " + std::to_string(inputs.ids.size(1)) +
                   " tokens; the model has " + std::to_string(architecture.max_positions) + " positions.");
    }
    if (architecture.token_types > 1) inputs.types = read("token_type_ids", false);
    for (const at::Tensor* other : {&inputs.mask, &inputs.labels, &inputs.types}) {
        if (other->defined() && other->sizes() != inputs.ids.sizes()) {
            fail_input("The tensors in '" + path.string() + "' do not have one shape [batch, seq].");
        }
    }
    if (inputs.types.defined() &&
        (inputs.types.min().item<int64_t>() < 0 || inputs.types.max().item<int64_t>() >= architecture.token_types)) {
        fail_input("'" + path.string() + "' has token types outside 0 to " + std::to_string(architecture.token_types - 1) + ".");
    }
    if (architecture.classifier && need_labels) inputs.labels = read_labels(file, inputs.ids.size(0));
    if (inputs.mask.defined()) inputs.mask = inputs.mask.ne(0);
    return inputs;
}

struct Loaded {
    Decoder decoder;
    std::optional<AdapterSet> adapters;
    Inputs inputs;
    at::Tensor hidden;  // [B, T, d]

    at::Tensor logits() const {
        return decoder.architecture().classifier ? decoder.classify(hidden, inputs.mask) : decoder.logits(hidden);
    }
};

Loaded load(const LogitsRequest& request, bool gradients) {
    const c10::Device device = resolve_device(request.device);
    Architecture architecture = read_architecture(request.model, request.adapter);
    Inputs inputs = read_inputs(request.input, architecture, gradients);
    Decoder decoder =
        load_decoder(request.model, std::move(architecture), request.precision, device, request.precision, 0);
    std::optional<AdapterSet> adapters;
    if (!request.adapter.empty()) {
        adapters = load_peft(request.adapter, decoder.architecture(), device);
    }
    return {std::move(decoder), std::move(adapters), std::move(inputs), {}};
}

// No token of a row follows a padding.
bool padded_on_the_right(const at::Tensor& mask) {
    if (mask.size(1) < 2) return true;
    const at::Tensor before = mask.narrow(1, 0, mask.size(1) - 1), after = mask.narrow(1, 1, mask.size(1) - 1);
    return !after.logical_and(before.logical_not()).any().item<bool>();
}

void run_forward(Loaded& loaded) {
    ForwardOptions options;
    options.adapters = loaded.adapters ? &*loaded.adapters : nullptr;
    const auto& device = loaded.decoder.device();
    // Padding on the right comes after every token that counts, which causal attention cannot see: no mask needed.
    const at::Tensor& mask = loaded.inputs.mask;
    if (mask.defined() && (loaded.decoder.architecture().encoder || !padded_on_the_right(mask))) {
        options.key_mask = mask.to(device);
    }
    if (loaded.inputs.types.defined()) options.token_types = loaded.inputs.types.to(device);
    loaded.hidden = loaded.decoder.forward(loaded.inputs.ids.to(device), options);
}

// The mean loss of the batch.
at::Tensor loss_of(const Loaded& loaded, const std::filesystem::path& input) {
    if (const auto& classifier = loaded.decoder.architecture().classifier) {
        const at::Tensor labels = loaded.inputs.labels.to(loaded.decoder.device());
        return classification_loss(*classifier, loaded.logits(), labels) / static_cast<double>(labels.size(0));
    }
    // Position t predicts t + 1; labels of -100 do not count.
    const at::Tensor hidden = loaded.hidden.narrow(1, 0, loaded.hidden.size(1) - 1).flatten(0, 1);
    const at::Tensor labels =
        loaded.inputs.labels.narrow(1, 1, loaded.inputs.labels.size(1) - 1).flatten().to(loaded.decoder.device());
    const at::Tensor counted = labels.ne(ignored_label).nonzero().squeeze(1);
    if (counted.numel() == 0) fail_input("No label in '" + input.string() + "' counts; all are -100.");
    return loaded.decoder.cross_entropy(hidden.index_select(0, counted),
                                                         labels.index_select(0, counted)) /
                            static_cast<double>(counted.numel());
}

}  // namespace

Status compute_logits(const LogitsRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        at::NoGradGuard no_grad;
        Loaded loaded = load(request, false);
        if (loaded.adapters) loaded.decoder = attached(loaded.decoder, *loaded.adapters);
        run_forward(loaded);
        save_tensors(request.output, {{"logits", loaded.logits()}});
        return Done{};
    });
}

Status compute_gradients(const LogitsRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        if (request.adapter.empty()) fail_input("Gradients are those of an adapter; name one with --adapter.");
        Loaded loaded = load(request, true);
        for (const AdapterSet::Parameter& parameter : loaded.adapters->parameters()) parameter.tensor->set_requires_grad(true);
        loaded.decoder = attached(loaded.decoder, *loaded.adapters);
        run_forward(loaded);
        const at::Tensor loss = loss_of(loaded, request.input);
        loss.backward();
        NamedTensors results = {{"loss", loss.detach()}, {"logits", loaded.logits().detach()}};
        for (const auto& [key, value, transposed] : peft_tensors(loaded.decoder.architecture(), *loaded.adapters)) {
            const at::Tensor gradient = value.grad().defined() ? value.grad() : at::zeros_like(value);
            results.emplace_back("grad." + key, transposed ? gradient.t() : gradient);
        }
        save_tensors(request.output, results);
        return Done{};
    });
}

Result<EvaluateResult> evaluate(const EvaluateRequest& request, std::stop_token stop) {
    return guard([&] {
        prepare_compute_thread();
        const c10::Device device = resolve_device(request.device);
        if (request.batch_size < 1) fail_input("The batch size must be 1 or more.");
        const TensorMemoryLimit in_time(free_memory_bytes());
        if (read_architecture(request.model, request.adapter).classifier) return evaluate_classifier(request, stop);
        const Dataset data = DatasetLoader({request.prompt_template, request.model, request.chat_template}, request.seq_len,
                                           request.cache_dir)
                                 .load(request.data, stop);
        Decoder decoder = load_decoder(request.model, request.precision, device);
        if (data.largest_id >= decoder.architecture().vocab_size) {
            fail_input("The tokenizer of '" + request.model.string() + "' gives token " + std::to_string(data.largest_id) +
                       ", which the model does not have; the tokenizer belongs to another model.");
        }
        std::optional<AdapterSet> adapters;
        if (!request.adapter.empty()) {
            adapters = load_peft(request.adapter, decoder.architecture(), device);
            decoder = attached(decoder, *adapters);
            fix_scales(*adapters, decoder);
        }
        const DatasetLoss measured = dataset_loss(decoder, adapters ? &*adapters : nullptr, data, request.batch_size,
                                                  [&] { return !stop.stop_requested(); });
        if (stop.stop_requested()) throw Failure(ErrorCode::interrupted, "The evaluation was stopped.");
        return EvaluateResult{measured.loss, std::exp(measured.loss), measured.rows, measured.tokens, {}};
    });
}

}  // namespace engine
