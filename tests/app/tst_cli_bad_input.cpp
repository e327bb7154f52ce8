// What is refused: one sentence on stderr, the right exit code, nothing half-written.
#include "app/lwb_process.h"

#include <QDir>
#include <QtTest>

#include <csignal>
#include <cstring>
#include <functional>
#include <sys/resource.h>
#include <sys/stat.h>

namespace {

void changeFile(const QString& path, const std::function<void(QByteArray&)>& change) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) qFatal("no file to change");
    QByteArray content = file.readAll();
    file.close();
    change(content);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size()) qFatal("file not changed");
}

QString copyOfModel(const LwbFolder& folder, const QString& name) {
    const QString target = folder.path(name);
    QDir().mkpath(target);
    for (const auto& file : QDir(microModel()).entryList(QDir::Files)) {
        QFile::copy(microModel() + "/" + file, target + "/" + file);
        QFile::setPermissions(target + "/" + file, QFile::ReadOwner | QFile::WriteOwner);
    }
    return target;
}

// One sentence or two: starts with the program's name, ends with a full stop, one line, no library talk.
bool isSentence(const QString& text) {
    return text.startsWith("lwb: ") && text.endsWith('.') && !text.contains('\n') &&
           !text.contains("c10::") && !text.contains("Exception raised") && text.size() < 900;
}

}  // namespace

class TstCliBadInput : public QObject {
    Q_OBJECT

    std::unique_ptr<LwbFolder> folder_;

    QStringList train(const QString& model, const QString& data, const QStringList& more = {}) {
        return QStringList{"train", model,          "--data", data,     "--steps",
                           "2",     "--batch-size", "2",      "--rank", "2"} +
               more;
    }

    void verifyRefused(const QStringList& arguments, int code, const QStringList& said) {
        const auto result = folder_->run(arguments + QStringList{"--json"});
        QVERIFY2(result.exitCode == code,
                 qPrintable(QString::number(result.exitCode) + " " + result.sentence()));
        // Progress comes before the sentence, and the sentence is the last line.
        const QString sentence = result.sentence().split('\n').last();
        QVERIFY2(isSentence(sentence), qPrintable(result.sentence()));
        for (const auto& part : said)
            QVERIFY2(sentence.contains(part), qPrintable(sentence + " lacks " + part));
        // The same as the one object on stdout.
        QCOMPARE("lwb: " + result.json()["error"].toObject()["message"].toString(), sentence);
    }

    // No run, no adapter, no folder of one.
    void verifyNothingLeft() {
        QCOMPARE(folder_->run({"runs", "--json"}).json()["runs"].toArray().size(), 0);
        QCOMPARE(folder_->run({"adapters", "--json"}).json()["adapters"].toArray().size(), 0);
        QVERIFY(LwbFolder::isEmpty(folder_->data() + "/runs"));
        QVERIFY(LwbFolder::isEmpty(folder_->data() + "/adapters"));
    }

  private Q_SLOTS:
    void initTestCase() {
        if (!QFileInfo::exists(microModel())) QSKIP("tests/data/micro-llama is not there");
    }
    void init() { folder_ = std::make_unique<LwbFolder>(); }

