// Descriptions of decoders: what config.json may say, which tensors follow, and the model card.
#include "architecture/architecture.h"
#include "formats/byte_tokenizer.h"
#include "formats/golden.h"
#include "io/safetensors_writer.h"
#include "support/sanitized.h"

#include <engine/model_info.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

using namespace engine;
using golden::failure_of;

namespace {

constexpr const char* tiny_llama = R"({"model_type": "llama", "hidden_size": 8, "intermediate_size": 12,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 20})";

std::vector<std::string> canonical_names(const Architecture& architecture) {
    std::vector<std::string> names;
    for (const TensorSpec& tensor : tensors(architecture))
        if (!tensor.optional) names.push_back(tensor.name);
    return names;
}

// A model of zeros; change may alter what is written.
void write_model(const std::filesystem::path& folder, const std::string& config, Dtype dtype,
                 const std::function<void(std::vector<PlannedTensor>&)>& change = {}) {
    atomic_write_text(folder / "config.json", config);
    std::vector<PlannedTensor> planned;
    for (const TensorSpec& tensor : tensors(parse_architecture(config, "test")))
        if (!tensor.optional) planned.push_back({tensor.name, dtype, tensor.shape});
    if (change) change(planned);
    CheckpointWriter writer(folder, planned);
    for (const TensorEntry& entry : writer.plan())
        writer.append(entry.name, std::vector<std::byte>(entry.byte_size()));
    writer.commit();
}

}  // namespace

