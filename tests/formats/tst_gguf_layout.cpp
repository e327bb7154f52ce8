// What llama.cpp is told of a model: names, row orders, settings, tokenizer, and what it cannot be told.
#include "gguf_lookup.h"
#include "golden.h"
#include "sentencepiece_bytes.h"

#include "engine/error.h"
#include "engine/export.h"
#include "engine/tokenizer.h"
#include "gguf/greedy_tokens.h"
#include "gguf/layout.h"
#include "gguf/split_rules.h"
#include "gguf/tokenizer_keys.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <fstream>

using namespace engine;
using namespace gguf_lookup;

namespace {

std::filesystem::path data_dir() { return std::filesystem::path(LWB_SOURCE_DIR) / "tests" / "data"; }

Architecture described(const char* fields) { return parse_architecture("{" + std::string(fields) + "}", "'config.json'"); }

const char* const small_llama =
    R"("model_type": "llama", "hidden_size": 16, "num_attention_heads": 2, "num_key_value_heads": 1, "num_hidden_layers": 1,
       "intermediate_size": 24, "vocab_size": 40, "max_position_embeddings": 64)";

Json byte_level(const Json& first) {
    return {{"normalizer", nullptr},
            {"pre_tokenizer",
             {{"type", "Sequence"},
              {"pretokenizers",
               {first, {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}}},
            {"model", {{"type", "BPE"}, {"ignore_merges", false}, {"vocab", Json::object()}}}};
}

Json split_at(const char* regex) {
    return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}};
}

const char* const llama3_split =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

}  // namespace

