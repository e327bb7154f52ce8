// SentencePiece model files against libsentencepiece itself: models trained here in a second, and texts made
// at random from what such files treat specially.
#include "engine/tokenizer.h"
#include "io/file.h"
#include "tokenizer/sentencepiece_file.h"

#include <QTemporaryDir>
#include <QTest>

#ifdef LWB_HAVE_SENTENCEPIECE
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#endif

#include <random>

using namespace engine;

#ifdef LWB_HAVE_SENTENCEPIECE
namespace {

class Lines : public sentencepiece::SentenceIterator {
  public:
    explicit Lines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
    bool done() const override { return at_ == lines_.size(); }
    void Next() override { ++at_; }
    const std::string& value() const override { return lines_[at_]; }
    sentencepiece::util::Status status() const override { return {}; }

  private:
    std::vector<std::string> lines_;
    std::size_t at_ = 0;
};

}  // namespace
#endif

class TstSentencepiece : public QObject {
    Q_OBJECT

#ifndef LWB_HAVE_SENTENCEPIECE
  private Q_SLOTS:
    void equalsTheLibrary() {
        QSKIP("SKIPPED: libsentencepiece-dev was not there when this was built, so this was NOT compared");
    }
#else
    static std::vector<std::string> corpus() {
        const char* words[] = {
            "the",   "tower", "leans",   "and", "nobody", "minds", "caf\xC3\xA9", "lean",
            "tow",   "mind",  "again",   "3",   "42",     "(now)", "x=y",         "\xE6\x97\xA5\xE6\x9C\xAC",
            "stone", "stony", "leaning", "rain"};
        std::mt19937 random(7);
        std::vector<std::string> lines;
        for (int i = 0; i < 400; ++i) {
            std::string line;
            for (int n = 0; n < 12; ++n)
                line += std::string(n ? " " : "") + words[random() % std::size(words)];
            lines.push_back(line + ".");
        }
        return lines;
    }

    static std::string random_text(std::mt19937& random) {
        static const char* const parts[] = {"tower",        "lean",
                                            "the ",         " ",
                                            "  ",           "\t",
                                            "\n",           "minds",
                                            "caf\xC3\xA9",  "e\xCC\x81",
                                            "\xEF\xBC\xA1", "\xC2\xA0",
                                            "\xE3\x80\x80", "\xE2\x96\x81",
                                            "<s>",          "</s>",
                                            "<unk>",        "[sep]",
                                            "[se",          "ab]",
                                            "<0x41>",       "\xF0\x9F\x98\x80",
                                            "zq",           "\xE6\x97\xA5",
                                            "stony",        ".",
                                            "\xEF\xAC\x81", "\xE2\x80\x8B",
                                            "42",           "aaaaaaaa",
                                            "\xEF\xBB\xBF", "\xC2\xAD"};
        std::string text;
        for (auto n = random() % 12; n > 0; --n) text += parts[random() % std::size(parts)];
        return text;
    }

  private Q_SLOTS:
    void equalsTheLibrary_data() {
        QTest::addColumn<QString>("flags");
        QTest::newRow("unigram, usual rules") << "--model_type=unigram --vocab_size=90";
        QTest::newRow("unigram, byte fallback") << "--model_type=unigram --vocab_size=340 "
                                                   "--byte_fallback=true --normalization_rule_name=identity";
        QTest::newRow("unigram, white space kept")
            << "--model_type=unigram --vocab_size=90 "
               "--remove_extra_whitespaces=false --add_dummy_prefix=false";
        QTest::newRow("unigram, own pieces")
            << "--model_type=unigram --vocab_size=95 --user_defined_symbols=[sep],<tag>,ab]";
        QTest::newRow("bpe, usual rules") << "--model_type=bpe --vocab_size=90";
        QTest::newRow("bpe, byte fallback")
            << "--model_type=bpe --vocab_size=360 --byte_fallback=true --normalization_rule_name=identity "
               "--remove_extra_whitespaces=false";
        QTest::newRow("bpe, own pieces") << "--model_type=bpe --vocab_size=95 "
                                            "--user_defined_symbols=[sep],<tag>,ab] --add_dummy_prefix=false";
        QTest::newRow("bpe, space behind")
            << "--model_type=bpe --vocab_size=90 --treat_whitespace_as_suffix=true";
        QTest::newRow("unigram, folded case")
            << "--model_type=unigram --vocab_size=90 --normalization_rule_name=nmt_nfkc_cf";
    }
    void equalsTheLibrary() {
        QFETCH(QString, flags);
        std::string bytes;
        Lines lines(corpus());
        const auto trained = sentencepiece::SentencePieceTrainer::Train(
            flags.toStdString() + " --minloglevel=2 --num_threads=1 --hard_vocab_limit=false", &lines,
            &bytes);
        QVERIFY2(trained.ok(), trained.ToString().c_str());
        sentencepiece::SentencePieceProcessor library;
        QVERIFY(library.LoadFromSerializedProto(bytes).ok());

        QTemporaryDir temporary;
        const std::filesystem::path folder = temporary.path().toStdString();
        atomic_write_text(folder / "tokenizer.model", bytes);
        atomic_write_text(folder / "tokenizer_config.json", R"({"add_bos_token": false})");
        const Tokenizer tokenizer = Tokenizer::load(folder).value();
        const SentencePieceFile file = parse_sentencepiece(bytes, "the model");
        QCOMPARE(static_cast<int>(file.pieces.size()), library.GetPieceSize());
        for (int id = 0; id < library.GetPieceSize(); ++id) {
            const SentencePiece& piece = file.pieces[static_cast<std::size_t>(id)];
            QCOMPARE(piece.text, library.IdToPiece(id));
            QCOMPARE(piece.score, library.GetScore(id));
            QCOMPARE(piece.type == PieceType::control, library.IsControl(id));
            QCOMPARE(piece.type == PieceType::byte, library.IsByte(id));
        }

        std::mt19937 random(11);
        std::vector<std::string> texts = corpus();
        for (int i = 0; i < 3000; ++i) texts.push_back(random_text(random));
        for (const std::string& text : texts) {
            const std::vector<int> expected = library.EncodeAsIds(text);
            const auto ids = tokenizer.encode(text, {.add_special_tokens = false, .parse_special = false});
            QVERIFY2(ids == expected, (text + " -> " + tokenizer.decode(ids)).c_str());
        }
    }
#endif
};

QTEST_GUILESS_MAIN(TstSentencepiece)
#include "tst_sentencepiece.moc"
