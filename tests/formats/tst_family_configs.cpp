// What config.json may say in each family of decoders, and what it may not.
#include "architecture/architecture.h"
#include "formats/golden.h"

#include <QTest>

#include <cmath>

using namespace engine;
using golden::failure_of;

namespace {

constexpr const char* tiny_llama = R"({"model_type": "llama", "hidden_size": 8, "intermediate_size": 12,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 20})";

}  // namespace

class TstFamilyConfigs : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void publishedConfigsAreRead_data() {
        QTest::addColumn<QString>("config");
        QTest::addColumn<qint64>("params");
        QTest::newRow("distilgpt2")
            << R"({"_num_labels": 1, "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"],
            "attn_pdrop": 0.1, "embd_pdrop": 0.1, "id2label": {"0": "LABEL_0"}, "initializer_range": 0.02,
            "label2id": {"LABEL_0": 0}, "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_ctx": 1024,
            "n_embd": 768, "n_head": 12, "n_layer": 6, "n_positions": 1024, "resid_pdrop": 0.1,
            "summary_activation": null, "summary_first_dropout": 0.1, "summary_proj_to_labels": true,
            "summary_type": "cls_index", "summary_use_proj": true,
            "task_specific_params": {"text-generation": {"do_sample": true, "max_length": 50}},
            "vocab_size": 50257})"
            << qint64{81'912'576};
        QTest::newRow("SmolLM2-135M")
            << R"({"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
            "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "silu", "hidden_size": 576,
            "initializer_range": 0.041666666666666664, "intermediate_size": 1536, "is_llama_config": true,
            "max_position_embeddings": 8192, "model_type": "llama", "num_attention_heads": 9,
            "num_hidden_layers": 30, "num_key_value_heads": 3, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
            "rope_interleaved": false, "rope_scaling": null, "rope_theta": 100000,
            "tie_word_embeddings": true, "torch_dtype": "bfloat16",
            "transformers.js_config": {"kv_cache_dtype": {"q4f16": "float16"}}, "use_cache": true,
            "vocab_size": 49152})"
            << qint64{134'515'008};
        QTest::newRow("deepseek-coder-1.3b")
            << R"({"architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "hidden_size": 2048,
            "initializer_range": 0.02, "intermediate_size": 5504, "max_position_embeddings": 16384,
            "model_type": "llama", "num_attention_heads": 16, "num_hidden_layers": 24,
            "num_key_value_heads": 16, "pretraining_tp": 1, "rms_norm_eps": 1e-06,
            "rope_scaling": {"factor": 4.0, "type": "linear"}, "rope_theta": 100000,
            "tie_word_embeddings": false, "use_cache": true, "vocab_size": 32256})"
            << qint64{1'346'471'936};
        QTest::newRow("Qwen2.5-0.5B, new spelling")
            << R"({"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "dtype": "bfloat16",
            "hidden_act": "silu", "hidden_size": 896, "intermediate_size": 4864,
            "layer_types": ["full_attention", "full_attention", "full_attention", "full_attention",
            "full_attention", "full_attention", "full_attention", "full_attention", "full_attention",
            "full_attention", "full_attention", "full_attention", "full_attention", "full_attention",
            "full_attention", "full_attention", "full_attention", "full_attention", "full_attention",
            "full_attention", "full_attention", "full_attention", "full_attention", "full_attention"],
            "max_position_embeddings": 32768, "max_window_layers": 21, "model_type": "qwen2",
            "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2,
            "rms_norm_eps": 1e-06, "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
            "sliding_window": null, "tie_word_embeddings": true, "use_cache": true, "use_mrope": false,
            "use_sliding_window": false, "vocab_size": 151936})"
            << qint64{494'032'768};
        QTest::newRow("opt-350m")
            << R"({"_remove_final_layer_norm": false, "activation_dropout": 0.0, "activation_function": "relu",
            "architectures": ["OPTForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 2,
            "do_layer_norm_before": false, "dropout": 0.1, "eos_token_id": 2, "ffn_dim": 4096, "hidden_size": 1024,
            "init_std": 0.02, "layerdrop": 0.0, "max_position_embeddings": 2048, "model_type": "opt",
            "num_attention_heads": 16, "num_hidden_layers": 24, "pad_token_id": 1, "prefix": "</s>",
            "torch_dtype": "float16", "use_cache": true, "vocab_size": 50272, "word_embed_proj_dim": 512})"
            << qint64{331'196'416};
        QTest::newRow("Qwen3-0.6B")
            << R"({"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
            "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024, "initializer_range": 0.02,
            "intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28,
            "model_type": "qwen3", "num_attention_heads": 16, "num_hidden_layers": 28,
            "num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000,
            "sliding_window": null, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
            "transformers_version": "4.51.0", "use_cache": true, "use_sliding_window": false,
            "vocab_size": 151936})"
            << qint64{596'049'920};
        QTest::newRow("gemma-2b")
            << R"({"architectures": ["GemmaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
            "head_dim": 256, "hidden_act": "gelu", "hidden_activation": null, "hidden_size": 2048,
            "initializer_range": 0.02, "intermediate_size": 16384, "max_position_embeddings": 8192,
            "model_type": "gemma", "num_attention_heads": 8, "num_hidden_layers": 18,
            "num_key_value_heads": 1, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 10000.0,
            "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 256000})"
            << qint64{2'506'172'416};
        QTest::newRow("phi-2")
            << R"({"architectures": ["PhiForCausalLM"], "attention_dropout": 0.0, "embd_pdrop": 0.0,
            "hidden_act": "gelu_new", "hidden_size": 2560, "initializer_range": 0.02,
            "intermediate_size": 10240, "layer_norm_eps": 1e-05, "max_position_embeddings": 2048,
            "model_type": "phi", "num_attention_heads": 32, "num_hidden_layers": 32,
            "num_key_value_heads": 32, "partial_rotary_factor": 0.4, "qk_layernorm": false,
            "resid_pdrop": 0.1, "rope_scaling": null, "rope_theta": 10000.0, "tie_word_embeddings": false,
            "torch_dtype": "float16", "use_cache": true, "vocab_size": 51200})"
            << qint64{2'779'683'840};
        QTest::newRow("Phi-3-mini-4k")
            << R"({"architectures": ["Phi3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
            "embd_pdrop": 0.0, "hidden_act": "silu", "hidden_size": 3072, "initializer_range": 0.02,
            "intermediate_size": 8192, "max_position_embeddings": 4096, "model_type": "phi3",
            "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
            "original_max_position_embeddings": 4096, "resid_pdrop": 0.0, "rms_norm_eps": 1e-05,
            "rope_scaling": null, "rope_theta": 10000.0, "sliding_window": 2047,
            "tie_word_embeddings": false, "use_cache": true, "vocab_size": 32064})"
            << qint64{3'821'079'552};
        QTest::newRow("pythia-70m")
            << R"({"architectures": ["GPTNeoXForCausalLM"], "hidden_act": "gelu", "hidden_size": 512,
            "initializer_range": 0.02, "intermediate_size": 2048, "layer_norm_eps": 1e-05,
            "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 8,
            "num_hidden_layers": 6, "rotary_emb_base": 10000, "rotary_pct": 0.25,
            "tie_word_embeddings": false, "torch_dtype": "float16", "use_cache": true,
            "use_parallel_residual": true, "vocab_size": 50304})"
            << qint64{70'426'624};
        QTest::newRow("gpt-neox-20b")
            << R"({"architectures": ["GPTNeoXForCausalLM"], "attention_probs_dropout_prob": 0,
            "hidden_act": "gelu_fast", "hidden_dropout_prob": 0, "hidden_size": 6144,
            "initializer_range": 0.02, "intermediate_size": 24576, "layer_norm_eps": 1e-05,
            "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 64,
            "num_hidden_layers": 44, "rotary_emb_base": 10000, "rotary_pct": 0.25,
            "tie_word_embeddings": false, "torch_dtype": "float16", "use_cache": true, "vocab_size": 50432})"
            << qint64{20'554'567'680};
        QTest::newRow("opt-125m")
            << R"({"_name_or_path": "facebook/opt-125m", "activation_dropout": 0.0, "activation_function": "relu",
            "architectures": ["OPTForCausalLM"], "attention_dropout": 0.0, "do_layer_norm_before": true,
            "dropout": 0.1, "ffn_dim": 3072, "hidden_size": 768, "init_std": 0.02, "layerdrop": 0.0,
            "max_position_embeddings": 2048, "model_type": "opt", "num_attention_heads": 12,
            "num_hidden_layers": 12, "prefix": "</s>", "torch_dtype": "float16", "use_cache": true,
            "vocab_size": 50272, "word_embed_proj_dim": 768})"
            << qint64{125'239'296};
        QTest::newRow("Mistral-7B-v0.3")
            << R"({"architectures": ["MistralForCausalLM"], "attention_dropout": 0.0, "hidden_act": "silu",
            "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336,
            "max_position_embeddings": 32768, "model_type": "mistral", "num_attention_heads": 32,
            "num_hidden_layers": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
            "rope_theta": 1000000.0, "sliding_window": null, "tie_word_embeddings": false,
            "torch_dtype": "bfloat16", "transformers_version": "4.42.0.dev0", "use_cache": true,
            "vocab_size": 32768})"
            << qint64{7'248'023'552};
    }
    void publishedConfigsAreRead() {
        QFETCH(QString, config);
        QFETCH(qint64, params);
        QCOMPARE(qint64{parameter_count(parse_architecture(config.toStdString(), "test"))}, params);
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
        const std::string types =
            R"(, "layer_types": ["sliding_attention", "full_attention", "full_attention",
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
        QVERIFY(
            parse_architecture(R"({"model_type": "llama", "attn_pdrop": 0.1, "_attn_implementation": "eager",
            "attention_dropout": 0.1, "transformers_version": "4.52", "auto_map": {"x": "y"}, "use_cache": true,
            "pretraining_tp": 2, "rope_interleaved": false, "logit_scale": 1.0, "attn_logit_softcapping": null,
            "output_attentions": true, "initializer_range": 0.01, "eos_token_id": [1, 2], "unsloth_fixed": true,
            "torch_dtype": "bfloat16", "original_max_position_embeddings": 4096})",
                               "test")
                .layers == 32);
    }

    void gpt2AttentionScalingFollowsTheConfig() {
        const auto scale = [](const std::string& field) {
            return parse_architecture(R"({"model_type": "gpt2", )" + field + "}", "test").attention_scale(1);
        };
        QCOMPARE(scale(R"("scale_attn_weights": false)"), 1.0);
        QCOMPARE(scale(R"("scale_attn_by_inverse_layer_idx": true)"), 1.0 / 16.0);
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
        QTest::newRow("scores with a cap")
            << llama(R"("attn_logit_softcapping": 50.0)") << "attn_logit_softcapping";
        QTest::newRow("scaled residuals") << llama(R"("residual_multiplier": 0.22)") << "residual_multiplier";
        QTest::newRow("experts") << llama(R"("num_local_experts": 8)") << "num_local_experts";
        QTest::newRow("interleaved rotation") << llama(R"("rope_interleaved": true)") << "rope_interleaved";
        QTest::newRow("a rope setting of another type")
            << llama(R"("rope_scaling": {"type": "linear", "factor": 2, "attention_factor": 1.2})")
            << "attention_factor";
        QTest::newRow("long rope")
            << R"({"model_type": "phi3", "rope_scaling": {"type": "longrope", "long_factor": [1], "short_factor": [1]}})"
            << "one positive number for each of the 48 rotated pairs";
        QTest::newRow("yarn with betas the wrong way round")
            << llama(R"("rope_scaling": {"type": "yarn", "factor": 2, "beta_fast": 1, "beta_slow": 32})") << "beta_fast";
        QTest::newRow("dynamic scaling without factor")
            << llama(R"("rope_scaling": {"type": "dynamic"})") << "factor";
        QTest::newRow("opt with norms without weights")
            << R"({"model_type": "opt", "layer_norm_elementwise_affine": false})" << "layer_norm_elementwise_affine";
        QTest::newRow("an odd number of rotated values")
            << R"({"model_type": "gpt_neox", "rotary_pct": 0.04})"
            << "even";
        QTest::newRow("kinds of layers that are not built")
            << R"({"model_type": "mistral", "num_hidden_layers": 1, "layer_types": ["chunked_attention"]})"
            << "layer_types";
        QTest::newRow("a family that is a number") << R"({"model_type": 3})"
                                                   << "model_type";
        QTest::newRow("a classifier") << llama(R"("architectures": ["LlamaForTokenClassification"])")
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
            << llama(R"("rope_scaling": {"rope_type": "mrope", "factor": 2})") << "longrope and llama3";
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
};

QTEST_APPLESS_MAIN(TstFamilyConfigs)
#include "tst_family_configs.moc"
