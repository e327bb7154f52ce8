// What llama.cpp is told of an encoder: its tensors, its head for classes, and the tokenizers that encoders have.
#include "gguf_lookup.h"
#include "golden.h"
#include "sentencepiece_bytes.h"

#include "engine/error.h"
#include "engine/export.h"
#include "gguf/layout.h"
#include "gguf/split_rules.h"
#include "gguf/tokenizer_keys.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace engine;
using namespace gguf_lookup;

namespace {

Architecture described(const std::string& fields) { return parse_architecture("{" + fields + "}", "'config.json'"); }

const std::string small =
    R"("hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 24, "vocab_size": 40,
       "max_position_embeddings": 34, "id2label": {"0": "no", "1": "yes", "2": "both"})";
const std::string bert = R"("model_type": "bert", )" + small;
const std::string roberta = R"("model_type": "roberta", "type_vocab_size": 1, )" + small;

Json wordpiece(const Json& normalizer) {
    return {{"normalizer", normalizer},
            {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
            {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"vocab", Json::object()}}}};
}

Json unigram(const Json& normalizer, const Json& pre_tokenizer) {
    return {{"normalizer", normalizer}, {"pre_tokenizer", pre_tokenizer}, {"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", Json::array()}}}};
}

const char* const mark = "\xE2\x96\x81";
Json metaspace(const char* scheme) { return {{"type", "Metaspace"}, {"replacement", mark}, {"prepend_scheme", scheme}}; }
Json sequence(const char* list, const std::vector<Json>& parts) { return {{"type", "Sequence"}, {list, parts}}; }
Json runs_of_spaces(const char* become) {
    return {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", become}};
}
Json strip(bool left, bool right) { return {{"type", "Strip"}, {"strip_left", left}, {"strip_right", right}}; }

SplitRule rule(const Json& tokenizer) { return split_rule(tokenizer, "'tokenizer.json'"); }
QString refused(const Json& tokenizer) {
    try {
        (void)rule(tokenizer);
    } catch (const Failure& failure) {
        return QString::fromUtf8(failure.what());
    }
    return {};
}

}  // namespace

