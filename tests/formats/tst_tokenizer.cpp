// The tokenizer as a whole: the rules of its files on small byte-level examples worked out by hand.
#include "engine/tokenizer.h"
#include "io/file.h"
#include "io/json.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace engine;
using Ids = std::vector<std::int32_t>;

namespace {

std::filesystem::path own_folder() {
    return std::filesystem::path(LWB_SOURCE_DIR) / "tests/data/tokenizer";
}
Json own_document() {
    return read_json_file(own_folder() / "tokenizer.json");
}

constexpr EncodeOptions plain{.add_special_tokens = false};
constexpr EncodeOptions as_text{.add_special_tokens = false, .parse_special = false};

}  // namespace

class TstTokenizer : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path folder() const { return temporary_->path().toStdString(); }
    void write(const char* name, const Json& document) const {
        atomic_write_text(folder() / name, dump_json(document));
    }
    Tokenizer load(const Json& document) const {
        write("tokenizer.json", document);
        return Tokenizer::load(folder()).value();
    }
    // The sentence with which a document changed in one place is refused.
    std::string refusal(const char* key, const Json& value) const {
        Json document = own_document();
        document[key] = value;
        write("tokenizer.json", document);
        const auto result = Tokenizer::load(folder());
        return result.ok() ? std::string() : result.error().message;
    }

  private Q_SLOTS:
    void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

    void knowsItsSpecialTokens() {
        const Tokenizer tokenizer = Tokenizer::load(own_folder()).value();
        QCOMPARE(tokenizer.bos_id(), std::optional(20));
        QCOMPARE(tokenizer.eos_id(), std::optional(21));
        QVERIFY(!tokenizer.pad_id() && !tokenizer.unk_id());
        QCOMPARE(tokenizer.vocab_size(), std::int64_t{24});
        QVERIFY(tokenizer.is_special(20) && !tokenizer.is_special(22) && !tokenizer.is_special(0));
        QCOMPARE(tokenizer.id("Ġab"), std::optional(16));
        QCOMPARE(tokenizer.id("<bos>"), std::optional(20));
        QVERIFY(!tokenizer.id("absent"));
        QCOMPARE(tokenizer.token(16), std::string("Ġab"));
        QCOMPARE(tokenizer.piece_text(16), std::string(" ab"));
        QCOMPARE(tokenizer.piece_text(4), std::string("\xC3"));
        QVERIFY(tokenizer.contains(23) && !tokenizer.contains(24) && !tokenizer.contains(-1));
    }

    void mergesInTheOrderOfTheRanks() {
        const Tokenizer tokenizer = Tokenizer::load(own_folder()).value();
        QCOMPARE(tokenizer.encode("abc"), (Ids{20, 17}));  // b+c first, then a+bc
        QCOMPARE(tokenizer.encode("ab ab", plain), (Ids{14, 16}));
        QCOMPARE(tokenizer.encode("aaaaa", plain), (Ids{23, 0}));  // pairs from the left
        QCOMPARE(tokenizer.encode("\xC3\xA9", plain), Ids{19});    // é
        QCOMPARE(tokenizer.encode("e\xCC\x81", plain), Ids{19});   // e + combining acute, composed by NFC
        QCOMPARE(tokenizer.encode("", plain), Ids{});
        QCOMPARE(tokenizer.encode("x", plain), Ids{});  // no such byte, no unknown token: dropped
    }

    void findsAddedTokens() {
        const Tokenizer tokenizer = Tokenizer::load(own_folder()).value();
        QCOMPARE(tokenizer.encode("a \n<gap>\t b", plain),
                 (Ids{0, 21, 1}));  // swallows white space around it
        QCOMPARE(tokenizer.encode("<gap> <gap>", plain), (Ids{21, 21}));
        QCOMPARE(tokenizer.encode("toto", plain), Ids{22});
        QCOMPARE(tokenizer.encode("totoo", plain), (Ids{9, 10, 9, 10, 10}));  // single_word
        QCOMPARE(tokenizer.encode("toto toto", plain), (Ids{22, 3, 22}));
        QCOMPARE(tokenizer.encode("a<bos>b", plain), (Ids{0, 20, 1}));
        QCOMPARE(tokenizer.encode("a<bos>", as_text), (Ids{0, 1, 10}));  // of "<bos>" only b and o are known
        QCOMPARE(tokenizer.encode("toto", as_text), Ids{22});            // not special: stays a token
    }

    void decodes() {
        const Tokenizer tokenizer = Tokenizer::load(own_folder()).value();
        const Ids ids = {20, 17, 16, 4};
        QCOMPARE(tokenizer.decode(ids), std::string("<bos>abc ab\xEF\xBF\xBD"));
        QCOMPARE(tokenizer.decode(ids, true), std::string("abc ab\xEF\xBF\xBD"));
        QCOMPARE(tokenizer.decode(Ids{0, 999, 1}), std::string("a\xEF\xBF\xBD"
                                                               "b"));
        QCOMPARE(tokenizer.decode({}), std::string());
    }

    void streamsOnlyWholeCharacters() {
        StreamDecoder stream(Tokenizer::load(own_folder()).value());
        QCOMPARE(stream.push(20), std::string());
        QCOMPARE(stream.push(0), std::string("a"));
        QCOMPARE(stream.push(4), std::string());
        QCOMPARE(stream.push(5), std::string("\xC3\xA9"));
        QCOMPARE(stream.push(4), std::string());
        QCOMPARE(stream.flush(), std::string("\xEF\xBF\xBD"));
        QCOMPARE(stream.flush(), std::string());
    }

    void replacesInvalidUtf8() {
        const Tokenizer tokenizer = Tokenizer::load(own_folder()).value();
        const Ids replacement = {11, 12, 13};  // EF BF BD
        QCOMPARE(tokenizer.encode("\xFF", plain), replacement);
        QCOMPARE(tokenizer.encode("\xE2\x82", plain), replacement);                // one truncated character
        QCOMPARE(tokenizer.encode("\xED\xA0\x80", plain).size(), std::size_t{9});  // a surrogate: three times
        QCOMPARE(tokenizer.encode("\xC0\xAF", plain).size(), std::size_t{6});      // overlong
        QCOMPARE(tokenizer.encode(std::string("a\0b", 3), plain), (Ids{0, 1}));
    }

    void readsOtherArrangements() {
        Json document = own_document();
        document["model"]["merges"] = {"b c", "a b"};
        QCOMPARE(load(document).encode("abc", plain), (Ids{0, 15}));
        document["model"]["ignore_merges"] = true;
        QCOMPARE(load(document).encode("abc", plain), Ids{17});
        document["post_processor"] = {{"type", "BertProcessing"}, {"cls", {"a", 0}}, {"sep", {"b", 1}}};
        QCOMPARE(load(document).encode("abc"), (Ids{0, 17, 1}));
        document["pre_tokenizer"]["add_prefix_space"] = true;
        QCOMPARE(load(document).encode("ab", plain), (Ids{16}));
        document["model"]["unk_token"] = "c";
        QCOMPARE(load(document).encode("xyab", plain), (Ids{3, 2, 2, 14}));
        document["model"]["fuse_unk"] = true;
        QCOMPARE(load(document).encode("xyab", plain), (Ids{3, 2, 14}));
    }

    void fallsBackToBytes() {
        Json document = {
            {"model",
             {{"type", "BPE"}, {"vocab", {{"a", 256}}}, {"merges", Json::array()}, {"byte_fallback", true}}}};
        document["decoder"] = {{"type", "Sequence"},
                               {"decoders", {{{"type", "ByteFallback"}}, {{"type", "Fuse"}}}}};
        for (int byte = 0; byte < 256; ++byte) {
            char name[8];
            std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
            document["model"]["vocab"][name] = byte;
        }
        const Tokenizer tokenizer = load(document);
        QCOMPARE(tokenizer.encode("a\xC3\xA9"), (Ids{256, 0xC3, 0xA9}));
        QCOMPARE(tokenizer.decode(Ids{256, 0xC3, 0xA9, 0xFF, 256}),
                 std::string("a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                             "a"));
        QCOMPARE(tokenizer.decode(Ids{0xC3, 0xA9}), std::string("\xC3\xA9"));
        QCOMPARE(tokenizer.piece_text(0xC3), std::string("\xC3"));
        QCOMPARE(tokenizer.kind(), std::string("BPE"));
    }

    void takesRolesFromTheOtherFiles() {
        Json document = own_document();
        document["added_tokens"] = Json::array();
        document["post_processor"] = nullptr;
        write("special_tokens_map.json", {{"eos_token", "aaaa"}, {"pad_token", {{"content", "ab"}}}});
        write("added_tokens.json", {{"<new>", 30}});
        write("generation_config.json", {{"eos_token_id", {17, 23, 999}}, {"bos_token_id", 5}});
        const Tokenizer tokenizer = load(document);
        QCOMPARE(tokenizer.eos_id(), std::optional(23));
        QCOMPARE(tokenizer.pad_id(), std::optional(14));
        QCOMPARE(tokenizer.bos_id(), std::optional(5));
        QCOMPARE(tokenizer.stop_ids(), (Ids{23, 17}));
        QVERIFY(tokenizer.is_special(23));
        QCOMPARE(tokenizer.vocab_size(), std::int64_t{31});
        QCOMPARE(tokenizer.encode("c<new>c"), (Ids{2, 30, 2}));
        QVERIFY(!tokenizer.contains(27));
    }

    void refusesWhatItCannotRead() {
        QVERIFY(refusal("pre_tokenizer", {{"type", "UnicodeScripts"}}).find("'UnicodeScripts'") !=
                std::string::npos);
        QVERIFY(refusal("normalizer", {{"type", "Odd"}}).find("supported are NFC") != std::string::npos);
        QVERIFY(refusal("decoder", {{"type", "CTC"}}).find("'CTC'") != std::string::npos);
        QVERIFY(refusal("post_processor", {{"type", "Odd"}}).find("'Odd'") != std::string::npos);
        QVERIFY(refusal("model", {{"type", "Odd"}}).find("'Odd'") != std::string::npos);
        QVERIFY(!refusal("model", nullptr).empty());
        QVERIFY(!refusal("pre_tokenizer", Json::object()).empty());
        const auto split = [](const char* pattern) {
            return Json{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}};
        };
        QVERIFY(refusal("pre_tokenizer", split("(a")).find("is not understood") != std::string::npos);
        QVERIFY(refusal("pre_tokenizer", split("[a&&b]")).find("intersection") != std::string::npos);
        QVERIFY(refusal("pre_tokenizer", split("a")).empty());
        Json model = own_document()["model"];
        model["merges"] = Json::array({"a zzz"});
        QVERIFY(refusal("model", model).find("'zzz'") != std::string::npos);
        model["merges"] = Json::array();
        model["vocab"]["more"] = -1;
        QVERIFY(refusal("model", model).find("out of range") != std::string::npos);
    }

    void refusesFoldersWithoutTokenizer() {
        const auto message = [&](const std::filesystem::path& path) {
            const auto result = Tokenizer::load(path);
            return result.ok() ? std::string() : result.error().message;
        };
        QVERIFY(message(folder() / "absent").find("Check the path") != std::string::npos);
        QVERIFY(message(folder()).find("no tokenizer") != std::string::npos);
        QVERIFY(!Tokenizer::is_available(folder()));
        atomic_write_text(folder() / "tokenizer.json", "{\"model\": ");
        QVERIFY(message(folder()).find("line 1") != std::string::npos);
        atomic_write_text(folder() / "tokenizer.json", "[]");
        QVERIFY(!message(folder()).empty());
    }

    void longPiecesTakeLinearTime() {
        const Tokenizer tokenizer = Tokenizer::load(own_folder()).value();
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(tokenizer.encode(std::string(1 << 20, 'a'), plain).size(), std::size_t{1 << 18});
        QCOMPARE(tokenizer.encode(std::string(1 << 20, ' '), plain).size(), std::size_t{1 << 20});
        QVERIFY2(timer.elapsed() < 60'000, "a quadratic search would take hours");
    }

    void threadsAgree() {
        const Tokenizer tokenizer = Tokenizer::load(own_folder()).value();
        const std::string text = "abc ab aaaa caab <gap> toto";
        const Ids expected = tokenizer.encode(text);
        std::atomic<int> wrong{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, copy = tokenizer] {
                for (int i = 0; i < 200; ++i) wrong += copy.encode(text) != expected;
            });
        for (std::thread& thread : threads) thread.join();
        QCOMPARE(wrong.load(), 0);
    }
};

QTEST_GUILESS_MAIN(TstTokenizer)
#include "tst_tokenizer.moc"
