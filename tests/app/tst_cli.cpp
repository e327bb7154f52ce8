// The command line from outside: keys, exit codes, the whole way from a data file to an exported model.
#include "app/lwb_process.h"

#include <QDir>
#include <QtTest>

class TstCli : public QObject {
    Q_OBJECT

    LwbFolder folder_;  // with one trained adapter, "red"
    QJsonObject trained_;

    static QStringList missingKeys(const QJsonObject& json, const QStringList& keys) {
        QStringList missing;
        for (const auto& key : keys)
            if (!json.contains(key)) missing << key;
        return missing;
    }
    QString heldOut() const { return folder_.trainingData(6); }

  private Q_SLOTS:
    void initTestCase() {
        if (!QFileInfo::exists(microModel())) QSKIP("tests/data/micro-llama is not there");
        const auto result = folder_.run(smallTraining(folder_, "red") << "--json");
        QVERIFY2(result.exitCode == 0, result.err.constData());
        trained_ = result.json();
    }

    void helpAndVersionAreNoErrors() {
        const auto help = folder_.run({"--help"});
        QCOMPARE(help.exitCode, 0);
        for (const char* command :
             {"models",    "inspect",  "plan",   "data",   "tokenize", "detokenize", "logits",
              "gradients", "train",    "resume", "runs",   "show",     "adapters",   "tag",
              "rm",        "generate", "eval",   "export", "bench",    "doctor",     "first-experiment",
              "study"})
            QVERIFY2(help.out.contains(command), command);
        QCOMPARE(folder_.run({"train", "--help"}).exitCode, 0);
        const auto version = folder_.run({"--version"});
        QCOMPARE(version.exitCode, 0);
        QVERIFY(!version.out.trimmed().isEmpty());
    }

    void trainingEndsWithItsNumbers() {
        const QStringList keys{"run_id",
                               "adapter_id",
                               "steps",
                               "train_loss",
                               "eval_loss",
                               "tokens_per_second",
                               "peak_memory_bytes",
                               "memory_floor_bytes",
                               "trainable_params"};
        QCOMPARE(missingKeys(trained_, keys), QStringList());
        QCOMPARE(trained_["steps"].toInt(), 4);
        QCOMPARE(trained_["state"].toString(), QString("finished"));
        QCOMPARE(trained_["trainable_params"].toInt(), 2 * 2 * (32 + 32) + 2 * 2 * (32 + 16));
        QVERIFY(trained_["eval_loss"].toDouble() > 0);
        QVERIFY(trained_["memory_floor_bytes"].toDouble() > 100e6);
        QVERIFY(trained_["memory_floor_bytes"].toDouble() <= trained_["peak_memory_bytes"].toDouble());
        QVERIFY(QFileInfo::exists(trained_["path"].toString() + "/adapter_model.safetensors"));
    }

    void anOpenPrecisionIsDecidedAndSaid() {
        const auto result = folder_.run(smallTraining(folder_, "auto") << "--dtype" << "auto" << "--json-lines");
        QVERIFY2(result.exitCode == 0, result.err.constData());
        const auto first = QJsonDocument::fromJson(result.out.left(result.out.indexOf('\n'))).object();
        QCOMPARE(first["event"].toString(), QString("message"));
        QVERIFY2(first["text"].toString().startsWith("Precision auto: "), result.out.constData());
    }