    void usage_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("said");
        QTest::newRow("no command") << QStringList{} << QStringList{"No command"};
        QTest::newRow("unknown command") << QStringList{"trian"} << QStringList{"trian"};
        QTest::newRow("unknown bench") << QStringList{"bench", "disk"} << QStringList{"disk"};
        QTest::newRow("unknown option") << QStringList{"models", "--sideways"} << QStringList{"no option --sideways."};
        QTest::newRow("half an option") << QStringList{"generate", microModel(), "--max-new", "70"}
                                        << QStringList{"'lwb generate' has no option --max-new", "--max-new-tokens"};
        QTest::newRow("one argument too many") << QStringList{"inspect", microModel(), "twice"} << QStringList{"'twice'"};
        QTest::newRow("no number") << QStringList{"train", microModel(), "--rank", "eight"}
                                   << QStringList{"--rank", "eight"};
        QTest::newRow("missing argument") << QStringList{"inspect"} << QStringList{"model"};
        QTest::newRow("no text") << QStringList{"tokenize", microModel()} << QStringList{"--text", "--file"};
        QTest::newRow("unknown id") << QStringList{"detokenize", microModel(), "--ids", "4,99999"}
                                    << QStringList{"99999"};
        QTest::newRow("unknown state")
            << QStringList{"runs", "--state", "asleep"} << QStringList{"asleep", "queued"};
        QTest::newRow("unknown run") << QStringList{"resume", "r-nobody"} << QStringList{"r-nobody"};
        QTest::newRow("unknown adapter")
            << QStringList{"generate", microModel(), "--adapter", "nobody", "--prompt", "x"}
            << QStringList{"nobody", "lwb adapters"};
        QTest::newRow("unknown shape")
            << QStringList{"plan", "shape:nothing"} << QStringList{"nothing", "gpt2"};
        QTest::newRow("bad filter") << QStringList{"adapters", "rank:many"} << QStringList{"many"};
        QTest::newRow("unknown metric")
            << QStringList{"eval", microModel(), "--data", "x", "--metrics", "taste"}
            << QStringList{"taste", "perplexity"};
        QTest::newRow("spec file") << QStringList{"train", "--spec", "/no/such/spec.json"}
                                   << QStringList{"/no/such/spec.json"};
    }
    void usage() {
        QFETCH(QStringList, arguments);
        QFETCH(QStringList, said);
        verifyRefused(arguments, 2, said);
        const auto plain = folder_->run(arguments);
        QCOMPARE(plain.exitCode, 2);
        QCOMPARE(plain.out, QByteArray());
    }

    void models_data() {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QStringList>("said");
        QTest::newRow("no such folder") << "nowhere" << QStringList{"nowhere", "no model folder"};
        QTest::newRow("no config") << "no config" << QStringList{"config.json"};
        QTest::newRow("unknown architecture") << "architecture" << QStringList{"something_else", "llama"};
        QTest::newRow("truncated shard") << "truncated" << QStringList{"model.safetensors"};
        QTest::newRow("shard name with ..") << "escape" << QStringList{".."};
        QTest::newRow("NaN in weights") << "nan" << QStringList{"model"};
        QTest::newRow("no tokenizer") << "no tokenizer" << QStringList{"tokenizer"};
        QTest::newRow("config is no JSON") << "garbage" << QStringList{"config.json"};
        QTest::newRow("settings of the tokenizer not fetched")
            << "dangling tokenizer_config.json" << QStringList{"tokenizer_config.json", "link to a file that is not there"};
        QTest::newRow("weights not fetched")
            << "dangling model.safetensors" << QStringList{"model.safetensors", "link to a file that is not there"};
    }
    void models() {
        QFETCH(QString, what);
        QFETCH(QStringList, said);
        const QString model = what == "nowhere" ? folder_->path("nowhere") : copyOfModel(*folder_, "model");
        const QString weights = model + "/model.safetensors";
        if (what == "no config") QFile::remove(model + "/config.json");
        if (what == "architecture")
            changeFile(model + "/config.json", [](QByteArray& text) {
                text.replace("LlamaForCausalLM", "SomethingElse");
                text.replace("\"llama\"", "\"something_else\"");
            });
        if (what == "garbage")
            changeFile(model + "/config.json", [](QByteArray& text) { text.prepend("{{"); });
        if (what == "truncated") changeFile(weights, [](QByteArray& bytes) { bytes.chop(1000); });
        if (what == "nan")
            changeFile(weights, [](QByteArray& bytes) {
                const float nan = std::numeric_limits<float>::quiet_NaN();
                for (int at = 1; at <= 20'000; ++at)  // far enough to reach a matrix, whatever the order
                    std::memcpy(bytes.data() + bytes.size() - 4 * at, &nan, sizeof nan);
            });
        if (what == "escape") {
            QFile::rename(weights, folder_->path("outside.safetensors"));
            folder_->write(
                "model/model.safetensors.index.json",
                "{\"metadata\": {}, \"weight_map\": {\"lm_head.weight\": \"../outside.safetensors\"}}");
        }
        if (what.startsWith("dangling ")) {
            const QString file = model + "/" + what.section(' ', 1);
            QFile::remove(file);
            QVERIFY(QFile::link(folder_->path("blobs/never-fetched"), file));
        }
        if (what == "no tokenizer") {
            QFile::remove(model + "/tokenizer.json");
            QFile::remove(model + "/tokenizer_config.json");
        }
        verifyRefused(train(model, folder_->trainingData()), 2, said);
        verifyNothingLeft();
    }

    void experiments_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QStringList>("said");
        QTest::newRow("rank 0") << QStringList{"--rank", "0"} << QStringList{"rank", "0"};
        QTest::newRow("rank above the matrix") << QStringList{"--rank", "33"} << QStringList{"33", "32"};
        QTest::newRow("no matrix ticked") << QStringList{"--targets", ""} << QStringList{"matrix"};
        QTest::newRow("unknown matrix") << QStringList{"--targets", "q,w"} << QStringList{"w"};
        QTest::newRow("unknown layer") << QStringList{"--layers", "0-7"} << QStringList{"layer", "0 to 1"};
        QTest::newRow("length above the context")
            << QStringList{"--seq-len", "1000"} << QStringList{"1000", "128"};
        QTest::newRow("unknown device") << QStringList{"--device", "cuda:9"} << QStringList{"cuda:9", "cpu"};
        QTest::newRow("nonsense device") << QStringList{"--device", "abacus"} << QStringList{"abacus"};
        QTest::newRow("unknown schedule")
            << QStringList{"--schedule", "zigzag"} << QStringList{"zigzag", "cosine"};
        QTest::newRow("unknown dtype") << QStringList{"--dtype", "f8"} << QStringList{"f8", "bf16"};
        QTest::newRow("unknown method") << QStringList{"--method", "magic"} << QStringList{"magic", "lora"};
        QTest::newRow("rate not finite") << QStringList{"--lr", "inf"} << QStringList{"learning_rate"};
        QTest::newRow("batch 0") << QStringList{"--batch-size", "0"} << QStringList{"batch"};
        QTest::newRow("steps beyond any number") << QStringList{"--steps", "99999999999999999999"}
                                                 << QStringList{"steps", "1000000000"};
        QTest::newRow("template without prompt")
            << QStringList{"--template", "hello"} << QStringList{"{prompt}"};
    }
    void experiments() {
        QFETCH(QStringList, options);
        QFETCH(QStringList, said);
        QStringList arguments = train(microModel(), folder_->trainingData());
        // The last value of an option given twice would be a usage error of its own: the tested one replaces
        // it.
        const auto at = arguments.indexOf(options[0]);
        if (at >= 0) arguments.remove(at, 2);
        verifyRefused(arguments + options, 2, said);
        verifyNothingLeft();
    }

    void data_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QStringList>("said");
        QTest::newRow("empty") << QByteArray() << QStringList{"data.jsonl"};
        QTest::newRow("bad line in the middle")
            << QByteArray("{\"text\": \"a b c\"}\n{\"text\": \n{\"text\": \"d e f\"}\n")
            << QStringList{"data.jsonl", "line 2"};
        QTest::newRow("completion missing")
            << QByteArray("{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \"c\"}\n")
            << QStringList{"line 2", "completion"};
        QTest::newRow("prompt longer than the context")
            << QByteArray("{\"prompt\": \"" + QByteArray("word ").repeated(400) +
                          "\", \"completion\": \"b\"}\n")
                   .repeated(4)
            << QStringList{"data.jsonl"};
    }
    void data() {
        QFETCH(QByteArray, content);
        QFETCH(QStringList, said);
        verifyRefused(train(microModel(), folder_->write("data.jsonl", content)), 2, said);
        verifyNothingLeft();
    }

    void aPromptLongerThanTheContextIsRefused() {
        verifyRefused({"generate", microModel(), "--prompt", QString("word ").repeated(400)}, 2, {"128"});
    }

    void aMissingDataFileIsNamed() {
        verifyRefused(train(microModel(), folder_->path("nowhere.jsonl")), 2, {"nowhere.jsonl"});
        verifyRefused({"data", folder_->path("nowhere.jsonl")}, 2, {"nowhere.jsonl"});
        verifyRefused({"eval", microModel(), "--data", folder_->path("nowhere.jsonl")}, 2, {"nowhere.jsonl"});
    }

    void aDataFolderThatCannotBeMadeIsNamed() {
        const auto file = folder_->write("file", "");
        verifyRefused({"--data-dir", file + "/inside", "runs"}, 3, {"file/inside", "--data-dir"});
    }

    // Links in a circle and names that no file system takes: said as any other wrong path.
    void pathsThatLeadNowhere() {
        const QString loop = folder_->path("loop"), name = QString(5000, 'n'), pipe = folder_->path("pipe");
        QVERIFY(QFile::link(loop, loop));
        QCOMPARE(::mkfifo(pipe.toUtf8().constData(), 0600), 0);
        const QStringList circle{"symbolic links"};
        verifyRefused({"inspect", loop}, 2, circle);
        verifyRefused({"generate", microModel(), "--adapter", loop, "--prompt", "x"}, 2, circle);
        verifyRefused({"data", loop}, 2, {"circle"});
        verifyRefused({"inspect", name}, 2, {"too long"});
        verifyRefused({"tokenize", microModel(), "--file", pipe}, 2, {"pipe"});
        verifyRefused({"train", "--spec", pipe}, 2, {"pipe"});
        // What a shell hands over is a pipe as well, and is read.
        QProcess process;
        folder_->prepare(process, {"tokenize", microModel(), "--file", "/dev/stdin", "--json"});
        process.start();
        process.write("two words");
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 0);
        const LwbResult piped{0, process.readAllStandardOutput(), {}};
        QVERIFY(!piped.json()["ids"].toArray().isEmpty());
    }

    void numbersBeyondSense() {
        verifyRefused({"generate", microModel(), "--prompt", "x", "--temperature", "nan"}, 2, {"temperature"});
        verifyRefused({"generate", microModel(), "--prompt", "x", "--top-p", "nan"}, 2, {"top_p"});
    }

    void aForeignCatalogFileIsLeftAlone() {
        QDir().mkpath(folder_->data());
        const auto file =
            folder_->write("data/catalog.sqlite", "This is somebody's text and no database at all.");
        const auto result = folder_->run({"runs"});
        QVERIFY(result.exitCode == 2 || result.exitCode == 3);
        QVERIFY2(isSentence(result.sentence()), qPrintable(result.sentence()));
        QVERIFY(result.sentence().contains("catalog.sqlite"));
        QFile kept(file);
        QVERIFY(kept.open(QIODevice::ReadOnly));
        QVERIFY(kept.readAll().startsWith("This is somebody's"));
    }

    void anExportDoesNotOverwrite() {
        QCOMPARE(folder_->run(smallTraining(*folder_, "red", 1)).exitCode, 0);
        QDir().mkpath(folder_->path("taken"));
        folder_->write("taken/file", "mine");
        verifyRefused({"export", "red", "--out", folder_->path("taken")}, 2, {"taken"});
        QCOMPARE(QDir(folder_->path("taken")).entryList(QDir::Files), QStringList{"file"});
        verifyRefused({"export", "red", "--format", "floppy", "--out", folder_->path("x")}, 2,
                      {"floppy", "peft"});
        verifyRefused({"export", "red", "--out", folder_->path("x"), "--max-shard-bytes", "0"}, 2, {"bytes"});
        const QString loop = folder_->path("circle");
        QVERIFY(QFile::link(loop, loop));
        verifyRefused({"export", "red", "--out", loop}, 2, {"circle"});
        verifyRefused({"export", "red", "--out", "/proc/no/such/place"}, 3, {"/proc/no/such", "check the path"});
        QVERIFY(!QFileInfo::exists(folder_->path("x")));
    }

    // A limit on the size of files, which every write beyond it hits like the end of a disk.
    void aFullDiskLeavesNothingBehind() {
        QCOMPARE(folder_->run(smallTraining(*folder_, "red", 1)).exitCode, 0);
        const auto out = folder_->path("merged");
        const auto full = folder_->run({"export", "red", "--out", out}, [] {
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{60'000, 60'000};
            setrlimit(RLIMIT_FSIZE, &limit);
        });
        QVERIFY2(full.exitCode == 3, full.err.constData());
        const auto sentence = full.sentence().split('\n').last();
        QVERIFY2(isSentence(sentence), qPrintable(sentence));
        QVERIFY(!QFileInfo::exists(out));
        for (const auto& name : QDir(folder_->path()).entryList({"merged*"}))
            QFAIL(qPrintable(name + " is left"));
    }

    void outputThatCannotBeWrittenIsAFailure() {
        QProcess process;
        folder_->prepare(process, {"models"});
        process.setStandardOutputFile("/dev/full");
        process.start();
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 3);
        QVERIFY(process.readAllStandardError().contains("standard output"));
    }
};

QTEST_GUILESS_MAIN(TstCliBadInput)
#include "tst_cli_bad_input.moc"
