// Training a byte-level vocabulary, and the parts of splitting that it shares with reading one.
#include "engine/bpe_trainer.h"
#include "engine/tokenizer.h"
#include "formats/golden.h"
#include "io/file.h"
#include "tokenizer/onig_pattern.h"
#include "tokenizer/split.h"

#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace engine;
using Pieces = std::vector<std::string_view>;

namespace {

Pieces cut(std::string_view text, const char* pattern, const char* behavior, bool invert = false) {
    Pieces pieces;
    split_piece(text, Regex(pattern, "a test").find_all(text), split_behavior(behavior, "a test"), invert,
                pieces);
    return pieces;
}

std::string sample_text() {
    std::string text;
    for (int i = 0; i < 300; ++i)
        text += "The price of item " + std::to_string(i * 37) + " isn't low; the café sells it for " +
                std::to_string(i) + ".\n<|eos|>";
    return text;
}

}  // namespace

class TstBpeTrainer : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void learnsTheMostFrequentPairFirst() {
        // "aab" x 3, "ab" x 2: a+b meets 5 times, a+a 3 times; then a+ab 3 times.
        const TrainedBpe trained = train_bpe(
            "aab aab aab ab ab", {.vocab_size = 260, .special_tokens = {}, .split_pattern = "[ab]+| "});
        using Merges = std::vector<std::pair<std::string, std::string>>;
        QCOMPARE(trained.merges, (Merges{{"a", "b"}, {"a", "ab"}}));  // nothing else meets twice
        QCOMPARE(trained.vocabulary.back(), std::string("aab"));
        QCOMPARE(trained.vocabulary.size(), std::size_t{258});
    }

    void sameTextGivesTheSameFiles() {
        QTemporaryDir first, second;
        for (const QTemporaryDir* folder : {&first, &second})
            write_tokenizer(train_bpe(sample_text(), {.vocab_size = 400}), {"<|bos|>", "<|eos|>", "<|pad|>"},
                            folder->path().toStdString());
        for (const char* name : {"/tokenizer.json", "/tokenizer_config.json"})
            QCOMPARE(read_text(first.path().toStdString() + name),
                     read_text(second.path().toStdString() + name));
    }

    void whatItWritesLoadsAndReturnsAnyText() {
        QTemporaryDir folder;
        const TrainedBpe trained = train_bpe(sample_text(), {.vocab_size = 400});
        write_tokenizer(trained, {"<|bos|>", "<|eos|>", "<|pad|>"}, folder.path().toStdString());
        const Tokenizer tokenizer = Tokenizer::load(folder.path().toStdString()).value();
        QCOMPARE(tokenizer.vocab_size(), static_cast<std::int64_t>(trained.vocabulary.size()));
        QCOMPARE(tokenizer.bos_id(), std::optional(0));
        QCOMPARE(tokenizer.eos_id(), std::optional(1));
        QCOMPARE(tokenizer.pad_id(), std::optional(2));
        const EncodeOptions plain{.add_special_tokens = false};
        QCOMPARE(tokenizer.encode("a").front(), 0);
        QCOMPARE(tokenizer.encode("a<|eos|>", plain).back(), 1);
        QVERIFY(tokenizer.encode(" price", plain).size() <= 2);
        QCOMPARE(tokenizer.encode("1234", plain).size(), std::size_t{4});  // every digit on its own
        std::mt19937 random(7);
        for (int round = 0; round < 200; ++round) {
            std::string text;  // any characters, control characters and astral planes included
            for (int i = 0; i < 40; ++i) {
                char32_t code = random() % 4 ? random() % 0x250 : random() % 0x110000;
                if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
                text += QString::fromUcs4(&code, 1).toStdString();
            }
            QCOMPARE(tokenizer.decode(tokenizer.encode(text, plain)), text);
        }
    }

    void refusesWhatCannotBe() {
        QVERIFY(!golden::failure_of([] { train_bpe("a", {.vocab_size = 100}); }).empty());
        QTemporaryDir folder;
        const TrainedBpe trained = train_bpe("a", {.vocab_size = 300});
        QVERIFY(!golden::failure_of([&] {
                     write_tokenizer(trained, {.bos = "<other>"}, folder.path().toStdString());
                 }).empty());
    }

    void splitsAsTheBehavioursSay() {
        const char* text = "the-final--countdown";
        QCOMPARE(cut(text, "-", "Isolated"), (Pieces{"the", "-", "final", "-", "-", "countdown"}));
        QCOMPARE(cut(text, "-", "Removed"), (Pieces{"the", "final", "countdown"}));
        QCOMPARE(cut(text, "-", "MergedWithPrevious"), (Pieces{"the-", "final-", "-", "countdown"}));
        QCOMPARE(cut(text, "-", "MergedWithNext"), (Pieces{"the", "-final", "-", "-countdown"}));
        QCOMPARE(cut(text, "-", "Contiguous"), (Pieces{"the", "-", "final", "--", "countdown"}));
        QCOMPARE(cut(text, "[a-z]+", "Removed", true), (Pieces{"the", "final", "countdown"}));
        QVERIFY(!golden::failure_of([] { cut("a", "a", "Other"); }).empty());
    }

    void patternsMeanWhatTheyMeanInOniguruma() {
        QCOMPARE(cut("a\u00A0b\u180Ec", R"(\s)", "Isolated"), (Pieces{"a", "\u00A0", "b\u180Ec"}));
        QCOMPARE(cut("a b\u180E", R"(\S+)", "Removed"), (Pieces{" "}));
        QCOMPARE(cut("fg 9", R"(\h)", "Removed"), (Pieces{"g "}));
        QCOMPARE(cut("12345", R"(\p{N}{1,3})", "Isolated"), (Pieces{"123", "45"}));
        QCOMPARE(cut("12345", R"(\p{N}{1,3}+)", "Isolated"), (Pieces{"12345"}));  // a repeated repetition
        QCOMPARE(cut("12345x", R"((?:\d\d){1}+)", "Isolated"), (Pieces{"1234", "5x"}));
        QCOMPARE(cut("'S'\u017F", R"((?i:'s))", "Isolated"), (Pieces{"'S", "'\u017F"}));  // long s folds to s
        QCOMPARE(cut("a\nb", R"(^b$)", "Isolated"), (Pieces{"a\n", "b"}));
        QCOMPARE(cut("a\nb", R"((?m:.+))", "Isolated"), (Pieces{"a\nb"}));
        QCOMPARE(
            translate_onig_pattern(R"([^\s\u00e9\\\]])", "a test").find("\\x{00e9}") != std::string::npos,
            true);
        for (const char* pattern : {"[a[b]]", "[a&&b]", "[a", "\\", R"([\W])", R"(\p{L)", "(", R"(\X)"})
            QVERIFY2(!golden::failure_of([&] { Regex(pattern, "a test"); }).empty(), pattern);
    }
};

QTEST_GUILESS_MAIN(TstBpeTrainer)
#include "tst_bpe_trainer.moc"