    void printsExactlyOneJsonObject_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("keys");
        const QString model = microModel(), data = folder_.trainingData();
        QTest::newRow("models") << QStringList{"models"} << QStringList{"models"};
        QTest::newRow("inspect") << QStringList{"inspect", model}
                                 << QStringList{"architecture", "layers",       "hidden_size",
                                                "vocab_size",   "total_params", "tied_embeddings",
                                                "tokenizer",    "matrices"};
        QTest::newRow("inspect shape")
            << QStringList{"inspect", "shape:gpt2"} << QStringList{"architecture", "matrices"};
        QTest::newRow("plan") << QStringList{"plan",      model, "--method", "lora",
                                             "--targets", "q,v", "--rank",   "8"}
                              << QStringList{"trainable_params", "total_params", "percent", "adapter_bytes",
                                             "memory"};
        QTest::newRow("plan shape") << QStringList{"plan",      "shape:gpt2", "--rank",       "4",
                                                   "--alpha",   "8",          "--batch-size", "4",
                                                   "--seq-len", "512",        "--dtype",      "bf16",
                                                   "--device",  "cpu",        "--optimizer",  "adamw"}
                                    << QStringList{"trainable_params", "memory"};
        QTest::newRow("data") << QStringList{"data", data}
                              << QStringList{"format", "rows", "bad_rows", "tokens", "length_histogram"};
        QTest::newRow("data with model")
            << QStringList{"data", data, "--model", model, "--template", "{prompt}: ", "--seq-len", "32"}
            << QStringList{"format", "rows", "bad_rows", "tokens", "length_histogram"};
        QTest::newRow("tokenize") << QStringList{"tokenize", model, "--text", "Hello"}
                                  << QStringList{"ids", "tokens"};
        QTest::newRow("tokenize file")
            << QStringList{"tokenize", model, "--file", data} << QStringList{"ids", "tokens"};
        QTest::newRow("detokenize") << QStringList{"detokenize", model, "--ids", "75,104"}
                                    << QStringList{"text"};
        QTest::newRow("runs") << QStringList{"runs"} << QStringList{"runs"};
        QTest::newRow("show adapter")
            << QStringList{"show", "red"} << QStringList{"run_id", "spec", "last_metrics"};
        QTest::newRow("show log") << QStringList{"show", "red", "--log"} << QStringList{"run_id", "log"};
        QTest::newRow("adapters") << QStringList{"adapters", "rank:2", "target:q"} << QStringList{"adapters"};
        QTest::newRow("generate") << QStringList{"generate",      model,      "--adapter",        "red",
                                                 "--prompt",      "number 3", "--max-new-tokens", "3",
                                                 "--temperature", "0",        "--seed",           "1"}
                                  << QStringList{"outputs"};
        QTest::newRow("eval") << QStringList{"eval",   model,     "--adapter", "red",
                                             "--data", heldOut(), "--metrics", "perplexity"}
                              << QStringList{"metrics", "definitions", "rows", "tokens"};
        QTest::newRow("bench gemm") << QStringList{"bench", "gemm", "--m", "32",        "--k",
                                                   "32",    "--n",  "32",  "--repeats", "2"}
                                    << QStringList{"gemm_gflops", "engine_gflops"};
        QTest::newRow("bench train") << QStringList{"bench",        "train", "--shape",   model,
                                                    "--batch-size", "1",     "--seq-len", "16",
                                                    "--steps",      "1"}
                                     << QStringList{"tokens_per_second", "step_ms", "peak_memory_bytes",
                                                    "memory_floor_bytes", "gemm_gflops", "fraction_of_gemm",
                                                    "engine_gflops", "fraction_of_engine"};
        QTest::newRow("bench data")
            << QStringList{"bench", "data", data, "--model", model, "--padded-length", "64", "--steps", "1"}
            << QStringList{"packed_tokens_per_second", "padded_tokens_per_second", "speedup", "collate_us"};
        QTest::newRow("bench latency")
            << QStringList{"bench", "latency", "--shape", model, "--seq-len", "16,8", "--repeats", "1"}
            << QStringList{"tokens_per_second", "step_ms", "peak_memory_bytes", "fraction_of_memory", "rows"};
        QTest::newRow("bench kernels")
            << QStringList{"bench", "kernels", "--shape", model, "--seq-len", "16", "--repeats", "1"}
            << QStringList{"gemm_gflops", "memory_gb_per_second", "kernels"};
        QTest::newRow("doctor") << QStringList{"doctor"}
                                << QStringList{"libtorch_version", "blas", "devices", "data_dir", "auto_dtype", "bf16_speedup"};
        QTest::newRow("plan with a probe")
            << QStringList{"plan", model, "--targets", "q", "--steps", "20", "--data", data, "--probe"}
            << QStringList{"seconds_per_step", "estimated_seconds", "seconds_per_evaluation", "steps", "memory"};
        QTest::newRow("plan with a probe of a shape's full rows")
            << QStringList{"plan", model, "--targets", "q", "--steps", "20", "--seq-len", "16", "--probe"}
            << QStringList{"seconds_per_step", "estimated_seconds", "tokens_per_step"};
        QTest::newRow("bench train on four bits")
            << QStringList{"bench", "train", "--shape", model, "--seq-len", "16", "--steps", "1", "--base-dtype", "nf4"}
            << QStringList{"tokens_per_second", "peak_memory_bytes"};
    }
    void printsExactlyOneJsonObject() {
        QFETCH(QStringList, arguments);
        QFETCH(QStringList, keys);
        const auto result = folder_.run(QStringList{"--json"} + arguments);
        QVERIFY2(result.exitCode == 0, result.err.constData());
        QVERIFY2(!result.json().isEmpty(), result.out.constData());
        QCOMPARE(missingKeys(result.json(), keys), QStringList());
        // Without --json: the same for people, and something is said.
        const auto table = folder_.run(arguments);
        QCOMPARE(table.exitCode, 0);
        QVERIFY(!table.out.trimmed().isEmpty());
        QVERIFY(QJsonDocument::fromJson(table.out).isNull());
    }

    void partsOfTheAnswersHaveTheirKeys() {
        const auto model = folder_.run({"inspect", microModel(), "--json"}).json();
        const auto matrices = model["matrices"].toArray();
        QCOMPARE(matrices.size(), 14);
        QCOMPARE(
            missingKeys(matrices[0].toObject(), {"name", "layer", "kind", "in_features", "out_features"}),
            QStringList());
        const auto plan = folder_.run({"plan", microModel(), "--json"}).json();
        QCOMPARE(missingKeys(plan["memory"].toObject(), {"weights", "adapters", "optimizer", "activations",
                                                         "logits", "evaluation", "total", "available"}),
                 QStringList());
        const auto data =
            folder_.run({"data", folder_.trainingData(), "--model", microModel(), "--json"}).json();
        QCOMPARE(missingKeys(data["tokens"].toObject(), {"total", "trained", "truncated"}), QStringList());
    }

    void tokensComeBackAsText() {
        const auto ids =
            folder_.run({"tokenize", microModel(), "--text", "Hällo wörld", "--no-special", "--json"})
                .json()["ids"];
        QStringList list;
        for (const auto& id : ids.toArray()) list << QString::number(id.toInt());
        const auto text = folder_.run({"detokenize", microModel(), "--ids", list.join(','), "--json"}).json();
        QCOMPARE(text["text"].toString(), QString::fromUtf8("Hällo wörld"));
    }

    void badRowsAreListedWithTheirLines() {
        const auto file = folder_.write("mixed.jsonl", "{\"text\": \"fine\"}\nnot json\n{\"text\": 7}\n");
        const auto report = folder_.run({"data", file, "--json"}).json();
        QCOMPARE(report["rows"].toInt(), 1);
        const auto bad = report["bad_rows"].toArray();
        QCOMPARE(bad.size(), 2);
        QCOMPARE(bad[0].toObject()["line"].toInt(), 2);
        QCOMPARE(bad[1].toObject()["field"].toString(), QString("text"));
    }

    void jsonLinesStreamEventsAndEndWithTheResult() {
        const auto result = folder_.run(smallTraining(folder_, "streamed") << "--json-lines");
        QCOMPARE(result.exitCode, 0);
        QStringList events;
        for (const auto& line : result.out.split('\n')) {
            if (line.isEmpty()) continue;
            const auto event = QJsonDocument::fromJson(line).object();
            QVERIFY2(event.contains("event"), line.constData());
            events << event["event"].toString();
        }
        QCOMPARE(events.count("started"), 1);
        QCOMPARE(events.count("step"), 4);
        QVERIFY(events.contains("eval"));
        QCOMPARE(events.last(), QString("result"));
    }

    void aSpecFileRepeatsARun() {
        const auto spec = folder_.run({"show", trained_["run_id"].toString(), "--spec"});
        QCOMPARE(spec.exitCode, 0);
        const auto again = folder_.run(
            {"train", "--spec", folder_.write("spec.json", spec.out), "--name", "again", "--json"});
        QVERIFY2(again.exitCode == 0, again.err.constData());
        const auto hash = [this](const QString& name) {
            return folder_.run({"show", "--json", name}).json();
        };
        const auto of = [&](const QString& id) {
            return folder_.run({"adapters", "id:" + id, "--json"})
                .json()["adapters"]
                .toArray()[0]
                .toObject()["hash"]
                .toString();
        };
        QVERIFY(!hash("again").isEmpty());
        QCOMPARE(of(again.json()["adapter_id"].toString()), of(trained_["adapter_id"].toString()));
    }

    void theLeastMemoryOfARunIsKept() {
        const auto run = folder_.run({"show", trained_["run_id"].toString(), "--json"}).json();
        QVERIFY(run["memory_floor_bytes"].toDouble() > 0);
        QCOMPARE(run["memory_floor_bytes"].toDouble(), trained_["memory_floor_bytes"].toDouble());
        QVERIFY(folder_.run({"show", trained_["run_id"].toString()}).out.contains("memory_floor_bytes"));
    }

    void theLogOfARunIsKept() {
        const auto log = folder_.run({"show", trained_["run_id"].toString(), "--log"});
        QCOMPARE(log.exitCode, 0);
        QVERIFY2(log.out.contains("started on cpu"), log.out.constData());
        QVERIFY2(log.out.trimmed().endsWith("finished"), log.out.constData());
        const auto of_adapter = folder_.run({"show", trained_["adapter_id"].toString(), "--log"});
        QCOMPARE(of_adapter.out, log.out);
    }

    void generationUsesTheTemplateOfTheRunUnlessRaw() {
        const QStringList ask{"generate",         microModel(), "--prompt", "number 3",
                              "--max-new-tokens", "2",          "--json"};
        const auto prompt = [&](const QStringList& more) {
            return folder_.run(ask + more).json()["outputs"].toArray()[0].toObject()["prompt"].toString();
        };
        QCOMPARE(prompt({"--adapter", "red"}), QString("number 3\n"));
        QCOMPARE(prompt({"--adapter", "red", "--raw"}), QString("number 3"));
        QCOMPARE(prompt({"--adapter", "red", "--template", "<{prompt}>"}), QString("<number 3>"));
        QCOMPARE(prompt({}), QString("number 3"));
        const auto two =
            folder_.run(ask + QStringList{"--adapter", "red", "--adapter", trained_["path"].toString()});
        const auto outputs = two.json()["outputs"].toArray();
        QCOMPARE(outputs.size(), 2);
        QCOMPARE(missingKeys(outputs[0].toObject(), {"adapter", "text", "ids", "tokens_per_second"}),
                 QStringList());
        QCOMPARE(outputs[0].toObject()["ids"], outputs[1].toObject()["ids"]);
    }

    void exportsEndWithTheirSelfTest() {
        for (const auto& format : {QString("hf"), QString("peft")}) {
            const auto out = folder_.path("out-" + format);
            const auto result = folder_.run({"export", "red", "--format", format, "--out", out, "--json"});
            QVERIFY2(result.exitCode == 0, result.err.constData());
            const auto test = result.json()["self_test"].toObject();
            QCOMPARE(missingKeys(test, {"passed", "max_abs_diff", "matched", "missing", "unexpected"}),
                     QStringList());
            QVERIFY(test["passed"].toBool());
            QVERIFY(QFileInfo::exists(out + "/export_report.json"));
        }
        QCOMPARE(folder_.run({"inspect", folder_.path("out-hf")}).exitCode, 0);
        const auto exports =
            folder_.run({"show", trained_["adapter_id"].toString(), "--json"}).json()["exports"].toArray();
        QCOMPARE(exports.size(), 2);
        // The same words from the merged model as from base and adapter.
        const QStringList ask{"--prompt", "number 3\n", "--raw", "--max-new-tokens", "6", "--json"};
        const auto ids = [](const LwbResult& result) -> QJsonValue {
            return result.json()["outputs"].toArray()[0].toObject()["ids"];
        };
        QCOMPARE(ids(folder_.run(QStringList{"generate", folder_.path("out-hf")} + ask)),
                 ids(folder_.run(QStringList{"generate", microModel(), "--adapter", "red"} + ask)));
    }

    void ggufIsOneFileWithItsVerdictBeside() {
        const auto exports = folder_.run({"inspect", microModel(), "--json"}).json()["exports"].toArray();
        QCOMPARE(exports.size(), 4);
        for (const auto& choice : exports) QVERIFY(choice.toObject()["possible"].toBool());
        for (const QString format : {"gguf", "gguf-adapter"}) {
            const QString out = folder_.path("red-" + format + ".gguf");
            const auto result = folder_.run({"export", "red", "--format", format, "--out", out, "--json"});
            QCOMPARE(result.exitCode, 0);
            QVERIFY(result.json()["self_test"].toObject()["passed"].toBool());
            QVERIFY(QFileInfo::exists(out));
            QVERIFY(QFileInfo::exists(folder_.path("red-" + format + ".export_report.json")));
            QCOMPARE(folder_.run({"export", "red", "--format", format, "--out", out}).exitCode, 2);
        }
    }

    void tagsNotesTrashAndRemoval() {
        const auto run = folder_.run(smallTraining(folder_, "short lived") << "--json").json();
        const auto tagged =
            folder_.run({"tag", "short lived", "good", "draft", "--notes", "a note", "--star", "--json"})
                .json();
        QCOMPARE(tagged["tags"].toArray().size(), 2);
        QCOMPARE(tagged["notes"].toString(), QString("a note"));
        QVERIFY(tagged["starred"].toBool());
        QCOMPARE(folder_.run({"tag", "short lived", "--remove", "draft", "--json"})
                     .json()["tags"]
                     .toArray()
                     .size(),
                 1);
        QCOMPARE(folder_.run({"adapters", "tag:good", "--json"}).json()["adapters"].toArray().size(), 1);

        QCOMPARE(folder_.run({"rm", "short lived"}).exitCode, 0);
        QCOMPARE(folder_.run({"adapters", "tag:good", "--json"}).json()["adapters"].toArray().size(), 0);
        QVERIFY(QFileInfo::exists(run["path"].toString()));
        QCOMPARE(folder_.run({"rm", "--restore", "short lived"}).exitCode, 0);
        QCOMPARE(folder_.run({"adapters", "tag:good", "--json"}).json()["adapters"].toArray().size(), 1);
        QCOMPARE(folder_.run({"rm", "--forever", "short lived"}).exitCode, 0);
        QVERIFY(!QFileInfo::exists(run["path"].toString()));

        const auto run_dir = folder_.data() + "/runs/" + run["run_id"].toString();
        QVERIFY(QFileInfo::exists(run_dir));
        QCOMPARE(folder_.run({"rm", run["run_id"].toString()}).exitCode, 0);
        QVERIFY(!QFileInfo::exists(run_dir));
    }

    void logitsAndGradientsAreWritten() {
        // One row of four ids: a safetensors file by hand.
        const QByteArray header =
            "{\"input_ids\":{\"dtype\":\"I64\",\"shape\":[1,4],\"data_offsets\":[0,32]},"
            "\"labels\":{\"dtype\":\"I64\",\"shape\":[1,4],\"data_offsets\":[32,64]}}";
        QByteArray file;
        const auto append = [&file](qint64 value) {
            file.append(reinterpret_cast<const char*>(&value), sizeof value);
        };
        append(header.size());
        file += header;
        for (int twice = 0; twice < 2; ++twice)
            for (const qint64 id : {5, 6, 7, 8}) append(id);
        const auto input = folder_.write("input.safetensors", file);
        const auto logits = folder_.path("logits.safetensors");
        const auto first = folder_.run(
            {"logits", microModel(), "--adapter", "red", "--input", input, "--out", logits, "--json"});
        QVERIFY2(first.exitCode == 0, first.err.constData());
        QVERIFY(QFileInfo(logits).size() >= 4 * 384 * 4);
        const auto gradients = folder_.path("gradients.safetensors");
        const auto second = folder_.run(
            {"gradients", microModel(), "--adapter", "red", "--input", input, "--out", gradients, "--json"});
        QVERIFY2(second.exitCode == 0, second.err.constData());
        QFile written(gradients);
        QVERIFY(written.open(QIODevice::ReadOnly));
        QVERIFY(written.read(4096).contains("grad.base_model.model"));
    }
};

QTEST_GUILESS_MAIN(TstCli)
#include "tst_cli.moc"