class TstGgufLayout : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void llamaHasItsNamesAndOrders() {
        const Architecture a = described(small_llama);
        QCOMPARE(gguf_architecture(a), std::string("llama"));
        const auto sources = gguf_sources(a);
        QCOMPARE(sources.size(), std::size_t{12});
        const GgufSource& q = named(sources, "blk.0.attn_q.weight");
        QCOMPARE(q.weight, std::string("model.layers.0.self_attn.q_proj.weight"));
        QVERIFY(q.matrix && !q.transposed);
        // Each head of 8: row 2i is i of the first half, row 2i + 1 is i of the second one.
        const std::vector<std::int64_t> expected = {0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15};
        QCOMPARE(q.row_order, expected);
        QCOMPARE(named(sources, "blk.0.attn_k.weight").row_order.size(), std::size_t{8});
        QVERIFY(named(sources, "blk.0.attn_v.weight").row_order.empty());
        QVERIFY(!named(sources, "blk.0.ffn_norm.weight").matrix);
        QVERIFY(holds(sources, "output.weight") && !holds(sources, "rope_freqs.weight"));
    }

    void biasesFollowTheirRows() {
        const auto sources = gguf_sources(described(
            (std::string(small_llama) + R"(, "attention_bias": true, "mlp_bias": true)").c_str()));
        QCOMPARE(named(sources, "blk.0.attn_q.bias").row_order, named(sources, "blk.0.attn_q.weight").row_order);
        QVERIFY(holds(sources, "blk.0.ffn_down.bias"));
    }

    void tiedModelsHaveNoHead() {
        const auto sources = gguf_sources(described((std::string(small_llama) + R"(, "tie_word_embeddings": true)").c_str()));
        QVERIFY(!holds(sources, "output.weight"));
    }

    void llama3ScalingBecomesDivisors() {
        const auto sources = gguf_sources(described(
            (std::string(small_llama) +
             R"(, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
                  "original_max_position_embeddings": 64})")
                .c_str()));
        const auto& values = named(sources, "rope_freqs.weight").values;
        QCOMPARE(values.size(), std::size_t{4});
        QCOMPARE(values.front(), 1.0F);
        QVERIFY(std::abs(values.back() - 8.0F) < 1e-4F);
    }

    // On top of the magnitude that llama.cpp makes of the factor itself, 0.1 ln(4) + 1.
    void yarnIsSaidInSettings() {
        const auto with = [](const std::string& more) {
            return described((std::string(small_llama) + R"(, "rope_scaling": {"rope_type": "yarn", "factor": 4,
                "original_max_position_embeddings": 64)" + more + "}").c_str());
        };
        const GgufMetadata usual = gguf_settings(with(""));
        QCOMPARE(setting<std::string>(usual, "llama.rope.scaling.type"), std::string("yarn"));
        QCOMPARE(setting<float>(usual, "llama.rope.scaling.factor"), 4.0F);
        QCOMPARE(setting<std::uint32_t>(usual, "llama.rope.scaling.original_context_length"), 64U);
        QCOMPARE(setting<float>(usual, "llama.rope.scaling.attn_factor"), 1.0F);
        QCOMPARE(setting<float>(gguf_settings(with(R"(, "attention_factor": 1.0)")), "llama.rope.scaling.attn_factor"),
                 static_cast<float>(1 / (1 + 0.1 * std::log(4.0))));
        QVERIFY(!gguf_fitness(with(R"(, "beta_fast": 16)")).refusal.empty());
    }

    void longRopeBecomesTwoTables() {
        const std::string scaling = R"(, "max_position_embeddings": 256, "original_max_position_embeddings": 64, "rope_scaling":
            {"type": "longrope", "short_factor": [1, 1, 1.5, 2], "long_factor": [1, 2, 3, 4]})";
        const Architecture a = described((std::string(small_llama) + scaling).c_str());
        QCOMPARE(named(gguf_sources(a), "rope_factors_long.weight").values, (std::vector<float>{1, 2, 3, 4}));
        QCOMPARE(named(gguf_sources(a), "rope_factors_short.weight").values, (std::vector<float>{1, 1, 1.5F, 2}));
        const GgufMetadata s = gguf_settings(a);
        QCOMPARE(setting<std::string>(s, "llama.rope.scaling.type"), std::string("longrope"));
        QCOMPARE(setting<std::uint32_t>(s, "llama.rope.scaling.original_context_length"), 64U);
        QCOMPARE(setting<float>(s, "llama.rope.scaling.attn_factor"),
                 static_cast<float>(std::sqrt(1 + std::log(4.0) / std::log(64.0))));
        QCOMPARE(gguf_fitness(a).notes.size(), std::size_t{1});
        const Architecture qwen = described((R"("model_type": "qwen2", "hidden_size": 16, "num_attention_heads": 2,
            "num_key_value_heads": 1, "intermediate_size": 24, "num_hidden_layers": 1, "vocab_size": 40)" + scaling).c_str());
        QVERIFY(QString::fromStdString(gguf_fitness(qwen).refusal).contains(QStringLiteral("longrope")));
    }

    void dynamicScalingIsNoted() {
        const Architecture a = described((std::string(small_llama) + R"(, "rope_scaling": {"type": "dynamic", "factor": 2})").c_str());
        QVERIFY(gguf_fitness(a).refusal.empty());
        QCOMPARE(gguf_fitness(a).notes.size(), std::size_t{1});
    }

    void settingsSayEverything() {
        const GgufMetadata s = gguf_settings(described(
            (std::string(small_llama) +
             R"(, "head_dim": 16, "rope_theta": 500000, "rms_norm_eps": 1e-5, "rope_scaling": {"type": "linear", "factor": 2})")
                .c_str()));
        QCOMPARE(setting<std::string>(s, "general.architecture"), std::string("llama"));
        QCOMPARE(setting<std::uint32_t>(s, "llama.attention.head_count_kv"), 1U);
        QCOMPARE(setting<std::uint32_t>(s, "llama.attention.key_length"), 16U);
        QCOMPARE(setting<std::uint32_t>(s, "llama.rope.dimension_count"), 16U);
        QCOMPARE(setting<float>(s, "llama.rope.freq_base"), 500000.0F);
        QCOMPARE(setting<std::string>(s, "llama.rope.scaling.type"), std::string("linear"));
        QCOMPARE(setting<float>(s, "llama.rope.scaling.factor"), 2.0F);
    }

    void gpt2IsTransposedAndFused() {
        const Architecture a = described(
            R"("model_type": "gpt2", "n_embd": 16, "n_head": 2, "n_layer": 1, "vocab_size": 40, "n_positions": 32)");
        const auto sources = gguf_sources(a);
        const GgufSource& qkv = named(sources, "blk.0.attn_qkv.weight");
        QVERIFY(qkv.transposed);
        QCOMPARE(qkv.shape, (std::vector<std::int64_t>{48, 16}));
        QVERIFY(!named(sources, "position_embd.weight").matrix);
        QVERIFY(holds(sources, "output_norm.bias") && holds(sources, "blk.0.ffn_up.bias"));
        QCOMPARE(setting<float>(gguf_settings(a), "gpt2.attention.layer_norm_epsilon"), 1e-5F);
    }

    void windowsAreNoted() {
        for (const std::string family : {"phi3", "mistral"}) {
            const auto notes = gguf_fitness(described((R"("model_type": ")" + family + R"(", "sliding_window": 8)").c_str())).notes;
            QCOMPARE(notes.size(), std::size_t{1});
            QVERIFY(QString::fromStdString(notes.front()).contains("8 tokens"));
        }
    }

    void otherMathematicsIsRefused() {
        const auto reason = [](const std::string& config) { return QString::fromStdString(gguf_fitness(described(config.c_str())).refusal); };
        QVERIFY(reason(small_llama).isEmpty());
        QVERIFY(reason(std::string(small_llama) + R"(, "hidden_act": "relu")").contains("activation"));
        QVERIFY(reason(R"("model_type": "gpt2", "scale_attn_by_inverse_layer_idx": true)").contains("attention"));
        const std::string neox = R"("model_type": "gpt_neox")";
        QVERIFY(reason(neox).isEmpty());
        QVERIFY(reason(neox + R"(, "attention_bias": false)").contains("bias"));
        QVERIFY(reason(R"("model_type": "phi")").isEmpty());
        Architecture other = described(small_llama);
        other.family = "opt";
        QVERIFY(QString::fromStdString(gguf_fitness(other).refusal).contains("opt"));
        QVERIFY_THROWS_EXCEPTION(Failure, gguf_sources(other));
    }

    void splitsAreRecognised() {
        const auto pre = [](const Json& tokenizer) { return split_rule(tokenizer, "'tokenizer.json'").pre; };
        Json gpt2 = byte_level(split_at(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"));
        QCOMPARE(pre(gpt2), std::string("gpt-2"));
        Json llama3 = byte_level(split_at(llama3_split));
        QCOMPARE(pre(llama3), std::string("smaug-bpe"));
        llama3["model"]["ignore_merges"] = true;
        QCOMPARE(pre(llama3), std::string("llama-bpe"));
        Json unknown = byte_level(split_at(R"(\d+|\D+)"));
        QVERIFY_THROWS_EXCEPTION(Failure, pre(unknown));
        Json prefixed = gpt2;
        prefixed["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"use_regex", true}};
        QVERIFY_THROWS_EXCEPTION(Failure, pre(prefixed));
        Json composed = gpt2;
        composed["normalizer"] = {{"type", "NFC"}};
        QCOMPARE(split_rule(composed, "x").notes.size(), std::size_t{1});
        composed["normalizer"] = {{"type", "Lowercase"}};
        QVERIFY_THROWS_EXCEPTION(Failure, pre(composed));
    }

    void theTokenizerComesAlong() {
        const GgufTokenizer tokenizer = gguf_tokenizer(data_dir() / "micro-llama", 390);
        const auto tokens = items<std::string>(tokenizer.keys, "tokenizer.ggml.tokens");
        const auto types = items<std::int32_t>(tokenizer.keys, "tokenizer.ggml.token_type");
        QCOMPARE(tokens.size(), std::size_t{390});
        QCOMPARE(types.size(), std::size_t{390});
        QCOMPARE(tokens[0], std::string("<|bos|>"));
        QCOMPARE(types[0], 3);
        QCOMPARE(types[10], 1);
        QCOMPARE(tokens[389], std::string("[PAD389]"));
        QCOMPARE(types[389], 5);
        QCOMPARE(setting<std::string>(tokenizer.keys, "tokenizer.ggml.model"), std::string("gpt2"));
        QCOMPARE(setting<std::uint32_t>(tokenizer.keys, "tokenizer.ggml.eos_token_id"), 1U);
        QCOMPARE(setting<bool>(tokenizer.keys, "tokenizer.ggml.add_bos_token"), true);
        QCOMPARE(setting<bool>(tokenizer.keys, "tokenizer.ggml.add_eos_token"), false);
        QVERIFY(holds(tokenizer.keys, "tokenizer.ggml.merges"));
        QVERIFY_THROWS_EXCEPTION(Failure, gguf_tokenizer(data_dir() / "micro-llama", 100));
        QTemporaryDir empty;
        QVERIFY_THROWS_EXCEPTION(Failure, gguf_tokenizer(empty.path().toStdString(), 100));
    }

    void chatTemplatesComeAlong() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        std::filesystem::copy(data_dir() / "micro-llama" / "tokenizer.json", path / "tokenizer.json");
        std::ofstream(path / "tokenizer_config.json")
            << R"({"chat_template": [{"name": "default", "template": "A"}, {"name": "tool_use", "template": "B"}]})";
        GgufMetadata keys = gguf_tokenizer(path, 384).keys;
        QCOMPARE(setting<std::string>(keys, "tokenizer.chat_template"), std::string("A"));
        QCOMPARE(setting<std::string>(keys, "tokenizer.chat_template.tool_use"), std::string("B"));
        QCOMPARE(items<std::string>(keys, "tokenizer.chat_templates"), std::vector<std::string>{"tool_use"});
        std::ofstream(path / "chat_template.jinja") << "C";
        keys = gguf_tokenizer(path, 384).keys;
        QCOMPARE(setting<std::string>(keys, "tokenizer.chat_template"), std::string("C"));
    }

    // llama.cpp loads no file that says phi3 in its name and lacks Phi-3's tokens.
    void namesSayWhoseSpacesTheyAre() {
        QCOMPARE(gguf_model_name("my Phi-3 and phi3, not phi-2 or phi", false), std::string("my Phi 3 and phi 3, not phi-2 or phi"));
        QCOMPARE(gguf_model_name("phi-3phi3", false), std::string("phi 3phi 3"));
        QCOMPARE(gguf_model_name("mine", true), std::string("mine (phi-3)"));
        QCOMPARE(gguf_model_name("PHI-3 mine", true), std::string("PHI-3 mine"));
    }

    void spacesBehindSpecialTokens() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        Json tokenizer = Json::parse(std::ifstream(data_dir() / "micro-llama" / "tokenizer.json"));
        const auto like_phi3 = [&](bool user_takes_them) {
            Json with = tokenizer;
            int id = 384;
            for (const char* token : {"<unk>", "<s>", "<|endoftext|>", "</s>", "<|user|>"}) {
                const bool takes = std::string_view(token) == "</s>" || (std::string_view(token) == "<|user|>" && user_takes_them);
                with["added_tokens"].push_back({{"id", id++}, {"content", token}, {"special", true}, {"rstrip", takes}});
            }
            for (Json& token : with["added_tokens"])
                if (token["id"] < 384) token["rstrip"] = true;
            std::ofstream(path / "tokenizer.json") << with.dump();
            return gguf_tokenizer(path, 400);
        };
        QVERIFY(like_phi3(true).spaces_like_phi3 && like_phi3(true).notes.empty());
        QVERIFY(!like_phi3(false).spaces_like_phi3);
        QCOMPARE(like_phi3(false).notes.size(), std::size_t{1});
        QVERIFY(!gguf_tokenizer(data_dir() / "micro-llama", 384).spaces_like_phi3);
    }

    void sentencePieceGetsScoresAndTypes() {
        const auto legacy = golden::folder("tokenizers/llama2_style");
        SKIP_WITHOUT_GOLDEN(legacy);
        const GgufTokenizer tokenizer = gguf_tokenizer(legacy, 384);
        QCOMPARE(setting<std::string>(tokenizer.keys, "tokenizer.ggml.model"), std::string("llama"));
        QCOMPARE(setting<bool>(tokenizer.keys, "tokenizer.ggml.add_space_prefix"), true);
        const auto types = items<std::int32_t>(tokenizer.keys, "tokenizer.ggml.token_type");
        QCOMPARE(types[0], 2);
        QCOMPARE(types[1], 3);
        QCOMPARE(std::count(types.begin(), types.end(), 6), 256);
        QCOMPARE(items<float>(tokenizer.keys, "tokenizer.ggml.scores").size(), std::size_t{384});
        QVERIFY(tokenizer.notes.empty());
        // The vocabulary file alone gives the same tokens and types, in the same order of scores.
        QTemporaryDir folder;
        const std::filesystem::path alone = folder.path().toStdString();
        for (const char* name : {"tokenizer.model", "tokenizer_config.json"})
            std::filesystem::copy(legacy / name, alone / name);
        const GgufTokenizer from_model = gguf_tokenizer(alone, 384);
        QCOMPARE(items<std::string>(from_model.keys, "tokenizer.ggml.tokens"),
                 items<std::string>(tokenizer.keys, "tokenizer.ggml.tokens"));
        QCOMPARE(items<std::int32_t>(from_model.keys, "tokenizer.ggml.token_type"), types);
        QCOMPARE(setting<bool>(from_model.keys, "tokenizer.ggml.add_space_prefix"), true);
        QCOMPARE(setting<bool>(from_model.keys, "tokenizer.ggml.add_bos_token"), true);
        QVERIFY(!gguf_tokenizer(golden::folder("tokenizers/llama2_style_nonlegacy"), 384).notes.empty());
    }

    // As T5's class reads the file: the model and its rules of normalisation go along.
    void unigramFilesKeepTheirRules() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        const std::string rules = fixtures::chars_map('A', "a");
        std::ofstream(path / "spiece.model", std::ios::binary)
            << fixtures::piece("<unk>", 0, 2) + fixtures::piece("<s>", 0, 3) + fixtures::piece("</s>", 0, 3) +
                   fixtures::piece("\xE2\x96\x81", -3, 1) + fixtures::piece("a", -4, 1) +
                   fixtures::bytes_field(2, fixtures::number_field(3, 1)) +
                   fixtures::bytes_field(3, fixtures::bytes_field(2, rules) + fixtures::number_field(3, 1) + fixtures::number_field(4, 1));
        std::ofstream(path / "tokenizer_config.json") << R"({"tokenizer_class": "T5Tokenizer", "extra_ids": 4})";
        const Tokenizer tokenizer = Tokenizer::load(path).value();
        const auto keys = gguf_tokenizer(path, tokenizer.vocab_size()).keys;
        QCOMPARE(setting<std::string>(keys, "tokenizer.ggml.model"), std::string("t5"));
        QCOMPARE(setting<bool>(keys, "tokenizer.ggml.remove_extra_whitespaces"), true);
        QCOMPARE(setting<bool>(keys, "tokenizer.ggml.add_bos_token"), false);
        QCOMPARE(setting<bool>(keys, "tokenizer.ggml.add_eos_token"), true);
        QCOMPARE(items<std::uint8_t>(keys, "tokenizer.ggml.precompiled_charsmap"),
                 (std::vector<std::uint8_t>(rules.begin(), rules.end())));
        QCOMPARE(items<float>(keys, "tokenizer.ggml.scores"), (std::vector<float>{0, 0, 0, -3, -4, -1000, -1000, -1000, -1000}));
        QCOMPARE(items<std::int32_t>(keys, "tokenizer.ggml.token_type"), (std::vector<std::int32_t>{2, 3, 3, 1, 1, 3, 3, 3, 3}));
    }

    void choicesAreKnownBeforeTraining() {
        const auto choices = possible_exports(data_dir() / "micro-llama");
        QVERIFY(choices.ok());
        QCOMPARE(choices->size(), std::size_t{4});
        for (const ExportChoice& choice : *choices) QVERIFY2(choice.possible, choice.reason.c_str());
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        std::ofstream(path / "config.json") << "{" << small_llama << "}";
        const auto without = possible_exports(path);
        QVERIFY(without.ok());
        QVERIFY((*without)[1].possible && (*without)[3].possible);
        QVERIFY(!(*without)[2].possible);
        QVERIFY(QString::fromStdString((*without)[2].reason).contains("tokenizer"));
        std::ofstream(path / "adapter_config.json") << R"({"use_dora": true})";
        const auto dora = possible_exports(path, path);
        QVERIFY(dora.ok() && !(*dora)[3].possible && QString::fromStdString((*dora)[3].reason).contains("DoRA"));
        QVERIFY(!possible_exports(path / "nowhere").ok());
    }

    void namesComeBack() {
        for (const auto format : {ExportFormat::peft, ExportFormat::hf, ExportFormat::gguf, ExportFormat::gguf_adapter})
            QVERIFY(export_format_from(name_of(format)).value() == format);
        for (const auto dtype : {StoredDtype::as_base, StoredDtype::f32, StoredDtype::f16, StoredDtype::bf16, StoredDtype::q8_0})
            QVERIFY(stored_dtype_from(name_of(dtype)).value() == dtype);
        QVERIFY(!export_format_from("onnx").ok() && !stored_dtype_from("q4").ok());
    }
};

QTEST_GUILESS_MAIN(TstGgufLayout)
#include "tst_gguf_layout.moc"
