// Encoders in the variants that no stored numbers exist for, against plain loops in double precision.
#include <QtTest>

#include "architecture/architecture.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "runtime/device.h"
#include "engine/runtime.h"
#include "support/reference_encoder.h"
#include "train/batch_loss.h"

using namespace engine;
using support::ReferenceEncoder;

namespace {

// A DeBERTa of two layers and these settings on top.
std::string deberta(const std::string& settings) {
    return R"({"model_type": "deberta-v2", "architectures": ["DebertaV2ForMaskedLM"], "num_hidden_layers": 2,
        "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 16,
        "max_position_embeddings": 24, "initializer_range": 0.3, )" + settings + "}";
}

std::string bert(const std::string& family, const std::string& settings) {
    return R"({"model_type": ")" + family + R"(", "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4,
        "intermediate_size": 48, "vocab_size": 16, "max_position_embeddings": 24, "initializer_range": 0.3, )" + settings + "}";
}

struct Variant {
    const char* name;
    std::string config;
    std::function<void(ReferenceEncoder&)> set;
};

void set_deberta(ReferenceEncoder& r) {
    r.prefix = "deberta.";
    r.projection_end = "_proj";
    r.norm_eps = 1e-7;
    r.absolute = false;
}

const std::vector<Variant>& variants() {
    static const std::vector<Variant> all = {
        {"deberta-v2 xxlarge: buckets, shared keys, convolution",
         deberta(R"("relative_attention": true, "pos_att_type": "p2c|c2p", "share_att_key": true, "norm_rel_ebd": "layer_norm",
            "position_buckets": 8, "max_relative_positions": -1, "position_biased_input": false, "type_vocab_size": 0,
            "attention_head_size": 8, "conv_kernel_size": 3, "conv_act": "gelu")"),
         [](ReferenceEncoder& r) {
             set_deberta(r);
             r.span = 8, r.max_distance = 24, r.buckets = r.shared = r.norm_positions = true;
             r.content_to_position = r.position_to_content = true;
             r.kernel = 3, r.convolution_activation = support::gelu;
         }},
        {"deberta-v2, convolution of 5 in groups, tanh, no relative positions",
         deberta(R"("relative_attention": false, "conv_kernel_size": 5, "conv_groups": 4)"),
         [](ReferenceEncoder& r) {
             set_deberta(r);
             r.absolute = true;
             r.kernel = 5, r.groups = 4, r.convolution_activation = [](double x) { return std::tanh(x); };
         }},
        {"deberta-v2, projections of positions",
         deberta(R"("relative_attention": true, "pos_att_type": ["p2c", "c2p"], "share_att_key": false, "norm_rel_ebd": "none",
            "position_buckets": -1, "max_relative_positions": 6, "position_biased_input": true, "type_vocab_size": 2)"),
         [](ReferenceEncoder& r) {
             set_deberta(r);
             r.absolute = true;
             r.span = 6;
             r.content_to_position = r.position_to_content = true;
         }},
        {"deberta-v2, content to position alone, buckets",
         deberta(R"("relative_attention": true, "pos_att_type": "c2p", "norm_rel_ebd": "layer_norm", "position_buckets": 6,
            "position_biased_input": false)"),
         [](ReferenceEncoder& r) {
             set_deberta(r);
             r.span = 6, r.max_distance = 24, r.buckets = r.norm_positions = r.content_to_position = true;
         }},
        {"deberta-v2, position to content alone, shared keys",
         deberta(R"("relative_attention": true, "pos_att_type": ["p2c"], "share_att_key": true, "norm_rel_ebd": "layer_norm",
            "position_biased_input": false)"),
         [](ReferenceEncoder& r) {
             set_deberta(r);
             r.span = 24, r.norm_positions = r.position_to_content = r.shared = true;
         }},
        {"deberta-v2, no scores of positions",
         deberta(R"("relative_attention": true, "pos_att_type": [], "norm_rel_ebd": "none", "position_biased_input": false)"),
         [](ReferenceEncoder& r) { set_deberta(r); }},
        {"bert, absolute positions", bert("bert", R"("type_vocab_size": 2)"), [](ReferenceEncoder& r) { r.prefix = "bert."; }},
        {"bert, relative_key", bert("bert", R"("position_embedding_type": "relative_key")"),
         [](ReferenceEncoder& r) {
             r.prefix = "bert.";
             r.absolute = false, r.distance_to_query = true;
         }},
        {"bert, relative_key_query", bert("bert", R"("position_embedding_type": "relative_key_query")"),
         [](ReferenceEncoder& r) {
             r.prefix = "bert.";
             r.absolute = false, r.distance_to_query = r.distance_to_key = true;
         }},
        {"xlm-roberta, absolute positions", bert("xlm-roberta", R"("pad_token_id": 1, "type_vocab_size": 1)"),
         [](ReferenceEncoder& r) {
             r.prefix = "roberta.";
             r.position_offset = 2;
         }},
        {"roberta, relative_key_query", bert("roberta", R"("position_embedding_type": "relative_key_query")"),
         [](ReferenceEncoder& r) {
             r.prefix = "roberta.";
             r.absolute = false, r.distance_to_query = r.distance_to_key = true;
         }},
    };
    return all;
}

