// Ctrl-C, kill, resume: the bytes of an uninterrupted run. And the first experiment, when its model is there.
#include "app/lwb_process.h"

#include <QDir>
#include <QDirIterator>
#include <QtTest>

#include <csignal>

class TstCliInterrupts : public QObject {
    Q_OBJECT

    static constexpr int steps = 12;

    // A run slow enough to be caught: it evaluates and saves after every step.
    static QStringList watched(const LwbFolder& folder) {
        return smallTraining(folder, "watched", steps) << "--eval-interval"
                                                       << "1"
                                                       << "--checkpoint-interval"
                                                       << "1"
                                                       << "--dropout"
                                                       << "0.1"
                                                       << "--json-lines";
    }

    static QJsonObject onlyRun(const LwbFolder& folder) {
        return folder.run({"runs", "--json"}).json()["runs"].toArray()[0].toObject();
    }

    static QByteArray adapterBytes(const LwbFolder& folder, const QString& adapter) {
        const auto list = folder.run({"adapters", "id:" + adapter, "--json"}).json()["adapters"].toArray();
        QFile file(list[0].toObject()["path"].toString() + "/adapter_model.safetensors");
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    // Reads the stream until count steps are done.
    static bool waitForSteps(QProcess& process, int count) {
        int seen = 0;
        while (seen < count) {
            if (!process.canReadLine() && !process.waitForReadyRead(120'000)) return false;
            while (process.canReadLine())
                if (process.readLine().contains("\"event\":\"step\"")) ++seen;
        }
        return true;
    }

    static QByteArray uninterrupted() {
        static const QByteArray bytes = [] {
            LwbFolder folder;
            const auto result = folder.run(watched(folder));
            const auto last = QJsonDocument::fromJson(result.out.trimmed().split('\n').last()).object();
            return adapterBytes(folder, last["adapter_id"].toString());
        }();
        return bytes;
    }

    void verifyResumesToTheSameBytes(const LwbFolder& folder) {
        const auto resumed = folder.run({"resume", onlyRun(folder)["run_id"].toString(), "--json"});
        QVERIFY2(resumed.exitCode == 0, resumed.err.constData());
        QCOMPARE(resumed.json()["steps"].toInt(), steps);
        QVERIFY(!uninterrupted().isEmpty());
        QVERIFY(adapterBytes(folder, resumed.json()["adapter_id"].toString()) == uninterrupted());
    }

  private Q_SLOTS:
    void initTestCase() {
        if (!QFileInfo::exists(microModel())) QSKIP("tests/data/micro-llama is not there");
    }

    void interruptSavesAndResumesToTheSameBytes_data() {
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl-C") << SIGINT;
        QTest::newRow("terminate") << SIGTERM;
    }
    void interruptSavesAndResumesToTheSameBytes() {
        QFETCH(int, signal);
        LwbFolder folder;
        QProcess process;
        folder.prepare(process, watched(folder));
        process.start();
        QVERIFY(waitForSteps(process, 3));
        ::kill(static_cast<pid_t>(process.processId()), signal);
        QVERIFY(process.waitForFinished(120'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        const auto last =
            QJsonDocument::fromJson(process.readAllStandardOutput().trimmed().split('\n').last()).object();
        QCOMPARE(last["state"].toString(), QString("stopped"));
        QVERIFY(last["steps"].toInt() >= 3 && last["steps"].toInt() < steps);
        QCOMPARE(onlyRun(folder)["state"].toString(), QString("stopped"));
        verifyResumesToTheSameBytes(folder);
    }

    void aKilledRunShowsAsInterruptedAndResumes() {
        LwbFolder folder;
        QProcess process;
        folder.prepare(process, watched(folder));
        process.start();
        QVERIFY(waitForSteps(process, 4));
        const qint64 process_id = process.processId();
        process.kill();
        QVERIFY(process.waitForFinished());
        const QJsonObject run = onlyRun(folder);
        QCOMPARE(run["state"].toString(), QString("interrupted"));
        // As if it had been killed while it wrote, in every folder of the run.
        const QString parts = folder.data() + "/runs/" + run["run_id"].toString();
        for (const char* name : {"/", "/last/", "/best/"}) {
            QVERIFY(QDir(parts + name).exists());
            QFile part(parts + name + "adapter_model.safetensors.part-" + QString::number(process_id) + "-3");
            QVERIFY(part.open(QIODevice::WriteOnly));
        }
        verifyResumesToTheSameBytes(folder);
        QDirIterator left(folder.data(), {"*.part-*"}, QDir::AllEntries | QDir::Hidden, QDirIterator::Subdirectories);
        const QString first = left.hasNext() ? left.next() : QString();
        QVERIFY2(first.isEmpty(), qPrintable(first));
    }

    void anInterruptEndsWhatHasNothingToSave() {
        LwbFolder folder;
        QProcess process;
        folder.prepare(process,
                       {"bench", "gemm", "--m", "64", "--k", "64", "--n", "64", "--repeats", "100000000"});
        process.start();
        QVERIFY(process.waitForStarted());
        QTest::qWait(1500);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(10'000));
        QCOMPARE(process.exitCode(), 130);
    }

    void theFirstExperimentLeavesModelAndPlot() {
        if (!QFileInfo::exists(QString(LWB_SOURCE_DIR) + "/resources/models/tiny/config.json"))
            QSKIP("the built-in model is not there");
        LwbFolder folder;
        const auto result = folder.run({"first-experiment", "--json"});
        QVERIFY2(result.exitCode == 0, result.err.constData());
        const auto json = result.json();
        QVERIFY(json["eval_loss"].toDouble() < json["base_eval_loss"].toDouble());
        QVERIFY(json["merged"].toObject()["self_test"].toObject()["passed"].toBool());
        QVERIFY(QFileInfo::exists(json["merged"].toObject()["path"].toString() + "/config.json"));
        QFile plot(json["loss_plot"].toString());
        QVERIFY(plot.open(QIODevice::ReadOnly));
        QVERIFY(plot.readAll().startsWith("<svg"));
        QVERIFY(result.err.contains("tokens/s"));
    }
};

QTEST_GUILESS_MAIN(TstCliInterrupts)
#include "tst_cli_interrupts.moc"