class TstGgufEncoders : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void bertHasItsNames() {
        const Architecture a = described(bert);
        QCOMPARE(gguf_architecture(a), std::string("bert"));
        const auto sources = gguf_sources(a);
        QCOMPARE(sources.size(), std::size_t{5 + 2 * 16 + 4});
        QCOMPARE(named(sources, "blk.1.attn_output_norm.bias").weight,
                 std::string("bert.encoder.layer.1.attention.output.LayerNorm.bias"));
        QCOMPARE(named(sources, "blk.1.layer_output_norm.weight").weight, std::string("bert.encoder.layer.1.output.LayerNorm.weight"));
        QCOMPARE(named(sources, "token_types.weight").shape, (std::vector<std::int64_t>{2, 16}));
        QCOMPARE(named(sources, "position_embd.weight").shape, (std::vector<std::int64_t>{34, 16}));
        QVERIFY(named(sources, "position_embd.weight").row_order.empty());
        QVERIFY(named(sources, "blk.0.ffn_up.weight").matrix && !named(sources, "position_embd.weight").matrix);
        QVERIFY(!holds(sources, "output.weight") && !holds(sources, "output_norm.weight"));
        const GgufMetadata s = gguf_settings(a);
        QCOMPARE(setting<std::uint32_t>(s, "bert.context_length"), 34U);
        QCOMPARE(setting<bool>(s, "bert.attention.causal"), false);
        QCOMPARE(setting<float>(s, "bert.attention.layer_norm_epsilon"), 1e-12F);
        QCOMPARE(setting<std::uint32_t>(s, "tokenizer.ggml.token_type_count"), 2U);
    }

    void theHeadBecomesARanking() {
        const Architecture a = described(bert);
        const auto sources = gguf_sources(a);
        QCOMPARE(named(sources, "cls.weight").weight, std::string("bert.pooler.dense.weight"));
        QCOMPARE(named(sources, "cls.output.bias").weight, std::string("classifier.bias"));
        QCOMPARE(named(sources, "cls.output.weight").shape, (std::vector<std::int64_t>{3, 16}));
        // A head is small and its rounding would be the answer's.
        QVERIFY(gguf_type_of(named(sources, "cls.output.weight"), GgufType::q8_0) == GgufType::f32);
        QCOMPARE(setting<std::uint32_t>(gguf_settings(a), "bert.pooling_type"), 4U);
        QCOMPARE(items<std::string>(gguf_settings(a), "bert.classifier.output_labels"), (std::vector<std::string>{"no", "yes", "both"}));
        QCOMPARE(named(gguf_sources(described(roberta)), "cls.weight").weight, std::string("classifier.dense.weight"));
    }

    // The rows up to that of the padding belong to no place in a text.
    void robertaCountsPlacesFromBehindThePadding() {
        const Architecture a = described(roberta);
        const GgufSource places = named(gguf_sources(a), "position_embd.weight");
        QCOMPARE(places.shape, (std::vector<std::int64_t>{32, 16}));
        QCOMPARE(places.row_order.size(), std::size_t{32});
        QCOMPARE(places.row_order.front(), std::int64_t{2});
        QCOMPARE(places.row_order.back(), std::int64_t{33});
        QCOMPARE(setting<std::uint32_t>(gguf_settings(a), "bert.context_length"), 32U);
        QCOMPARE(gguf_fitness(a).notes.size(), std::size_t{1});
        QCOMPARE(gguf_fitness(described(bert)).notes.size(), std::size_t{2});  // also of token types
    }

    void otherMathematicsIsRefused() {
        const auto reason = [](const std::string& config) { return QString::fromStdString(gguf_fitness(described(config)).refusal); };
        QVERIFY(reason(bert).isEmpty());
        QVERIFY(reason(R"("model_type": "xlm-roberta", )" + small).isEmpty());
        QVERIFY(reason(bert + R"(, "position_embedding_type": "relative_key")").contains(QStringLiteral("positions")));
        QVERIFY(reason(bert + R"(, "hidden_act": "relu")").contains(QStringLiteral("activation")));
        QVERIFY(reason(R"("model_type": "deberta-v2", )" + small).contains(QStringLiteral("deberta-v2")));
        QVERIFY(reason(R"("model_type": "llama", "architectures": ["LlamaForSequenceClassification"])").contains(QStringLiteral("encoders alone")));
    }

    void wordPieceIsBertsOwn() {
        const Json plain = {{"type", "BertNormalizer"}, {"clean_text", true}, {"handle_chinese_chars", true}, {"lowercase", true}};
        QVERIFY(rule(wordpiece(plain)).lowercase && rule(wordpiece(plain)).strip_accents);
        Json cased = plain;
        cased["lowercase"] = false;
        cased["strip_accents"] = nullptr;
        QVERIFY(!rule(wordpiece(cased)).lowercase && !rule(wordpiece(cased)).strip_accents);
        // As BERT's own program, which composes accents first; where they go, that makes no difference.
        const Json composing = {{"type", "NFC"}};
        QCOMPARE(rule(wordpiece(sequence("normalizers", {composing, plain}))).notes, rule(wordpiece(plain)).notes);
        QCOMPARE(rule(wordpiece(sequence("normalizers", {composing, cased}))).notes.size(), rule(wordpiece(cased)).notes.size() + 1);
        Json joined = plain;
        joined["handle_chinese_chars"] = false;
        QVERIFY(refused(wordpiece(joined)).contains(QStringLiteral("Chinese")));
        QVERIFY(refused(wordpiece({{"type", "Lowercase"}})).contains(QStringLiteral("normalizer")));
        Json split = wordpiece(plain);
        split["pre_tokenizer"] = {{"type", "Whitespace"}};
        QVERIFY(!refused(split).isEmpty());
        split["model"]["type"] = "WordLevel";
        QVERIFY(refused(split).contains(QStringLiteral("WordLevel")));
    }

    void unigramStepsBecomeSentencePiecesSettings() {
        const SplitRule words = rule(unigram(nullptr, sequence("pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace("always")})));
        QVERIFY(words.space_prefix && words.remove_extra_whitespaces && words.split_at_marks);
        const SplitRule newer = rule(unigram(sequence("normalizers", {strip(false, true), runs_of_spaces(mark)}), metaspace("always")));
        QVERIFY(newer.space_prefix && newer.remove_extra_whitespaces && newer.notes.empty());
        const SplitRule older = rule(unigram(runs_of_spaces(" "), metaspace("always")));
        QVERIFY(older.remove_extra_whitespaces);
        QCOMPARE(older.notes.size(), std::size_t{1});  // a space at the end
        const SplitRule kept = rule(unigram(nullptr, metaspace("never")));
        QVERIFY(!kept.remove_extra_whitespaces && !kept.space_prefix && kept.notes.empty());
        const SplitRule rules = rule(unigram({{"type", "Precompiled"}, {"precompiled_charsmap", "AAEC"}}, metaspace("always")));
        QCOMPARE(rules.chars_map, std::string("\0\1\2", 3));
        for (const Json& other : {unigram({{"type", "NFKC"}}, metaspace("always")), unigram(strip(true, true), metaspace("always")),
                                  unigram(runs_of_spaces(" "), metaspace("never")), unigram(nullptr, nullptr),
                                  unigram(nullptr, sequence("pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace("first")}))})
            QVERIFY(!refused(other).isEmpty());
    }

    void wordPieceTokensAreMarkedAtTheirBeginning() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        const auto write = [&](const char* vocabulary) { std::ofstream(path / "vocab.txt") << vocabulary; };
        std::ofstream(path / "tokenizer_config.json") << R"({"tokenizer_class": "BertTokenizer", "do_lower_case": false})";
        write("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\nab\n");
        const auto keys = gguf_tokenizer(path, 9).keys;
        QCOMPARE(setting<std::string>(keys, "tokenizer.ggml.model"), std::string("bert"));
        QCOMPARE(items<std::string>(keys, "tokenizer.ggml.tokens"),
                 (std::vector<std::string>{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", std::string(mark) + "a", "a",
                                           std::string(mark) + "ab", "[PAD8]"}));
        QCOMPARE(items<std::int32_t>(keys, "tokenizer.ggml.token_type"), (std::vector<std::int32_t>{3, 3, 3, 3, 3, 1, 1, 1, 5}));
        QCOMPARE(setting<std::uint32_t>(keys, "tokenizer.ggml.bos_token_id"), 2U);
        QCOMPARE(setting<std::uint32_t>(keys, "tokenizer.ggml.seperator_token_id"), 3U);
        QCOMPARE(setting<std::uint32_t>(keys, "tokenizer.ggml.unknown_token_id"), 1U);
        QCOMPARE(setting<bool>(keys, "tokenizer.ggml.normalizer.lowercase"), false);
        QVERIFY(!holds(keys, "tokenizer.ggml.eos_token_id") && !holds(keys, "tokenizer.ggml.scores"));
        write("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n##[SEP]\n");
        QVERIFY_THROWS_EXCEPTION(Failure, gguf_tokenizer(path, 6));
    }

    void unigramTokensKeepTheirScores() {
        const auto folder = golden::folder("tokenizers/unigram_style");
        SKIP_WITHOUT_GOLDEN(folder);
        const GgufTokenizer tokenizer = gguf_tokenizer(folder, 230);
        QCOMPARE(setting<std::string>(tokenizer.keys, "tokenizer.ggml.model"), std::string("t5"));
        const auto tokens = items<std::string>(tokenizer.keys, "tokenizer.ggml.tokens");
        const auto types = items<std::int32_t>(tokenizer.keys, "tokenizer.ggml.token_type");
        const auto scores = items<float>(tokenizer.keys, "tokenizer.ggml.scores");
        QCOMPARE(scores.size(), std::size_t{230});
        QCOMPARE(types[0], 2);
        QCOMPARE(types[220], 3);
        QCOMPARE(tokens[220], std::string("[CLS]"));
        QVERIFY(scores[10] < 0 && scores[10] > -20);
        QCOMPARE(scores[229], -1000.0F);
        // The separator behind a text, whatever the files call the end.
        QCOMPARE(setting<std::uint32_t>(tokenizer.keys, "tokenizer.ggml.eos_token_id"), 221U);
        QCOMPARE(setting<bool>(tokenizer.keys, "tokenizer.ggml.add_eos_token"), true);
    }

    void marksThatASplitNeverPassesAreOutOfReach() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        Json tokenizer = unigram(nullptr, metaspace("always"));
        const std::string word = std::string(mark) + "a", two = word + word;
        tokenizer["model"]["vocab"] = Json::array({Json::array({"<unk>", 0.0}), Json::array({word, -1.0}), Json::array({two, -0.5})});
        tokenizer["added_tokens"] = {{{"id", 0}, {"content", "<unk>"}, {"special", true}}};
        std::ofstream(path / "tokenizer.json") << tokenizer.dump();
        const auto types = [&] { return items<std::int32_t>(gguf_tokenizer(path, 3).keys, "tokenizer.ggml.token_type"); };
        QCOMPARE(types(), (std::vector<std::int32_t>{2, 1, 5}));
        tokenizer["pre_tokenizer"]["split"] = false;
        std::ofstream(path / "tokenizer.json") << tokenizer.dump();
        QCOMPARE(types(), (std::vector<std::int32_t>{2, 1, 1}));
    }

    void choicesAreKnownBeforeTraining() {
        const auto roberta_model = golden::folder("roberta_cls/model"), deberta = golden::folder("deberta_v2_cls/model");
        SKIP_WITHOUT_GOLDEN(roberta_model);
        const auto choices = possible_exports(roberta_model, {}, Task::classification);
        QVERIFY(choices.ok());
        QVERIFY2((*choices)[2].possible, (*choices)[2].reason.c_str());
        QVERIFY(!(*choices)[3].possible && QString::fromStdString((*choices)[3].reason).contains(QStringLiteral("head")));
        const auto without = possible_exports(deberta, {}, Task::classification);
        QVERIFY(without.ok() && !(*without)[2].possible && !(*without)[3].possible);
        QVERIFY(QString::fromStdString((*without)[2].reason).contains(QStringLiteral("deberta-v2")));
    }
};

QTEST_GUILESS_MAIN(TstGgufEncoders)
#include "tst_gguf_encoders.moc"
