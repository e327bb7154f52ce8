// Every kind of tokenizer against the ids and texts of the reference implementations.
#include "engine/tokenizer.h"
#include "formats/golden.h"
#include "io/file.h"
#include "io/json.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <cstdlib>

using namespace engine;
using Ids = std::vector<std::int32_t>;

namespace {

// The reference that gave the decoded texts reads fallback bytes with JavaScript's TextDecoder, which
// swallows this character; the others keep it, and so do we.
constexpr const char* byte_order_mark = "\xEF\xBB\xBF";

constexpr EncodeOptions plain{.add_special_tokens = false};
constexpr EncodeOptions as_text{.add_special_tokens = false, .parse_special = false};

struct Kind {
    const char* name;
    const char* kind;
    std::vector<const char*> files;  // other files that say the same as tokenizer.json, without it
    bool byte_fallback = false;
};
const Kind kinds[] = {
    {"gpt2_style", "byte-level BPE", {"vocab.json", "merges.txt"}},
    {"roberta_style", "byte-level BPE", {"vocab.json", "merges.txt"}},
    {"llama3_style", "byte-level BPE", {}},
    {"qwen2_style", "byte-level BPE", {"vocab.json", "merges.txt"}},
    {"llama2_style", "BPE", {}, true},
    {"llama2_style_nonlegacy", "BPE", {}, true},
    {"unigram_style", "Unigram", {}},
    {"bert_cased", "WordPiece", {}},
    {"bert_uncased", "WordPiece", {}},
};

std::string shown(const Json& item, const Ids& ids) {
    std::string text = dump_json(item, -1) + " but here";
    for (const std::int32_t id : ids) text += " " + std::to_string(id);
    return text;
}

}  // namespace