Decoder random_model(const std::string& config) {
    at::NoGradGuard no_grad;
    Architecture architecture = parse_architecture(config, "a test");
    architecture.classifier->problem = Problem::single_label;
    Decoder model = random_decoder(architecture, Precision::f32, c10::kCPU, Precision::f32, 7);
    // New biases are 0 and new norms 1: other values, or a forgotten one would not show.
    at::manual_seed(8);
    for (const WeightSlot& slot : weight_slots(model))
        if (slot.tensor->dim() == 1) slot.tensor->add_(0.2 * at::randn_like(*slot.tensor));
    return model;
}

}  // namespace

class TstEncoderVariants : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void everyStateIsThatOfTheFormula_data() {
        QTest::addColumn<int>("variant");
        for (std::size_t i = 0; i < variants().size(); ++i) QTest::newRow(variants()[i].name) << static_cast<int>(i);
    }

    void everyStateIsThatOfTheFormula() {
        QFETCH(int, variant);
        const Variant& tested = variants()[static_cast<std::size_t>(variant)];
        at::NoGradGuard no_grad;
        const Decoder model = random_model(tested.config);
        ReferenceEncoder reference;
        reference.layers = 2;
        reference.heads = 4;
        reference.activation = support::gelu;
        tested.set(reference);
        for (const auto& [name, tensor] : named_weights(model)) {
            const at::Tensor values = tensor.to(at::kDouble).contiguous();
            reference.tensors[name] = {tensor.sizes().vec(), {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()}};
        }
        // Two texts, the shorter one with padding behind it, which must change nothing.
        const std::vector<std::vector<int>> texts = {{2, 10, 12, 14, 4, 3, 7, 7, 5, 1, 15, 9}, {2, 11, 13, 3}};
        at::Tensor ids = at::zeros({2, 12}, at::kLong), mask = at::zeros({2, 12}, at::kBool);
        for (std::size_t row = 0; row < 2; ++row)
            for (std::size_t t = 0; t < texts[row].size(); ++t) {
                ids[static_cast<int64_t>(row)][static_cast<int64_t>(t)] = texts[row][t];
                mask[static_cast<int64_t>(row)][static_cast<int64_t>(t)] = true;
            }
        std::vector<at::Tensor> states;
        ForwardOptions options;
        options.key_mask = mask;
        options.hidden_states = &states;
        model.forward(ids, options);
        double largest = 0;
        for (std::size_t row = 0; row < 2; ++row) {
            const auto expected = reference.states(texts[row]);
            QCOMPARE(expected.size(), states.size());
            for (std::size_t layer = 0; layer < states.size(); ++layer) {
                const auto mine = states[layer].accessor<float, 3>();
                for (std::size_t t = 0; t < texts[row].size(); ++t)
                    for (std::size_t i = 0; i < expected[layer][t].size(); ++i)
                        largest = std::max(largest, std::abs(expected[layer][t][i] -
                                                             mine[static_cast<int64_t>(row)][static_cast<int64_t>(t)][static_cast<int64_t>(i)]));
            }
        }
        qInfo("%-70s %.2e", tested.name, largest);
        QVERIFY2(largest < 2e-5, QByteArray::number(largest).constData());
    }

    void gradientsAreThoseOfFiniteDifferences_data() { everyStateIsThatOfTheFormula_data(); }

    void gradientsAreThoseOfFiniteDifferences() {
        QFETCH(int, variant);
        Decoder base = random_model(variants()[static_cast<std::size_t>(variant)].config);
        LoraConfig lora;
        lora.targets = parse_targets("q,k,v,o,up,down");
        lora.rank = 2;
        AdapterSet adapters = new_adapters(base, lora, 9);
        {
            at::NoGradGuard no_grad;
            for (AdapterSite& site : adapters.sites()) site.B.normal_(0, 0.1);
        }
        Batch batch;
        batch.ids = {2, 4, 12, 5, 3, 2, 7, 3};
        batch.offsets = {0, 5, 8};
        batch.second_types = {2, 0};
        batch.targets = {1, 0};
        const auto loss = [&] { return batch_loss(base, &adapters, batch).sum; };
        // The adapters, and weights of the base that only whole models train.
        std::vector<std::pair<std::string, at::Tensor*>> trained;
        for (const auto& parameter : adapters.parameters()) trained.emplace_back(parameter.name, parameter.tensor);
        for (const WeightSlot& slot : weight_slots(base))
            if (slot.name.find("conv.") != std::string::npos || slot.name.find("pos_") != std::string::npos ||
                slot.name.find("rel_embeddings") != std::string::npos || slot.name.find("distance") != std::string::npos)
                trained.emplace_back(slot.name, slot.tensor);
        for (const auto& [name, tensor] : trained) tensor->set_requires_grad(true);
        loss().backward();
        at::NoGradGuard no_grad;
        for (const auto& [name, tensor] : trained) {
            at::Tensor values = tensor->detach();
            const at::Tensor gradient = tensor->grad().defined() ? tensor->grad() : at::zeros_like(values);
            const at::Tensor direction = at::randn_like(values) / std::sqrt(static_cast<double>(values.numel())), old = values.clone();
            const double slope = (gradient * direction).sum().item<double>(), step = 4e-3;
            values.copy_(old + step * direction);
            const double above = loss().item<double>();
            values.copy_(old - step * direction);
            const double below = loss().item<double>();
            values.copy_(old);
            const double measured = (above - below) / (2 * step);
            QVERIFY2(std::abs(measured - slope) < 1e-3 + 2e-2 * std::abs(slope),
                     (name + ": " + std::to_string(measured) + " and " + std::to_string(slope)).c_str());
        }
    }

    void recomputedLayersGiveTheSameGradients_data() { everyStateIsThatOfTheFormula_data(); }

    // Also with products, attention included, in bf16: about the same loss, and gradients of about the same direction.
    void recomputedLayersGiveTheSameGradients() {
        QFETCH(int, variant);
        const Decoder full = random_model(variants()[static_cast<std::size_t>(variant)].config);
        Batch batch;
        batch.ids = {2, 4, 12, 5, 3, 9, 8, 2, 7, 3};
        batch.offsets = {0, 7, 10};
        batch.second_types = {2, 0};
        batch.targets = {1, 0};
        std::vector<double> losses;
        std::vector<at::Tensor> gradients;
        for (const auto& [precision, recomputed] : {std::pair{Precision::f32, 0}, {Precision::f32, 2}, {Precision::bf16, 0}, {Precision::bf16, 2}}) {
            Decoder model(full.architecture(), full.weights(), precision, c10::kCPU);
            model.recompute_layers(recomputed);
            LoraConfig lora;
            lora.targets = parse_targets("q,k,v,o,up,down");
            lora.rank = 2;
            AdapterSet adapters = new_adapters(model, lora, 9);
            {
                const at::NoGradGuard no_grad;
                at::manual_seed(10);
                for (AdapterSite& site : adapters.sites()) site.B.normal_(0, 0.1);
            }
            for (const auto& parameter : adapters.parameters()) parameter.tensor->set_requires_grad(true);
            const at::Tensor loss = batch_loss(model, &adapters, batch).sum;
            loss.backward();
            std::vector<at::Tensor> all;
            for (const auto& parameter : adapters.parameters()) all.push_back(parameter.tensor->grad().flatten());
            losses.push_back(loss.item<double>());
            gradients.push_back(at::cat(all));
        }
        QVERIFY(gradients[0].norm().item<double>() > 1e-2);
        for (const std::size_t kept : {0U, 2U}) {
            QCOMPARE(losses[kept + 1], losses[kept]);
            QVERIFY((gradients[kept + 1] - gradients[kept]).norm().item<double>() < 1e-5 * gradients[kept].norm().item<double>());
        }
        QVERIFY2(std::abs(losses[2] - losses[0]) < 0.02 + 0.03 * losses[0], QByteArray::number(losses[2] - losses[0]).constData());
        const double cosine = (gradients[2].dot(gradients[0]) / (gradients[2].norm() * gradients[0].norm())).item<double>();
        QVERIFY2(cosine > 0.98, QByteArray::number(cosine).constData());
    }

    // The description that the hub publishes with DeBERTa XXL, whose size the paper of LoRA counts.
    void xxlargeIsRead() {
        const Architecture a = parse_architecture(R"({"model_type": "deberta-v2", "attention_probs_dropout_prob": 0.1,
            "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 1536, "initializer_range": 0.02,
            "intermediate_size": 6144, "max_position_embeddings": 512, "relative_attention": true, "position_buckets": 256,
            "norm_rel_ebd": "layer_norm", "share_att_key": true, "pos_att_type": "p2c|c2p", "layer_norm_eps": 1e-7,
            "conv_kernel_size": 3, "conv_act": "gelu", "max_relative_positions": -1, "position_biased_input": false,
            "num_attention_heads": 24, "attention_head_size": 64, "num_hidden_layers": 48, "type_vocab_size": 0,
            "vocab_size": 128100})", "a test");
        const int64_t head = 1536 * 1536 + 1536 + a.classifier->labels * (1536 + 1);
        QCOMPARE(parameter_count(a) - head, int64_t{1'564'549'632});
    }

    void xlmRobertaIsRead() {
        const Architecture a = parse_architecture(R"({"architectures": ["XLMRobertaForMaskedLM"], "attention_probs_dropout_prob": 0.1,
            "bos_token_id": 0, "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
            "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 514,
            "model_type": "xlm-roberta", "num_attention_heads": 12, "num_hidden_layers": 12, "output_past": true,
            "pad_token_id": 1, "position_embedding_type": "absolute", "type_vocab_size": 1, "use_cache": true,
            "vocab_size": 250002})", "a test");
        QCOMPARE(parameter_count(a) - a.classifier->labels * (768 + 1), int64_t{278'043'648});  // of base, as published
        QCOMPARE(a.classifier->labels, int64_t{2});
    }

    // transformers keeps the table of absolute positions in the file of a model that does not read it.
    void anUnusedTableOfPositionsMayBeThere() {
        const Architecture a = parse_architecture(bert("bert", R"("position_embedding_type": "relative_key")"), "a test");
        std::vector<std::string> stored;
        for (const TensorSpec& tensor : tensors(a)) stored.push_back(tensor.name);
        const std::string table = "bert.embeddings.position_embeddings.weight";
        QVERIFY(std::find(stored.begin(), stored.end(), table) != stored.end());
        resolve_tensor_names(a, stored, "a test");
        std::erase(stored, table);
        resolve_tensor_names(a, stored, "a test");
        std::erase(stored, "bert.encoder.layer.1.attention.self.distance_embedding.weight");
        QVERIFY_THROWS_EXCEPTION(Failure, resolve_tensor_names(a, stored, "a test"));
    }

    void settingsThatNothingCanBeMadeOfAreRefused() {
        for (const char* settings :
             {R"("conv_kernel_size": 4)", R"("conv_kernel_size": 3, "conv_groups": 5)", R"("attention_head_size": 16)",
              R"("conv_kernel_size": 3, "conv_act": "mystery")", R"("relative_attention": true, "pos_att_type": "p2p")",
              R"("relative_attention": false, "pos_att_type": "c2p")"})
            QVERIFY_THROWS_EXCEPTION(Failure, parse_architecture(deberta(settings), "a test"));
    }
};

QTEST_GUILESS_MAIN(TstEncoderVariants)
#include "tst_encoder_variants.moc"
