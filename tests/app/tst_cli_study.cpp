// A study on the command line: every combination is a run of its own, with the numbers it has alone.
#include "app/lwb_process.h"

#include <QtTest>

#include <csignal>

class TstCliStudy : public QObject {
    Q_OBJECT

    static QStringList study(const LwbFolder& folder, const QStringList& what, int steps = 4) {
        QStringList arguments = smallTraining(folder, "base", steps);
        arguments[0] = "study";
        return arguments << what;
    }
    static QJsonArray runsOf(const LwbFolder& folder) { return folder.run({"runs", "--json"}).json()["runs"].toArray(); }

  private Q_SLOTS:
    void initTestCase() {
        if (!QFileInfo::exists(microModel())) QSKIP("tests/data/micro-llama is not there");
    }

    void everyCombinationIsARun() {
        LwbFolder folder;
        const auto result = folder.run(study(folder, {"--ranks", "1,4", "--targets-set", "q", "--targets-set", "q,v",
                                                      "--seeds", "1,2", "--alpha", "6", "--json"}));
        QVERIFY2(result.exitCode == 0, result.err.constData());
        const auto runs = result.json()["runs"].toArray();
        QCOMPARE(runs.size(), 8);
        QStringList names, parts;
        for (const auto& each : runs) {
            const auto run = each.toObject();
            names << run["name"].toString();
            parts << run["targets"].toString() + " " + QString::number(run["rank"].toInt()) + " " +
                         QString::number(run["seed"].toInt());
            QCOMPARE(run["state"].toString(), QString("finished"));
            QCOMPARE(run["steps"].toInt(), 4);
            QCOMPARE(run["alpha"].toDouble() / run["rank"].toDouble(), 3.0);  // --alpha 6 at --rank 2
            QVERIFY(run["eval_loss"].toDouble() > 0);
            QVERIFY(QFileInfo::exists(run["path"].toString() + "/adapter_model.safetensors"));
        }
        QCOMPARE(names.front(), QString("base q r1 seed 1"));
        QCOMPARE(parts, (QStringList{"q 1 1", "q 1 2", "q 4 1", "q 4 2", "q,v 1 1", "q,v 1 2", "q,v 4 1", "q,v 4 2"}));
        QCOMPARE(runsOf(folder).size(), 8);
    }

    void theNumbersAreThoseOfRunsAlone() {
        LwbFolder folder;
        const auto result = folder.run(study(folder, {"--learning-rates", "1e-3,1e-2", "--json"}, 8));
        QVERIFY2(result.exitCode == 0, result.err.constData());
        for (const auto& each : result.json()["runs"].toArray()) {
            const auto run = each.toObject();
            const auto alone = folder.run(smallTraining(folder, "alone", 8) << "--json"
                                                                            << "--lr"
                                                                            << QString::number(run["learning_rate"].toDouble()));
            QVERIFY2(alone.exitCode == 0, alone.err.constData());
            const double expected = alone.json()["train_loss"].toDouble(), difference = run["train_loss"].toDouble() / expected - 1;
            QVERIFY2(expected > 0 && std::abs(difference) < 1e-6, qPrintable(QString::number(difference)));
        }
    }

    void eventsSayWhichRunTheyAreOf() {
        LwbFolder folder;
        const auto result = folder.run(study(folder, {"--ranks", "1,2,4", "--json-lines"}));
        QVERIFY2(result.exitCode == 0, result.err.constData());
        QMap<QString, int> steps;
        QJsonObject last;
        for (const auto& line : result.out.trimmed().split('\n')) {
            last = QJsonDocument::fromJson(line).object();
            if (last["event"].toString() == "step") ++steps[last["run_id"].toString()];
        }
        QCOMPARE(steps.values(), (QList<int>{4, 4, 4}));
        QCOMPARE(last["event"].toString(), QString("result"));
        QCOMPARE(last["runs"].toArray().size(), 3);
    }

    void interruptSavesAll() {
        LwbFolder folder;
        QProcess process;
        folder.prepare(process, study(folder, {"--ranks", "1,2", "--json-lines"}, 4000));
        process.start();
        int seen = 0;
        while (seen < 4) {
            QVERIFY(process.canReadLine() || process.waitForReadyRead(120'000));
            while (process.canReadLine())
                if (process.readLine().contains("\"event\":\"step\"")) ++seen;
        }
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(120'000));
        QCOMPARE(process.exitCode(), 130);
        for (const auto& run : runsOf(folder)) QCOMPARE(run.toObject()["state"].toString(), QString("stopped"));
    }

    void refusals_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("says");
        QTest::newRow("nothing") << QStringList{} << "--ranks";
        QTest::newRow("full") << QStringList{"--ranks", "1,2", "--method", "full"} << "lwb train";
        QTest::newRow("rank 0") << QStringList{"--ranks", "0,2"} << "below 1";
        QTest::newRow("rank too large") << QStringList{"--ranks", "1,999"} << "at most";
        QTest::newRow("matrix") << QStringList{"--targets-set", "q", "--targets-set", "nothing"} << "nothing";
    }
    void refusals() {
        QFETCH(QStringList, options);
        QFETCH(QString, says);
        LwbFolder folder;
        const auto result = folder.run(study(folder, options));
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.sentence().contains(says), qPrintable(result.sentence()));
        QVERIFY(runsOf(folder).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TstCliStudy)
#include "tst_cli_study.moc"