class TstTokenizerReferences : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void equalsTheReferences_data() {
        QTest::addColumn<int>("index");
        QTest::addColumn<bool>("otherFiles");
        for (int i = 0; i < static_cast<int>(std::size(kinds)); ++i) {
            QTest::newRow(kinds[i].name) << i << false;
            if (!kinds[i].files.empty())
                QTest::newRow((std::string(kinds[i].name) + " without tokenizer.json").c_str()) << i << true;
        }
    }
    void equalsTheReferences() {
        QFETCH(int, index);
        QFETCH(bool, otherFiles);
        const Kind& kind = kinds[index];
        auto files = golden::folder(std::string("tokenizers/") + kind.name);
        SKIP_WITHOUT_GOLDEN(files);
        const Json cases = read_json_file(files / "golden_tokens.json");
        QTemporaryDir temporary;
        if (otherFiles) {
            const std::filesystem::path folder = temporary.path().toStdString();
            copy_file_atomic(files / "tokenizer_config.json", folder / "tokenizer_config.json");
            for (const char* file : kind.files) copy_file_atomic(files / file, folder / file);
            files = folder;
        }
        const Tokenizer tokenizer = Tokenizer::load(files).value();
        QVERIFY(cases.size() > 50);
        for (const Json& item : cases) {
            const auto text = item["text"].get<std::string>();
            const Ids with = tokenizer.encode(text);
            QVERIFY2(with == item["ids"].get<Ids>(), shown(item, with).c_str());
            const Ids ids = tokenizer.encode(text, plain);
            QVERIFY2(ids == item["ids_no_special"].get<Ids>(), shown(item, ids).c_str());
            const std::string decoded = tokenizer.decode(ids);
            const bool lossy = text.find(byte_order_mark) != std::string::npos && kind.byte_fallback;
            const std::string expected = lossy ? text : item["decoded"].get<std::string>();
            QVERIFY2(decoded == expected, (shown(item, ids) + " which gives " + dump_json(decoded)).c_str());
            StreamDecoder stream(tokenizer, false);
            std::string streamed;
            for (const std::int32_t id : ids) streamed += stream.push(id);
            QCOMPARE(streamed + stream.flush(), expected);
            for (const std::int32_t id : tokenizer.encode(text, as_text))
                QVERIFY2(!tokenizer.is_special(id) || id == tokenizer.unk_id(), text.c_str());
        }
        QCOMPARE(tokenizer.kind(), std::string(kind.kind));
    }

    // Where the vocabulary is given by another file alone, which may mean other ids than tokenizer.json.
    void equalsTheSlowReferences_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("file");
        QTest::newRow("llama2_style") << "llama2_style"
                                      << "tokenizer.model";
        QTest::newRow("llama2_style_nonlegacy") << "llama2_style_nonlegacy"
                                                << "tokenizer.model";
        QTest::newRow("unigram_style") << "unigram_style"
                                       << "spm.model";
        QTest::newRow("bert_cased") << "bert_cased"
                                    << "vocab.txt";
        QTest::newRow("bert_uncased") << "bert_uncased"
                                      << "vocab.txt";
    }
    void equalsTheSlowReferences() {
        QFETCH(QString, name);
        QFETCH(QString, file);
        const auto files = golden::folder("tokenizers/" + name.toStdString());
        SKIP_WITHOUT_GOLDEN(files);
        QTemporaryDir temporary;
        const std::filesystem::path folder = temporary.path().toStdString();
        for (const std::string& one : {file.toStdString(), std::string("tokenizer_config.json")})
            copy_file_atomic(files / one, folder / one);
        const Tokenizer tokenizer = Tokenizer::load(folder).value();
        for (const Json& item : read_json_file(files / "golden_tokens.json")) {
            const auto text = item["text"].get<std::string>();
            const bool differs = item.contains("python_slow_ids");
            if (name != "unigram_style") {  // whose reference is sentencepiece alone
                const Ids with = tokenizer.encode(text);
                QVERIFY2(with == item[differs ? "python_slow_ids" : "ids"].get<Ids>(),
                         shown(item, with).c_str());
            }
            if (file != "vocab.txt") {
                const char* key = item.contains("sentencepiece_ids") ? "sentencepiece_ids" : "ids_no_special";
                const Ids alone = tokenizer.encode(text, as_text);
                QVERIFY2(alone == item[key].get<Ids>(), shown(item, alone).c_str());
            }
            const bool lossy = text.find(byte_order_mark) != std::string::npos && name.startsWith("llama2");
            if (!differs && !lossy && !item.contains("sentencepiece_ids"))
                QCOMPARE(tokenizer.decode(tokenizer.encode(text, plain)), item["decoded"].get<std::string>());
        }
    }

    void equalsTheReferenceOnThePublishedVocabulary() {
        const auto cases = golden::folder("tokenizers/gpt2_published/golden_tokens.json");
        SKIP_WITHOUT_GOLDEN(cases);
        const char* vocabulary = std::getenv("LWB_GPT2_VOCABULARY");
        if (!vocabulary)
            QSKIP(
                "SKIPPED: LWB_GPT2_VOCABULARY names no folder with GPT-2's vocab.json and merges.txt, so "
                "this was "
                "NOT compared");
        const Tokenizer tokenizer = Tokenizer::load(vocabulary).value();
        for (const Json& item : read_json_file(cases))
            QCOMPARE(tokenizer.encode(item["text"].get<std::string>()), item["ids"].get<Ids>());
    }

    void equalsTheReferencesOnChats() {
        for (const char* name : {"llama2_style", "llama3_style", "qwen2_style"}) {
            const auto files = golden::folder(std::string("tokenizers/") + name);
            SKIP_WITHOUT_GOLDEN(files);
            const Tokenizer tokenizer = Tokenizer::load(files).value();
            for (const Json& item : read_json_file(files / "golden_chat.json"))
                if (item.contains("rendered") && item["rendered"].is_string())
                    QCOMPARE(tokenizer.encode(item["rendered"].get<std::string>(), plain),
                             item["ids"].get<Ids>());
        }
    }

    // A figure to read, and a bound that only a mistake of another order of magnitude would break.
    void isFast_data() { equalsTheReferences_data(); }
    void isFast() {
        QFETCH(int, index);
        QFETCH(bool, otherFiles);
        if (otherFiles) return;
        const auto files = golden::folder(std::string("tokenizers/") + kinds[index].name);
        SKIP_WITHOUT_GOLDEN(files);
        const Tokenizer tokenizer = Tokenizer::load(files).value();
        std::string corpus;
        const std::string prose = read_text(std::filesystem::path(LWB_SOURCE_DIR) / "LICENSE");
        while (corpus.size() < 4 << 20) {
            corpus += prose;
            // Words that no cache has seen.
            for (int i = 0; i < 500; ++i)
                corpus += " w" + std::to_string((corpus.size() * 2654435761u + i) % 100'000'007);
        }
        QElapsedTimer timer;
        timer.start();
        const std::size_t count = tokenizer.encode(corpus, as_text).size();
        const double seconds = static_cast<double>(timer.nsecsElapsed()) * 1e-9;
        const double rate = static_cast<double>(corpus.size()) / 1e6 / seconds;
        qInfo("%s: %.1f MB/s on one core (%zu tokens)", kinds[index].name, rate, count);
        QVERIFY(rate > 0.2);
    }
};

QTEST_GUILESS_MAIN(TstTokenizerReferences)
#include "tst_tokenizer_references.moc"
