// Descriptions of decoders: what config.json may say, which tensors follow, and the model card.
#include "architecture/architecture.h"
#include "formats/byte_tokenizer.h"
#include "formats/golden.h"
#include "io/safetensors_writer.h"

#include <engine/model_info.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

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

    void interleavedMatricesAreRunsOfRows() {
        const Architecture a = architecture_of_shape("pythia-160m");
        const SlotRef v = find_slot(a, "v");
        QCOMPARE(a.module_name(0, *v.projection), std::string("gpt_neox.layers.0.attention.query_key_value"));
        QCOMPARE(v.projection->out_features, std::int64_t{2304});
        QCOMPARE(v.slot->row_begin, std::int64_t{128});  // after q and k of the first head
        QCOMPARE(v.slot->rows, std::int64_t{768});
        QCOMPARE(v.slot->blocks, std::int64_t{12});
        QCOMPARE(v.slot->stride, std::int64_t{192});
        QVERIFY(a.parallel_block && a.mlp_norm == "post_attention_layernorm" && a.rope.rotary_dim == 16);
    }

    void phi3IsFusedAlsoInItsMlp() {
        const Architecture a = architecture_of_shape("phi-3-mini");
        QCOMPARE(a.kinds(), (std::vector<std::string>{"q", "k", "v", "o", "gate", "up", "down"}));
        QCOMPARE(find_slot(a, "up").projection->module, std::string("mlp.gate_up_proj"));
        QCOMPARE(find_slot(a, "up").slot->row_begin, std::int64_t{8192});
        QCOMPARE(find_slot(a, "gate").slot->row_begin, std::int64_t{0});
        QCOMPARE(a.window(31), std::int64_t{2047});
    }

    void windowsFollowTheFamily() {
        const auto window = [](const std::string& fields, std::int64_t layer) {
            return parse_architecture("{" + fields + R"(, "num_hidden_layers": 4})", "test").window(layer);
        };
        QCOMPARE(window(R"("model_type": "mistral")", 0), std::int64_t{4096});
        QCOMPARE(window(R"("model_type": "mistral", "sliding_window": null)", 0), std::int64_t{0});
        QCOMPARE(window(R"("model_type": "mistral", "sliding_window": 9)", 3), std::int64_t{9});
        const std::string qwen = R"("model_type": "qwen2", "sliding_window": 9, "max_window_layers": 2)";
        QCOMPARE(window(qwen, 3), std::int64_t{0});
        QCOMPARE(window(qwen + R"(, "use_sliding_window": true)", 1), std::int64_t{0});
        QCOMPARE(window(qwen + R"(, "use_sliding_window": true)", 2), std::int64_t{9});
        const std::string types = R"(, "layer_types": ["sliding_attention", "full_attention", "full_attention",
            "full_attention"])";
        QCOMPARE(window(qwen + R"(, "use_sliding_window": true)" + types, 0), std::int64_t{9});
        QCOMPARE(window(qwen + R"(, "use_sliding_window": true)" + types, 2), std::int64_t{0});
    }

    void theFirstGemmaConfigsMeantTheTanhForm() {
        const auto activation = [](const std::string& fields) {
            return parse_architecture(R"({"model_type": "gemma")" + fields + "}", "test").activation;
        };
        QVERIFY(activation(R"(, "hidden_act": "gelu")") == Activation::gelu_tanh);
        QVERIFY(activation(R"(, "hidden_act": "gelu", "hidden_activation": null)") == Activation::gelu_tanh);
        QVERIFY(activation(R"(, "hidden_activation": "gelu")") == Activation::gelu);
        const Architecture a = architecture_of_shape("gemma-2b");
        QVERIFY(a.tied_embeddings && a.norm_offset == 1 && a.head_dim == 256);
        QCOMPARE(a.embedding_scale, std::sqrt(2048.0));
    }

    void fieldsOfUseElsewhereAreNoHindrance() {
        QVERIFY(parse_architecture(R"({"model_type": "llama", "attn_pdrop": 0.1, "_attn_implementation": "eager",
            "attention_dropout": 0.1, "transformers_version": "4.52", "auto_map": {"x": "y"}, "use_cache": true,
            "pretraining_tp": 2, "rope_interleaved": false, "logit_scale": 1.0, "attn_logit_softcapping": null,
            "output_attentions": true, "initializer_range": 0.01, "eos_token_id": [1, 2], "unsloth_fixed": true,
            "torch_dtype": "bfloat16", "original_max_position_embeddings": 4096})", "test").layers == 32);
    }

    void gpt2AttentionScalingFollowsTheConfig() {
        const auto scale = [](const std::string& field) {
            return parse_architecture(R"({"model_type": "gpt2", )" + field + "}", "test").attention_scale(1);
        };
        QCOMPARE(scale(R"("scale_attn_weights": false)"), 1.0);
        QCOMPARE(scale(R"("scale_attn_by_inverse_layer_idx": true)"), 1.0 / 16.0);
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

    void newSpellingsOfRopeAreRead() {
        const std::string start = std::string(tiny_llama).substr(0, std::string(tiny_llama).size() - 1);
        const auto rope = [&](const std::string& fields) {
            return parse_architecture(start + "," + fields + "}", "test").rope;
        };
        QCOMPARE(rope(R"("rope_theta": 5e5, "rope_scaling": null)").theta, 5e5);
        QCOMPARE(rope(R"("rope_parameters": {"rope_theta": 5e5, "rope_type": "default"})").theta, 5e5);
        const RopeConfig linear = rope(R"("rope_scaling": {"type": "linear", "factor": 2})");
        QVERIFY(linear.scaling == RopeScaling::linear);
        QCOMPARE(inverse_frequencies(linear).front(), 0.5f);
        const RopeConfig llama3 = rope(R"("rope_parameters": {"rope_theta": 5e5, "rope_type": "llama3",
            "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64})");
        QVERIFY(llama3.scaling == RopeScaling::llama3);
        QCOMPARE(llama3.original_max_positions, std::int64_t{64});
    }

    void llama3ScalingKeepsShortWavesAndStretchesLongOnes() {
        RopeConfig rope{500000, 128, RopeScaling::none, 8, 1, 4, 8192};
        const auto plain = inverse_frequencies(rope);
        rope.scaling = RopeScaling::llama3;
        const auto scaled = inverse_frequencies(rope);
        QCOMPARE(plain.size(), std::size_t{64});
        for (std::size_t i = 0; i < plain.size(); ++i) {
            const double expected = std::pow(500000.0, -2.0 * static_cast<double>(i) / 128);
            QVERIFY(std::abs(plain[i] - expected) < 1e-6 * expected);
            const double wave = 2 * M_PI / expected;
            const double s = (8192 / wave - 1) / 3;
            const double wanted = wave < 2048   ? expected
                                  : wave > 8192 ? expected / 8
                                                : expected * ((1 - s) / 8 + s);
            QVERIFY2(std::abs(scaled[i] - wanted) < 1e-5 * wanted, std::to_string(i).c_str());
        }
    }

    void configsAreRefused_data() {
        QTest::addColumn<QString>("config");
        QTest::addColumn<QString>("named");
        const auto llama = [](const QString& field) {
            return R"({"model_type": "llama", "num_hidden_layers": 1, )" + field + "}";
        };
        const auto gpt2 = [](const QString& field) { return R"({"model_type": "gpt2", )" + field + "}"; };
        QTest::newRow("no JSON") << "{"
                                 << "JSON";
        QTest::newRow("a list") << "[]"
                                << "object";
        QTest::newRow("no family") << "{}"
                                   << "model_type";
        QTest::newRow("a family that is not built") << R"({"model_type": "mamba"})"
                                                    << "gpt2, llama";
        QTest::newRow("a family of a similar name") << R"({"model_type": "gemma2"})"
                                                    << "nearest name is gemma)";
        QTest::newRow("another similar name") << R"({"model_type": "mixtral"})"
                                              << "nearest name is mistral)";
        QTest::newRow("scores with a cap") << llama(R"("attn_logit_softcapping": 50.0)")
                                           << "attn_logit_softcapping";
        QTest::newRow("scaled residuals") << llama(R"("residual_multiplier": 0.22)") << "residual_multiplier";
        QTest::newRow("experts") << llama(R"("num_local_experts": 8)") << "num_local_experts";
        QTest::newRow("interleaved rotation") << llama(R"("rope_interleaved": true)") << "rope_interleaved";
        QTest::newRow("a rope setting of another type")
            << llama(R"("rope_scaling": {"type": "linear", "factor": 2, "attention_factor": 1.2})")
            << "attention_factor";
        QTest::newRow("long rope")
            << R"({"model_type": "phi3", "rope_scaling": {"type": "longrope", "long_factor": [1], "short_factor": [1]}})"
            << "linear and llama3";
        QTest::newRow("norms on phi's queries") << R"({"model_type": "phi", "qk_layernorm": true})"
                                                << "qk_layernorm";
        QTest::newRow("opt with narrow embeddings") << R"({"model_type": "opt", "word_embed_proj_dim": 512})"
                                                    << "word_embed_proj_dim";
        QTest::newRow("opt with norms behind") << R"({"model_type": "opt", "do_layer_norm_before": false})"
                                               << "do_layer_norm_before";
        QTest::newRow("an odd number of rotated values")
            << R"({"model_type": "gpt_neox", "rotary_pct": 0.04})"
            << "even";
        QTest::newRow("kinds of layers that are not built")
            << R"({"model_type": "mistral", "num_hidden_layers": 1, "layer_types": ["chunked_attention"]})"
            << "layer_types";
        QTest::newRow("a family that is a number") << R"({"model_type": 3})"
                                                   << "model_type";
        QTest::newRow("a classifier") << llama(R"("architectures": ["LlamaForSequenceClassification"])")
                                      << "LlamaForSequenceClassification";
        QTest::newRow("classes as text") << llama(R"("architectures": "x")") << "architectures";
        QTest::newRow("quantised weights") << llama(R"("quantization_config": {"bits": 4})") << "unquantised";
        QTest::newRow("a negative width") << llama(R"("hidden_size": -64)") << "hidden_size";
        QTest::newRow("a width of 2^40") << llama(R"("hidden_size": 1099511627776)") << "hidden_size";
        QTest::newRow("a width as text") << llama(R"("hidden_size": "64")") << "hidden_size";
        QTest::newRow("no heads") << llama(R"("num_attention_heads": 0)") << "num_attention_heads";
        QTest::newRow("heads that do not divide")
            << llama(R"("num_attention_heads": 7)") << "num_attention_heads";
        QTest::newRow("kv heads that do not divide")
            << llama(R"("num_key_value_heads": 5)") << "num_key_value_heads";
        QTest::newRow("an odd head width") << llama(R"("head_dim": 33)") << "even";
        QTest::newRow("a huge head width") << llama(R"("head_dim": 900000000)") << "head_dim";
        QTest::newRow("an unknown activation") << llama(R"("hidden_act": "mish")") << "hidden_act";
        QTest::newRow("partly rotated heads")
            << llama(R"("partial_rotary_factor": 0.5)") << "partial_rotary_factor";
        QTest::newRow("an unknown rope scaling")
            << llama(R"("rope_scaling": {"rope_type": "yarn", "factor": 2})") << "linear and llama3";
        QTest::newRow("rope scaling without factor")
            << llama(R"("rope_scaling": {"type": "linear"})") << "factor";
        QTest::newRow("rope scaling as text") << llama(R"("rope_scaling": "linear")") << "rope_scaling";
        QTest::newRow("rope per kind of layer")
            << llama(R"("rope_parameters": {"full_attention": {"rope_theta": 1e4}})") << "rope_parameters";
        QTest::newRow("gpt2 that reads an encoder")
            << gpt2(R"("add_cross_attention": true)") << "add_cross_attention";
        QTest::newRow("gpt2 heads that do not divide") << gpt2(R"("n_head": 5)") << "n_head";
        QTest::newRow("gpt2 without layers") << gpt2(R"("n_layer": 0)") << "n_layer";
        QTest::newRow("gpt2 with an unknown activation")
            << gpt2(R"("activation_function": "quick_gelu")") << "activation_function";
    }
    void configsAreRefused() {
        QFETCH(QString, config);
        QFETCH(QString, named);
        const std::string failure = failure_of([&] { parse_architecture(config.toStdString(), "the test"); });
        QVERIFY2(QString::fromStdString(failure).contains(named), failure.c_str());
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
        QVERIFY2(shortest < 100'000'000, std::to_string(shortest).c_str());
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
        for (const char* name : {"llama_linear_rope", "mistral_sliding", "qwen2", "qwen3", "gemma", "phi3", "phi",
                                 "gpt_neox", "opt"})
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

    void goldenModelsOfOtherKindsAreRefusedInOneSentence() {
        SKIP_WITHOUT_GOLDEN(golden::folder(""));
        for (const char* name : {"llama_cls", "bert_regression"}) {
            const auto info = inspect_model(golden::folder(name) / "model");
            QVERIFY2(!info.ok(), name);
            QVERIFY2(info.error().message.find("not supported") != std::string::npos,
                     info.error().message.c_str());
        }
    }
};

QTEST_APPLESS_MAIN(TstArchitecture)
#include "tst_architecture.moc"
