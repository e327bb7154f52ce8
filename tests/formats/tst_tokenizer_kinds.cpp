// The kinds of tokenizer beside byte-level BPE, on small examples worked out by hand: WordPiece, unigram,
// SentencePiece model files, and every step around them.
#include "engine/tokenizer.h"
#include "formats/sentencepiece_bytes.h"
#include "io/file.h"
#include "io/json.h"

#include <QTemporaryDir>
#include <QTest>

using namespace engine;
using Ids = std::vector<std::int32_t>;

namespace {

constexpr EncodeOptions plain{.add_special_tokens = false};
constexpr EncodeOptions as_text{.add_special_tokens = false, .parse_special = false};

Json word_piece() {
    return {{"normalizer", {{"type", "BertNormalizer"}, {"lowercase", true}}},
            {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
            {"post_processor", {{"type", "BertProcessing"}, {"cls", {"[CLS]", 1}}, {"sep", {"[SEP]", 2}}}},
            {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
            {"added_tokens",
             {{{"id", 1}, {"content", "[CLS]"}, {"special", true}},
              {{"id", 2}, {"content", "[SEP]"}, {"special", true}}}},
            {"model",
             {{"type", "WordPiece"},
              {"unk_token", "[UNK]"},
              {"continuing_subword_prefix", "##"},
              {"max_input_chars_per_word", 8},
              {"vocab",
               {{"[UNK]", 0},
                {"[CLS]", 1},
                {"[SEP]", 2},
                {"un", 3},
                {"##able", 4},
                {"##a", 5},
                {"cafe", 6},
                {",", 7},
                {"\xE6\x97\xA5", 8},
                {"a", 9},
                {"[", 10},
                {"]", 11},
                {"cls", 12},
                {".", 13}}}}}};
}

Json unigram() {
    Json vocab = Json::array();
    const auto add = [&](const char* token, double score) { vocab.push_back(Json::array({token, score})); };
    add("<unk>", 0), add("<s>", 0), add("▁", -2), add("a", -3), add("b", -3), add("ab", -4), add("▁a", -4.5);
    add("<", -5), add(">", -5), add("s", -5);
    return {{"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}}},
            {"decoder", {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}}},
            {"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}}}};
}

}  // namespace

class TstTokenizerKinds : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path folder() const { return temporary_->path().toStdString(); }
    void write(const char* name, const std::string& text) const { atomic_write_text(folder() / name, text); }
    Tokenizer load(const Json& document) const {
        write("tokenizer.json", dump_json(document));
        return Tokenizer::load(folder()).value();
    }
    std::string refusal() const {
        const auto result = Tokenizer::load(folder());
        return result.ok() ? std::string() : result.error().message;
    }
    std::string refusal(const Json& document) const {
        write("tokenizer.json", dump_json(document));
        return refusal();
    }
    // What a normalizer makes of a text: a model that knows every byte, spelled back.
    std::string normalized(const Json& normalizer, const std::string& text) const {
        Json model = {
            {"type", "BPE"}, {"vocab", Json::object()}, {"merges", Json::array()}, {"byte_fallback", true}};
        for (int byte = 0; byte < 256; ++byte) {
            char name[8];
            std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
            model["vocab"][name] = byte;
        }
        const Tokenizer tokenizer =
            load({{"normalizer", normalizer},
                  {"decoder",
                   {{"type", "Sequence"}, {"decoders", {{{"type", "ByteFallback"}}, {{"type", "Fuse"}}}}}},
                  {"model", model}});
        return tokenizer.decode(tokenizer.encode(text));
    }
    // The pieces of a text: a model to which every piece is one of its words.
    std::vector<std::string> pieces(const Json& pre_tokenizer, const std::string& text,
                                    const std::vector<std::string>& words) const {
        Json vocab = {{"?", 0}};
        for (const std::string& word : words)
            if (!vocab.contains(word)) vocab[word] = vocab.size();
        const Tokenizer tokenizer =
            load({{"pre_tokenizer", pre_tokenizer},
                  {"model", {{"type", "WordLevel"}, {"unk_token", "?"}, {"vocab", vocab}}}});
        std::vector<std::string> found;
        for (const std::int32_t id : tokenizer.encode(text)) found.push_back(tokenizer.token(id));
        return found;
    }

  private Q_SLOTS:
    void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

    void wordPieceTakesTheLongest() {
        const Tokenizer tokenizer = load(word_piece());
        QCOMPARE(tokenizer.kind(), std::string("WordPiece"));
        QCOMPARE(tokenizer.encode("Unable, un"), (Ids{1, 3, 4, 7, 3, 2}));
        QCOMPARE(tokenizer.encode("unaable", plain), (Ids{3, 5, 4}));
        QCOMPARE(tokenizer.encode("unx", plain), Ids{0});          // nothing fits the rest: all of it unknown
        QCOMPARE(tokenizer.encode("unaaaaaaa", plain), Ids{0});    // nine characters
        QCOMPARE(tokenizer.encode("CAF\xC3\x89", plain), Ids{6});  // lower case, no accent
        QCOMPARE(tokenizer.encode("a\xE6\x97\xA5\x61", plain), (Ids{9, 8, 9}));  // Chinese stands alone
        QCOMPARE(tokenizer.encode("a\xC2\xAD\x0B\ta", plain), (Ids{9, 9}));  // control characters left out
        QCOMPARE(tokenizer.decode(Ids{3, 4, 7, 3}), std::string("unable, un"));
        QCOMPARE(tokenizer.decode(Ids{9, 13}), std::string("a."));
        QCOMPARE(tokenizer.encode("[CLS]", plain), Ids{1});
        QCOMPARE(tokenizer.encode("[CLS]", as_text), (Ids{10, 12, 11}));
    }

    void wordPieceFromItsListOfWords() {
        write("vocab.txt", "[PAD]\r\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n\xC3\xA9\ne\n");
        const Tokenizer lower = Tokenizer::load(folder()).value();
        QCOMPARE(lower.encode("AB"), (Ids{2, 5, 6, 3}));
        QCOMPARE(lower.encode("\xC3\xA9", plain), Ids{8});
        QCOMPARE(lower.pad_id(), std::optional(0));
        QVERIFY(lower.is_special(4) && !lower.is_special(5));
        write("tokenizer_config.json", R"({"do_lower_case": false})");
        const Tokenizer cased = Tokenizer::load(folder()).value();
        QCOMPARE(cased.encode("e\xCC\x81", plain), Ids{7});  // composed
        QCOMPARE(cased.encode("AB", plain), Ids{1});
    }

    void unigramTakesTheBestSum() {
        const Tokenizer tokenizer = load(unigram());
        QCOMPARE(tokenizer.encode("ab"), (Ids{2, 5}));  // -6 beats -7.5 and -8
        QCOMPARE(tokenizer.encode("a b"), (Ids{6, 2, 4}));
        QCOMPARE(tokenizer.encode("axyb"), (Ids{6, 0, 4}));  // neighbouring unknown characters are one
        QCOMPARE(tokenizer.decode(Ids{2, 5, 6}), std::string("ab a"));
        Json document = unigram();
        document["model"]["vocab"][9][1] = -100.0;  // unknown is 10 below the lowest
        QCOMPARE(load(document).encode("s"), (Ids{2, 9}));
        document["model"]["byte_fallback"] = true;
        for (int byte = 0; byte < 256; ++byte) {
            char name[8];
            std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
            document["model"]["vocab"].push_back(Json::array({name, -20.0}));
        }
        QCOMPARE(load(document).encode("xy"), (Ids{2, 10 + 'x', 10 + 'y'}));
    }

    void specialTokensInTextAreText() {
        Json document = unigram();
        document["added_tokens"] = {{{"id", 1}, {"content", "<s>"}, {"special", true}}};
        const Tokenizer one = load(document);
        QCOMPARE(one.encode("<s>", plain), Ids{1});
        QCOMPARE(one.encode("<s>", as_text), (Ids{2, 7, 9, 8}));
        QCOMPARE(one.encode("<s>", plain), Ids{1});  // and the cache keeps the two apart
        const TextRange written{3, 6};
        QCOMPARE(one.encode_marked("<s><s>", std::span(&written, 1), {}).ids, (Ids{1, 2, 7, 9, 8}));

        const Json bpe = {{"type", "BPE"},
                          {"vocab", {{"<", 0}, {"s", 1}, {">", 2}, {"<s", 3}, {"<s>", 4}}},
                          {"merges", {"< s", "<s >"}}};
        const Json added = {{{"id", 4}, {"content", "<s>"}, {"special", true}}};
        QCOMPARE(load({{"model", bpe}, {"added_tokens", added}}).encode("<s>", as_text), (Ids{3, 2}));
        Json whole = bpe;
        whole["ignore_merges"] = true;
        QCOMPARE(load({{"model", whole}, {"added_tokens", added}}).encode("<s>", as_text), (Ids{3, 2}));
        const Json words = {{"type", "WordLevel"}, {"unk_token", "?"}, {"vocab", {{"?", 0}, {"<s>", 4}}}};
        QCOMPARE(load({{"model", words}, {"added_tokens", added}}).encode("<s>", as_text), Ids{0});
    }

    void normalizes() {
        const auto one = [](const char* type) { return Json{{"type", type}}; };
        QCOMPARE(normalized(one("Lowercase"), "A\xC3\x84\xC4\xB0"), std::string("a\xC3\xA4i\xCC\x87"));
        QCOMPARE(normalized(one("StripAccents"), "e\xCC\x81"), std::string("e"));
        QCOMPARE(normalized(one("NFD"), "\xC3\xA9"), std::string("e\xCC\x81"));
        QCOMPARE(normalized(one("NFKC"), "\xEF\xAC\x81"), std::string("fi"));
        QCOMPARE(normalized(one("Nmt"), "a\x01\tb\xE2\x80\x8B"), std::string("a b "));
        QCOMPARE(normalized(one("Strip"), " \n a b\t"), std::string("a b"));
        QCOMPARE(normalized({{"type", "Prepend"}, {"prepend", "_"}}, "a"), std::string("_a"));
        QCOMPARE(normalized({{"type", "Replace"}, {"pattern", {{"Regex", "a+"}}}, {"content", "b"}}, "aaca"),
                 std::string("bcb"));
        QCOMPARE(normalized(one("ByteLevel"), " a"), std::string("\xC4\xA0\x61"));
        const Json bert = {
            {"type", "BertNormalizer"}, {"lowercase", false}, {"strip_accents", true}, {"clean_text", false}};
        QCOMPARE(normalized(bert, "A\x01\xC3\x89"), std::string("A\x01\x45"));
        QCOMPARE(normalized({{"type", "Sequence"}, {"normalizers", {one("NFKC"), one("Lowercase")}}},
                            "\xEF\xBC\xA1"),
                 std::string("a"));
        // One rule, "A" becomes "bc", as a double array of 256 units behind its size.
        const std::string rules = fixtures::base64(fixtures::chars_map('A', "bc"));
        const Json precompiled = {{"type", "Precompiled"}, {"precompiled_charsmap", rules}};
        QCOMPARE(normalized(precompiled, "xAy"), std::string("xbcy"));
        QCOMPARE(normalized({{"type", "Precompiled"}, {"precompiled_charsmap", ""}}, "xAy"),
                 std::string("xAy"));
    }

    void cutsIntoPieces() {
        using Words = std::vector<std::string>;
        const auto same = [&](const Json& description, const char* text, const Words& words) {
            const Words found = pieces(description, text, words);
            if (found != words) qWarning("%s", dump_json(Json(found)).c_str());
            return found == words;
        };
        QVERIFY(same({{"type", "BertPreTokenizer"}}, "a  b,c$", {"a", "b", ",", "c", "$"}));
        QVERIFY(same({{"type", "Punctuation"}}, "a,b!", {"a", ",", "b", "!"}));
        QVERIFY(same({{"type", "Punctuation"}, {"behavior", "MergedWithPrevious"}}, "a,b!", {"a,", "b!"}));
        QVERIFY(same({{"type", "Digits"}, {"individual_digits", true}}, "a12", {"a", "1", "2"}));
        QVERIFY(same({{"type", "Whitespace"}}, "a b,c", {"a", "b", ",", "c"}));
        QVERIFY(same({{"type", "WhitespaceSplit"}}, "a b,c", {"a", "b,c"}));
        QVERIFY(same({{"type", "FixedLength"}, {"length", 2}}, "abcde", {"ab", "cd", "e"}));
        QVERIFY(same({{"type", "CharDelimiterSplit"}, {"delimiter", "-"}}, "a-b", {"a", "b"}));
        const auto meta = [](const char* scheme, bool split) {
            return Json{
                {"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", scheme}, {"split", split}};
        };
        QVERIFY(same(meta("always", true), "a  b", {"_a", "_", "_b"}));
        QVERIFY(same(meta("always", false), "a b", {"_a_b"}));
        QVERIFY(same(meta("never", true), "a b", {"a", "_b"}));
        QVERIFY(same(meta("always", true), " a", {"_a"}));  // it is there already
        QVERIFY(same({{"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", false}}, "a b",
                     {"a", "_b"}));
        const Json first = {{"type", "Sequence"},
                            {"pretokenizers", {{{"type", "WhitespaceSplit"}}, meta("first", true)}}};
        QVERIFY(same(first, "a b", {"_a", "b"}));
    }

    void decodesInItsOwnWay() {
        Json document = {
            {"model",
             {{"type", "WordLevel"}, {"unk_token", "a"}, {"vocab", {{"a", 0}, {"b</w>", 1}, {"_c", 2}}}}}};
        QCOMPARE(load(document).decode(Ids{0, 0}), std::string("a a"));
        document["decoder"] = {{"type", "BPEDecoder"}, {"suffix", "</w>"}};
        QCOMPARE(load(document).decode(Ids{1, 0, 1}), std::string("b ab"));
        document["decoder"] = {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "never"}};
        QCOMPARE(load(document).decode(Ids{2, 2}), std::string(" c c"));
    }

    void readsSentencePieceFiles() {
        write("tokenizer.model", fixtures::small_bpe_model());
        write("tokenizer_config.json",
              R"({"added_tokens_decoder": {"9": {"content": "<new>", "special": true}}})");
        const Tokenizer legacy = Tokenizer::load(folder()).value();
        QCOMPARE(legacy.kind(), std::string("BPE"));
        QCOMPARE(legacy.bos_id(), std::optional(1));
        QCOMPARE(legacy.encode("ab"), (Ids{1, 7, 5}));                    // ▁a before ab: the better score
        QCOMPARE(legacy.encode("b<new>b", plain), (Ids{3, 5, 9, 3, 5}));  // a space after each special token
        QCOMPARE(legacy.encode("xx", plain), (Ids{3, 0}));
        QCOMPARE(legacy.encode("b<s>b", as_text), (Ids{3, 5, 0, 5}));
        QCOMPARE(legacy.encode("a<tag>a", plain), (Ids{7, 8, 4}));  // its own piece
        QCOMPARE(legacy.decode(Ids{7, 5, 3, 5}), std::string("ab b"));
        write("tokenizer_config.json",
              R"({"legacy": false, "tokenizer_class": "LlamaTokenizer", "add_eos_token": true,
                  "added_tokens_decoder": {"9": {"content": "<new>", "special": true}}})");
        const Tokenizer later = Tokenizer::load(folder()).value();
        QCOMPARE(later.encode("b<new>b"), (Ids{1, 3, 5, 9, 5, 2}));
    }

    // fairseq's four tokens come first, everything else counts one more than in the file, the mask comes last.
    void readsTheFileOfXlmRoberta() {
        write("sentencepiece.bpe.model", fixtures::small_bpe_model());
        write("config.json", R"({"model_type": "xlm-roberta"})");
        const Tokenizer tokenizer = Tokenizer::load(folder()).value();
        QCOMPARE(tokenizer.vocab_size(), 11);
        QCOMPARE(tokenizer.bos_id(), std::optional(0));
        QCOMPARE(tokenizer.pad_id(), std::optional(1));
        QCOMPARE(tokenizer.eos_id(), std::optional(2));
        QCOMPARE(tokenizer.unk_id(), std::optional(3));
        QCOMPARE(tokenizer.encode("ab"), (Ids{0, 8, 6, 2}));
        QCOMPARE(tokenizer.encode("b x", plain), (Ids{4, 6, 4, 3}));
        QCOMPARE(tokenizer.encode("b <mask>", plain), (Ids{4, 6, 10}));
        QCOMPARE(tokenizer.encode("<mask>", as_text), (Ids{4, 3, 5, 3}));  // no mask: what is unknown around an a
        QCOMPARE(tokenizer.frame().middle, (Ids{2, 2}));
        QCOMPARE(tokenizer.frame().end, (Ids{2}));
        QCOMPARE(tokenizer.decode(Ids{8, 6, 4, 6}), std::string("ab b"));
    }

    void readsTheFileOfT5() {
        write("spiece.model", fixtures::small_bpe_model());
        write("tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer"})");
        const Tokenizer tokenizer = Tokenizer::load(folder()).value();
        QCOMPARE(tokenizer.encode("ab"), (Ids{7, 5, 2}));
        QCOMPARE(tokenizer.encode("<extra_id_0>", plain), (Ids{108}));
        QCOMPARE(tokenizer.encode("<extra_id_99>", plain), (Ids{9}));
        write("tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer", "extra_ids": 0})");
        QCOMPARE(Tokenizer::load(folder()).value().vocab_size(), 9);
    }

    void endlessWorkIsRefused() {
        Json document = unigram();
        document["pre_tokenizer"] = {
            {"type", "Split"}, {"pattern", {{"Regex", "(a+)+[bc]"}}}, {"behavior", "Isolated"}};
        const Tokenizer search = load(document);
        QVERIFY_THROWS_EXCEPTION(Failure, search.encode(std::string(64, 'a')));
        document = unigram();
        document["normalizer"] = {{"type", "Sequence"}, {"normalizers", Json::array()}};
        for (int i = 0; i < 60; ++i)
            document["normalizer"]["normalizers"].push_back(
                {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}});
        const Tokenizer growth = load(document);
        QVERIFY_THROWS_EXCEPTION(Failure, growth.encode("a"));
        document = unigram();
        document["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", Json::array()}};
        for (int i = 0; i < 60; ++i)
            document["pre_tokenizer"]["pretokenizers"].push_back({{"type", "ByteLevel"}});
        const Tokenizer spelled = load(document);  // each step spells a byte with up to two
        QVERIFY_THROWS_EXCEPTION(Failure, spelled.encode("\xC3\xA9"));
    }

    void refusesWhatItCannotRead() {
        Json document = unigram();
        document["model"]["unk_id"] = 99;
        QVERIFY(refusal(document).find("\"unk_id\"") != std::string::npos);
        document = unigram();
        document["model"]["vocab"].push_back(Json::array({1, 2}));
        QVERIFY(refusal(document).find("with its score") != std::string::npos);
        document = word_piece();
        document["model"]["unk_token"] = "absent";
        QVERIFY(refusal(document).find("'absent'") != std::string::npos);
        document = unigram();
        document["pre_tokenizer"]["prepend_scheme"] = "odd";
        QVERIFY(refusal(document).find("'odd'") != std::string::npos);
        document = unigram();
        document["normalizer"] = {{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA"}};
        QVERIFY(refusal(document).find("damaged") != std::string::npos);
        document["normalizer"]["precompiled_charsmap"] = "?";
        QVERIFY(refusal(document).find("base64") != std::string::npos);
        const std::string most(1024, 'b'), longer(1025, 'b');
        const auto rules = [](const std::string& text) {
            return Json{{"type", "Precompiled"},
                        {"precompiled_charsmap", fixtures::base64(fixtures::chars_map('A', text))}};
        };
        document["normalizer"] = rules(most);
        QCOMPARE(refusal(document), std::string());
        document["normalizer"] = rules(longer);
        QVERIFY(refusal(document).find("longer than 1024 bytes") != std::string::npos);
        document["normalizer"] = {{"type", "Prepend"}, {"prepend", longer}};
        QVERIFY(refusal(document).find("\"prepend\" of 1025 bytes") != std::string::npos);
        document["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", longer}};
        QVERIFY(refusal(document).find("\"content\" of 1025 bytes") != std::string::npos);

        std::filesystem::remove(folder() / "tokenizer.json");
        const std::string good = fixtures::small_bpe_model();
        for (std::size_t size = 0; size < good.size(); ++size) {
            write("tokenizer.model", good.substr(0, size));
            const std::string message = refusal();
            // Cut between two fields it is a shorter file, good or not.
            QVERIFY2(message.empty() || message.find("tokenizer.model") != std::string::npos,
                     message.c_str());
        }
        write("tokenizer.model", "IQ== 0\nIg== 1\n");
        QVERIFY(refusal().find("not a SentencePiece model") != std::string::npos);
        std::filesystem::remove(folder() / "tokenizer.model");
        write("spiece.model", "x");
        QVERIFY(refusal().find("spiece.model") != std::string::npos);
        write("spiece.model", good);  // whose class nobody names
        QVERIFY(refusal().find("GPT2Tokenizer") != std::string::npos);
        write("tokenizer_config.json", R"({"tokenizer_class": "AlbertTokenizer"})");
        QVERIFY(refusal().find("AlbertTokenizer") != std::string::npos);
        std::filesystem::remove(folder() / "spiece.model");
        write("spm.model", good);
        write("tokenizer_config.json", R"({"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": true})");
        QVERIFY(refusal().find("do_lower_case") != std::string::npos);
        std::filesystem::remove(folder() / "spm.model");
        write("sentencepiece.bpe.model", fixtures::piece("a", -1, 1) + fixtures::piece("<unk>", 0, 2));
        write("tokenizer_config.json", R"({"tokenizer_class": "XLMRobertaTokenizer"})");
        QVERIFY(refusal().find("does not begin with <unk>") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TstTokenizerKinds)
#include "tst_tokenizer_kinds.moc"
