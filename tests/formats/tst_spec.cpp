// Experiment specs: JSON both ways, what is refused, and the short forms of target lists.
#include <engine/experiment_spec.h>

#include <QTest>

#include <functional>
#include <limits>

using namespace engine;

Q_DECLARE_METATYPE(std::function<void(ExperimentSpec&)>)

namespace {

ExperimentSpec valid_spec() {
    ExperimentSpec spec;
    spec.model = "builtin:tiny";
    spec.data.train_path = "rows.jsonl";
    spec.lora.targets = {{"q", {}}, {"v", {}}};
    return spec;
}

bool mentions(const std::string& message, const QString& part) {
    return QString::fromStdString(message).contains(part);
}

}  // namespace

class TstSpec : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void jsonKeepsEveryField() {
        ExperimentSpec spec = valid_spec();
        spec.name = "rank 4 “quoted” \n line";
        spec.method = Method::full;
        spec.from_scratch = true;
        spec.lora = {4, 32.5, 0.1, true, {{"q", {0, 2}}, {"down", {}}}};
        spec.data = {"a.jsonl", "b.jsonl", 0.25, "Q: {prompt}\nA:", 77, "chat.jinja"};
        spec.optimizer = {1e-3, 0.01, 0.8, 0.95, 1e-6, 0, Schedule::cosine, 0.5};
        spec.epochs = 9;
        spec.steps = 12;
        spec.batch_size = 3;
        spec.grad_accum = 2;
        spec.eval_interval = 5;
        spec.log_interval = 7;
        spec.checkpoint_interval = 6;
        spec.seed = std::numeric_limits<uint64_t>::max();
        spec.precision = Precision::bf16;
        spec.device = "cuda:1";
        for (const int indent : {-1, 2}) {
            const auto read = spec_from_json(to_json(spec, indent));
            QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
            QVERIFY(*read == spec);
        }
    }

    void anOpenPrecisionIsForTrainingAlone() {
        ExperimentSpec spec;
        spec.precision = Precision::automatic;
        QCOMPARE(spec_from_json(to_json(spec)).value().precision, Precision::automatic);
        QCOMPARE(training_precision_from("auto").value(), Precision::automatic);
        QCOMPARE(training_precision_from("bf16").value(), Precision::bf16);
        QVERIFY(!precision_from("auto").ok());
        QVERIFY(!training_precision_from("f8").ok());
    }

    // Fields that came later must not change the text of specs that do not use them: a saved run is known by that text.
    void laterFieldsAreWrittenOnlyWhenUsed() {
        ExperimentSpec spec;
        const std::string plain = to_json(spec);
        for (const char* field : {"use_dora", "bias", "modules_to_save"}) QVERIFY(plain.find(field) == std::string::npos);
        spec.lora.use_dora = true;
        spec.lora.bias = TrainBias::lora_only;
        spec.lora.modules_to_save = {"lm_head", "embed_tokens"};
        QVERIFY(spec_from_json(to_json(spec)).value() == spec);
    }

    void absentFieldsTakeTheirDefaults() {
        const auto read = spec_from_json(R"({"model": "m", "lora": {"rank": 2}})");
        QVERIFY(read.ok());
        ExperimentSpec expected;
        expected.model = "m";
        expected.lora.rank = 2;
        QVERIFY(*read == expected);
    }

    void readingRefuses_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("named");
        QTest::newRow("text that is no JSON") << "{\"model\": "
                                              << "JSON";
        QTest::newRow("a list") << "[]"
                                << "object";
        QTest::newRow("an unknown field") << R"({"rnak": 3})"
                                          << "rnak";
        QTest::newRow("an unknown inner field") << R"({"lora": {"r": 3}})"
                                                << "lora.r";
        QTest::newRow("an outer name used inside") << R"({"lora": {"epochs": 3}})"
                                                   << "lora.epochs";
        QTest::newRow("a text for a number") << R"({"epochs": "3"})"
                                             << "epochs";
        QTest::newRow("a fraction for a whole number") << R"({"epochs": 1.5})"
                                                       << "epochs";
        QTest::newRow("a number beyond 64 bits") << R"({"epochs": 99999999999999999999})"
                                                 << "epochs";
        QTest::newRow("a negative seed") << R"({"seed": -1})"
                                         << "seed";
        QTest::newRow("null") << R"({"data": {"seq_len": null}})"
                              << "data.seq_len";
        QTest::newRow("a text for an object") << R"({"optimizer": "adam"})"
                                              << "optimizer";
        QTest::newRow("an unknown method") << R"({"method": "magic"})"
                                           << "magic";
        QTest::newRow("an unknown schedule") << R"({"optimizer": {"schedule": "zigzag"}})"
                                             << "zigzag";
        QTest::newRow("targets as a list") << R"({"lora": {"targets": ["q"]}})"
                                           << "lora.targets";
        QTest::newRow("a layer that is no number") << R"({"lora": {"targets": {"q": ["a"]}}})"
                                                   << "lora.targets";
        QTest::newRow("nesting without end") << QString("[").repeated(100000) << "";
    }
    void readingRefusesWrongAdapterFields() {
        const auto refused = [](const char* lora) {
            const auto read = spec_from_json(std::string(R"({"lora": {)") + lora + "}}");
            return read.ok() ? QString("accepted") : QString::fromStdString(read.error().message);
        };
        QVERIFY(refused(R"("bias": "some")").contains("some"));
        QVERIFY(refused(R"("modules_to_save": "lm_head")").contains("modules_to_save"));
        QVERIFY(refused(R"("use_dora": 1)").contains("use_dora"));
    }

    void readingRefuses() {
        QFETCH(QString, json);
        QFETCH(QString, named);
        const auto read = spec_from_json(json.toStdString());
        QVERIFY(!read.ok());
        QCOMPARE(read.error().code, ErrorCode::bad_input);
        QVERIFY2(mentions(read.error().message, named), read.error().message.c_str());
    }

    void aCompleteSpecIsValid() {
        const auto status = validate(valid_spec());
        QVERIFY2(status.ok(), status.ok() ? "" : status.error().message.c_str());
    }

    void validationRefuses_data() {
        using Change = std::function<void(ExperimentSpec&)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("named");
        const auto row = [](const char* name, const char* named, Change change) {
            QTest::newRow(name) << change << QString(named);
        };
        const double nan = std::numeric_limits<double>::quiet_NaN();
        row("no model", "model", [](auto& s) { s.model.clear(); });
        row("no data", "data.train_path", [](auto& s) { s.data.train_path.clear(); });
        row("rank 0", "lora.rank is 0", [](auto& s) { s.lora.rank = 0; });
        row("alpha 0", "lora.alpha", [](auto& s) { s.lora.alpha = 0; });
        row("alpha that is no number", "lora.alpha", [=](auto& s) { s.lora.alpha = nan; });
        row("dropout 1", "lora.dropout", [](auto& s) { s.lora.dropout = 1; });
        row("no matrix ticked", "lora.targets", [](auto& s) { s.lora.targets.clear(); });
        row("an unknown matrix", "\"x\"", [](auto& s) { s.lora.targets["x"] = {}; });
        row("layers out of order", "lora.targets", [](auto& s) { s.lora.targets["q"] = {3, 1}; });
        row("a repeated layer", "lora.targets", [](auto& s) { s.lora.targets["q"] = {1, 1}; });
        row("a negative layer", "lora.targets", [](auto& s) { s.lora.targets["q"] = {-1}; });
        row("all rows held out", "data.held_out", [](auto& s) { s.data.held_out = 1; });
        row("a template without prompt", "{prompt}", [](auto& s) { s.data.prompt_template = "x"; });
        row("a length of one token", "data.seq_len", [](auto& s) { s.data.seq_len = 1; });
        row("learning rate 0", "learning_rate", [](auto& s) { s.optimizer.learning_rate = 0; });
        row("negative decay", "weight_decay", [](auto& s) { s.optimizer.weight_decay = -1; });
        row("beta 1", "beta2", [](auto& s) { s.optimizer.beta2 = 1; });
        row("epsilon 0", "epsilon", [](auto& s) { s.optimizer.epsilon = 0; });
        row("warm-up above 1", "warmup", [](auto& s) { s.optimizer.warmup = 2; });
        row("no epochs", "epochs", [](auto& s) { s.epochs = 0; });
        row("negative steps", "steps", [](auto& s) { s.steps = -1; });
        row("no batch", "batch_size", [](auto& s) { s.batch_size = 0; });
        row("no accumulation", "grad_accum", [](auto& s) { s.grad_accum = 0; });
        row("a strange device", "device", [](auto& s) { s.device = "gpu"; });
        row("a device without number", "device", [](auto& s) { s.device = "cuda:"; });
        row("an adapter from scratch", "from_scratch", [](auto& s) { s.from_scratch = true; });
    }
    void validationRefuses() {
        QFETCH(std::function<void(ExperimentSpec&)>, change);
        QFETCH(QString, named);
        ExperimentSpec spec = valid_spec();
        change(spec);
        const auto status = validate(spec);
        QVERIFY(!status.ok());
        QCOMPARE(status.error().code, ErrorCode::bad_input);
        QVERIFY2(mentions(status.error().message, named), status.error().message.c_str());
    }

    void whatDoesNotMatterIsNotChecked() {
        ExperimentSpec full = valid_spec();
        full.method = Method::full;
        full.lora.rank = 0;
        full.lora.targets.clear();
        full.steps = 10;
        full.epochs = 0;
        full.data.eval_path = "held.jsonl";
        full.data.held_out = -1;
        QVERIFY(validate(full).ok());
    }

    void targetsAreReadAndShown_data() {
        QTest::addColumn<QString>("kinds");
        QTest::addColumn<QString>("layers");
        QTest::addColumn<QString>("shown");
        QTest::newRow("every layer") << "q,v"
                                     << ""
                                     << "q,v";
        QTest::newRow("the word all") << "v"
                                      << "all"
                                      << "v";
        QTest::newRow("spaces") << " v , q "
                                << " 0 - 2 , 5 "
                                << "q,v (layers 0-2,5)";
        QTest::newRow("one layer") << "q"
                                   << "7"
                                   << "q (layer 7)";
        QTest::newRow("repeats and overlaps") << "q,q"
                                              << "0-3,2,1-4"
                                              << "q (layers 0-4)";
        QTest::newRow("the order of the model") << "down,up,gate,o,v,k,q"
                                                << ""
                                                << "q,k,v,o,gate,up,down";
    }
    void targetsAreReadAndShown() {
        QFETCH(QString, kinds);
        QFETCH(QString, layers);
        QFETCH(QString, shown);
        QCOMPARE(QString::fromStdString(
                     describe_targets(parse_targets(kinds.toStdString(), layers.toStdString()))),
                 shown);
    }

    void differentLayersAreShownApart() {
        QCOMPARE(describe_targets({{"q", {0, 1}}, {"k", {0, 1}}, {"v", {}}, {"down", {3, 5}}}),
                 std::string("q,k (layers 0-1), v, down (layers 3,5)"));
        QCOMPARE(describe_targets({}), std::string("none"));
    }

    void badTargetsAreNamed_data() {
        QTest::addColumn<QString>("kinds");
        QTest::addColumn<QString>("layers");
        QTest::addColumn<QString>("named");
        QTest::newRow("nothing") << ""
                                 << ""
                                 << "No matrix";
        QTest::newRow("an unknown matrix") << "q,qkv"
                                           << ""
                                           << "\"qkv\"";
        QTest::newRow("a stray comma") << "q,,v"
                                       << ""
                                       << "\"\"";
        QTest::newRow("a word as layer") << "q"
                                         << "0-3,x"
                                         << "\"x\"";
        QTest::newRow("a backward range") << "q"
                                          << "5-2"
                                          << "\"5-2\"";
        QTest::newRow("a negative layer") << "q"
                                          << "-1"
                                          << "\"-1\"";
        QTest::newRow("an open range") << "q"
                                       << "3-"
                                       << "\"3-\"";
        QTest::newRow("a huge range") << "q"
                                      << "0-999999999"
                                      << "0-999999999";
    }
    void badTargetsAreNamed() {
        QFETCH(QString, kinds);
        QFETCH(QString, layers);
        QFETCH(QString, named);
        try {
            parse_targets(kinds.toStdString(), layers.toStdString());
            QFAIL("was accepted");
        } catch (const Failure& failure) {
            QVERIFY2(mentions(failure.what(), named), failure.what());
        }
    }
};

QTEST_APPLESS_MAIN(TstSpec)
#include "tst_spec.moc"