class TstArchitecture : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path folder() const { return temporary_->path().toStdString(); }

  private Q_SLOTS:
    void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

    void shapesHaveTheKnownParameterCounts_data() {
        QTest::addColumn<qint64>("params");
        QTest::newRow("gpt2") << qint64{124'439'808};
        QTest::newRow("gpt2-small") << qint64{124'439'808};
        QTest::newRow("gpt2-medium") << qint64{354'823'168};
        QTest::newRow("gpt2-large") << qint64{774'030'080};
        QTest::newRow("gpt2-xl") << qint64{1'557'611'200};
        QTest::newRow("gpt3-175b") << qint64{174'604'259'328};
        QTest::newRow("tiny-llama-1b") << qint64{1'100'048'384};
        QTest::newRow("llama-2-7b") << qint64{6'738'415'616};
        QTest::newRow("llama-3-8b") << qint64{8'030'261'248};
        QTest::newRow("llama-3.2-1b") << qint64{1'235'814'400};
        QTest::newRow("mistral-7b") << qint64{7'241'732'096};
        QTest::newRow("qwen2-0.5b") << qint64{494'032'768};
        QTest::newRow("qwen2.5-7b") << qint64{7'615'616'512};
        QTest::newRow("qwen3-0.6b") << qint64{596'049'920};
        QTest::newRow("gemma-2b") << qint64{2'506'172'416};
        QTest::newRow("phi-2") << qint64{2'779'683'840};
        QTest::newRow("phi-3-mini") << qint64{3'821'079'552};
        QTest::newRow("pythia-160m") << qint64{162'322'944};
        QTest::newRow("opt-125m") << qint64{125'239'296};
        QTest::newRow("roberta-base") << qint64{124'645'632};
        QTest::newRow("roberta-large") << qint64{355'359'744};
        QTest::newRow("deberta-v2-xxlarge") << qint64{1'564'549'632};
    }
    void shapesHaveTheKnownParameterCounts() {
        QFETCH(qint64, params);
        const auto info = inspect_shape(QTest::currentDataTag());
        QVERIFY2(info.ok(), info.ok() ? "" : info.error().message.c_str());
        QCOMPARE(qint64{info->total_params}, params);
        QCOMPARE(info->matrices.size(), static_cast<std::size_t>(info->layers) * info->kinds.size());
        QVERIFY(!info->has_weights);
    }

    void everyNamedShapeCanBeInspected() {
        for (const std::string& name : shape_names()) QVERIFY2(inspect_shape(name).ok(), name.c_str());
        const auto unknown = inspect_shape("gpt5");
        QVERIFY(!unknown.ok());
        QVERIFY(unknown.error().message.find("gpt2-medium") != std::string::npos);
    }

    void gpt2KeepsItsMatricesInsideFusedOnes() {
        const Architecture a = architecture_of_shape("gpt2");
        QCOMPARE(a.kinds(), (std::vector<std::string>{"q", "k", "v", "o", "up", "down"}));
        const SlotRef v = find_slot(a, "v");
        QCOMPARE(a.module_name(3, *v.projection), std::string("transformer.h.3.attn.c_attn"));
        QVERIFY(v.projection->conv1d && v.projection->has_bias && v.projection->fused());
        QCOMPARE(v.projection->stored_shape(), (std::vector<std::int64_t>{768, 2304}));
        QCOMPARE(v.slot->row_begin, std::int64_t{1536});
        QCOMPARE(v.slot->rows, std::int64_t{768});
        QCOMPARE(find_slot(a, "down").projection->stored_shape(), (std::vector<std::int64_t>{3072, 768}));
        QVERIFY(!find_slot(a, "gate"));
        QVERIFY(a.tied_embeddings && !a.gated_mlp && a.activation == Activation::gelu_tanh);
        QCOMPARE(a.attention_scale(5), 1.0 / 8.0);
    }

    void llamaHasRectangularKeysAndValues() {
        const Architecture a = parse_architecture(tiny_llama, "test");
        QCOMPARE(a.kinds(), (std::vector<std::string>{"q", "k", "v", "o", "gate", "up", "down"}));
        QCOMPARE(a.head_dim, std::int64_t{2});
        QCOMPARE(find_slot(a, "k").projection->stored_shape(), (std::vector<std::int64_t>{4, 8}));
        QVERIFY(!find_slot(a, "q").projection->has_bias && !find_slot(a, "q").projection->conv1d);
        QCOMPARE(a.class_name, std::string("LlamaForCausalLM"));
        const auto names = canonical_names(a);
        QCOMPARE(names.front(), std::string("model.embed_tokens.weight"));
        QCOMPARE(names.back(), std::string("lm_head.weight"));
        QCOMPARE(names.size(), std::size_t{2 * 9 + 3});
    }

    void foldersWithoutAModelAreRefused() {
        QVERIFY(failure_of([&] { read_architecture(folder() / "nowhere"); }).find("nowhere") !=
                std::string::npos);
        QVERIFY(failure_of([&] { read_architecture(folder()); }).find("config.json") != std::string::npos);
    }

    void bothLayoutsOfNamesAreAccepted() {
        const Architecture a = architecture_of_shape("gpt2");
        const auto names = canonical_names(a);
        const auto same = resolve_tensor_names(a, names, "test");
        QCOMPARE(same.size(), names.size());
        QCOMPARE(same.at("transformer.ln_f.bias"), std::string("transformer.ln_f.bias"));

        std::vector<std::string> bare;
        for (const std::string& name : names) bare.push_back(name.substr(std::string("transformer.").size()));
        bare.insert(bare.end(), {"h.0.attn.bias", "h.0.attn.masked_bias"});
        const auto hub = resolve_tensor_names(a, bare, "test");
        QCOMPARE(hub.size(), names.size());
        QCOMPARE(hub.at("transformer.h.0.attn.c_attn.bias"), std::string("h.0.attn.c_attn.bias"));
    }

    void aTiedHeadMayBePresent() {
        const Architecture a = architecture_of_shape("gpt2");
        auto names = canonical_names(a);
        QVERIFY(!resolve_tensor_names(a, names, "test").contains("lm_head.weight"));
        names.push_back("lm_head.weight");
        QVERIFY(resolve_tensor_names(a, names, "test").contains("lm_head.weight"));
    }

    void missingAndUnexpectedTensorsAreNamed() {
        const Architecture a = parse_architecture(tiny_llama, "test");
        auto names = canonical_names(a);
        names.erase(names.begin());
        names.push_back("model.layers.0.self_attn.q_norm.weight");
        names.push_back("model.layers.0.self_attn.rotary_emb.inv_freq");
        const std::string failure = failure_of([&] { resolve_tensor_names(a, names, "test"); });
        QVERIFY(failure.find("missing model.embed_tokens.weight") != std::string::npos);
        QVERIFY(failure.find("not expected model.layers.0.self_attn.q_norm.weight") != std::string::npos);
        QVERIFY(failure.find("inv_freq") == std::string::npos);
    }

    void theModelCardComesFromTheHeaders() {
        write_model(folder(), tiny_llama, Dtype::bf16);
        write_byte_tokenizer(folder());
        const auto info = inspect_model(folder());
        QVERIFY2(info.ok(), info.ok() ? "" : info.error().message.c_str());
        QCOMPARE(info->architecture, std::string("LlamaForCausalLM"));
        QCOMPARE(info->dtype, std::string("bf16"));
        // 2 embeddings, per layer q o (8x8), k v (4x8), 3 of 12x8 and 2 norms, and the final norm.
        const qint64 params = 2 * 20 * 8 + 2 * (2 * 64 + 2 * 32 + 3 * 96 + 16) + 8;
        QCOMPARE(qint64{info->total_params}, params);
        QCOMPARE(qint64{info->weight_bytes}, 2 * params);
        QVERIFY(info->has_weights);
        QVERIFY2(info->tokenizer.find("257") != std::string::npos, info->tokenizer_problem.c_str());
        QCOMPARE(info->matrices.size(), std::size_t{14});
        QCOMPARE(info->matrices[8].name, std::string("model.layers.1.self_attn.k_proj"));
        QCOMPARE(info->matrices[8].layer, 1);
        QCOMPARE(info->matrices[8].kind, std::string("k"));
        QCOMPARE(info->matrices[8].in_features, std::int64_t{8});
        QCOMPARE(info->matrices[8].out_features, std::int64_t{4});
        QVERIFY(!info->matrices[8].fused);
    }

    void threeHundredShardsAreReadInAMoment() {
        const std::string config = R"({"model_type": "llama", "hidden_size": 8, "intermediate_size": 12,
            "num_hidden_layers": 300, "num_attention_heads": 4, "vocab_size": 20})";
        atomic_write_text(folder() / "config.json", config);
        std::vector<PlannedTensor> planned;
        for (const TensorSpec& tensor : tensors(parse_architecture(config, "test")))
            planned.push_back({tensor.name, Dtype::bf16, tensor.shape});
        CheckpointWriter writer(folder(), planned, 1110);  // the tensors of one layer
        for (const TensorEntry& entry : writer.plan())
            writer.append(entry.name, std::vector<std::byte>(entry.byte_size()));
        writer.commit();
        QVERIFY2(writer.file_names().size() >= 300, std::to_string(writer.file_names().size()).c_str());
        qint64 shortest = 1'000'000'000;
        for (int i = 0; i < 3; ++i) {
            QElapsedTimer timer;
            timer.start();
            const auto info = inspect_model(folder());
            shortest = std::min(shortest, timer.nsecsElapsed());
            QVERIFY2(info.ok(), info.ok() ? "" : info.error().message.c_str());
            QCOMPARE(info->layers, std::int64_t{300});
        }
        qInfo("%.1f ms for %zu shards", static_cast<double>(shortest) / 1e6, writer.file_names().size());
        QVERIFY2(shortest < (sanitized ? 1'000'000'000 : 100'000'000), std::to_string(shortest).c_str());
    }

    void aFolderWithoutWeightsOrTokenizerSaysSo() {
        atomic_write_text(folder() / "config.json", tiny_llama);
        const auto info = inspect_model(folder());
        QVERIFY(info.ok());
        QVERIFY(!info->has_weights);
        QVERIFY(info->tokenizer.empty());
        QVERIFY(info->tokenizer_problem.find("tokenizer.json") != std::string::npos);
    }

    void mixedDtypesAreNamedMixed() {
        write_model(folder(), tiny_llama, Dtype::f32,
                    [](auto& planned) { planned.back().dtype = Dtype::f16; });
        QCOMPARE(inspect_model(folder()).value().dtype, std::string("mixed"));
    }

    void weightsThatDoNotFitAreRefused() {
        write_model(folder(), tiny_llama, Dtype::f32, [](auto& planned) { planned[1].shape = {9}; });
        const auto shape = inspect_model(folder());
        QVERIFY(!shape.ok());
        QVERIFY2(shape.error().message.find("[9]") != std::string::npos, shape.error().message.c_str());
        write_model(folder(), tiny_llama, Dtype::f32, [](auto& planned) { planned[2].dtype = Dtype::i8; });
        const auto dtype = inspect_model(folder());
        QVERIFY(!dtype.ok());
        QVERIFY2(dtype.error().message.find("I8") != std::string::npos, dtype.error().message.c_str());
    }

    void goldenModelsAreDescribed_data() {
        QTest::addColumn<QString>("dtype");
        QTest::newRow("gpt2") << "f32";
        QTest::newRow("gpt2_hub_layout") << "f32";
        QTest::newRow("llama_gqa") << "f32";
        QTest::newRow("llama_tied") << "f32";
        QTest::newRow("llama_bf16_sharded") << "bf16";
        QTest::newRow("llama3_rope") << "f32";
        for (const char* name : {"llama_linear_rope", "mistral_sliding", "qwen2", "qwen3", "gemma", "phi3",
                                 "phi", "gpt_neox", "opt"})
            QTest::newRow(name) << "f32";
    }
    void goldenModelsAreDescribed() {
        QFETCH(QString, dtype);
        const auto model = golden::folder(QTest::currentDataTag()) / "model";
        SKIP_WITHOUT_GOLDEN(model);
        const auto info = inspect_model(model);
        QVERIFY2(info.ok(), info.ok() ? "" : info.error().message.c_str());
        QCOMPARE(QString::fromStdString(info->dtype), dtype);
        const Architecture a = read_architecture(model);
        QCOMPARE(resolve_tensors(a, Checkpoint::open(model)).size(), canonical_names(a).size());
    }

    void classifiersAreDescribed() {
        SKIP_WITHOUT_GOLDEN(golden::folder(""));
        for (const auto& [name, labels] :
             {std::pair{"llama_cls", 3}, {"bert_regression", 1}, {"roberta_cls", 3}, {"deberta_v2_cls", 3}}) {
            const auto model = golden::folder(name) / "model";
            const auto info = inspect_model(model);
            QVERIFY2(info.ok(), info.ok() ? "" : info.error().message.c_str());
            const Architecture a = read_architecture(model);
            QVERIFY(a.classifier && !a.classifier->may_be_absent);
            QCOMPARE(a.classifier->labels, std::int64_t{labels});
            QCOMPARE(resolve_tensors(a, Checkpoint::open(model)).size(), canonical_names(a).size());
        }
    }

    // The files of a base model carry other heads and lack the classifier, old ones name their norms
    // differently.
    void anEncoderWithoutItsClassifierStartsOneAnew() {
        const Architecture a = parse_architecture(
            R"({"model_type": "bert", "architectures": ["BertForMaskedLM"], "num_hidden_layers": 1, "hidden_size": 8,
                "num_attention_heads": 2, "intermediate_size": 12, "vocab_size": 20})",
            "a test");
        QCOMPARE(a.class_name, std::string("BertForSequenceClassification"));
        QCOMPARE(a.classifier->labels, std::int64_t{2});
        std::vector<std::string> stored = {"cls.predictions.bias", "bert.embeddings.position_ids"};
        for (const TensorSpec& tensor : tensors(a)) {
            if (tensor.fresh) continue;
            std::string name = tensor.name;
            if (name.ends_with("LayerNorm.weight")) name.replace(name.size() - 6, 6, "gamma");
            if (name.ends_with("LayerNorm.bias")) name.replace(name.size() - 4, 4, "beta");
            stored.push_back(name);
        }
        const auto resolved = resolve_tensor_names(a, stored, "a test");
        QCOMPARE(resolved.size(), stored.size() - 2);
        QCOMPARE(resolved.at("bert.embeddings.LayerNorm.weight"),
                 std::string("bert.embeddings.LayerNorm.gamma"));
        QVERIFY(!resolved.contains("classifier.weight") && !resolved.contains("bert.pooler.dense.weight"));
        stored.push_back("bert.something.weight");
        QVERIFY_THROWS_EXCEPTION(Failure, resolve_tensor_names(a, stored, "a test"));
    }

    void encodersThatComputeOtherwiseAreRefused() {
        for (const char* config :
             {R"({"model_type": "bert", "is_decoder": true})",
              R"({"model_type": "bert", "position_embedding_type": "relative"})",
              R"({"model_type": "deberta-v2", "conv_kernel_size": 4})",
              R"({"model_type": "deberta-v2", "relative_attention": true, "pos_att_type": "p2p"})",
              R"({"model_type": "roberta", "problem_type": "ranking"})"})
            QVERIFY_THROWS_EXCEPTION(Failure, parse_architecture(config, "a test"));
    }
};

QTEST_APPLESS_MAIN(TstArchitecture)
#include "tst_architecture.moc"
