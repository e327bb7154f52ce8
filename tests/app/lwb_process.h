// The real lwb in a data folder of its own, and the small experiment the command line tests run with it.
#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

struct LwbResult {
    int exitCode = -1;
    QByteArray out;
    QByteArray err;

    // The one object on stdout; empty when there is anything else.
    // const, so that [] gives a value and not a reference into a temporary.
    const QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
    QString sentence() const { return QString::fromUtf8(err).trimmed(); }
};

class LwbFolder {
  public:
    QString path(const QString& name = {}) const {
        return name.isEmpty() ? folder_.path() : folder_.filePath(name);
    }
    QString data() const { return path("data"); }

    QString write(const QString& name, const QByteArray& content) const {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("test file not written");
        return file.fileName();
    }

    QString trainingData(int rows = 24) const {
        QByteArray text;
        for (int i = 0; i < rows; ++i)
            text += "{\"prompt\": \"number " + QByteArray::number(i) + "\", \"completion\": \"this is row " +
                    QByteArray::number(i) + "\"}\n";
        return write("train" + QString::number(rows) + ".jsonl", text);
    }

    void prepare(QProcess& process, const QStringList& arguments) const {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("LWB_DATA_DIR", data());
        // Threads that wait by spinning would fight over the cores with whatever else is tested meanwhile.
        environment.insert("OMP_WAIT_POLICY", "passive");
        process.setProcessEnvironment(environment);
        process.setProgram(QString(LWB_BINARY_DIR) + "/bin/lwb");
        process.setArguments(arguments);
    }

    LwbResult run(const QStringList& arguments, const std::function<void()>& in_child = {}) const {
        QProcess process;
        prepare(process, arguments);
        if (in_child) process.setChildProcessModifier(in_child);
        process.start();
        if (!process.waitForFinished(300'000)) qFatal("lwb did not end");
        const int code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        return {code, process.readAllStandardOutput(), process.readAllStandardError()};
    }

    // Not one file in the folder, or no such folder.
    static bool isEmpty(const QString& folder) {
        return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot).isEmpty();
    }

  private:
    QTemporaryDir folder_;
};

inline QString microModel() {
    return QString(LWB_SOURCE_DIR) + "/tests/data/micro-llama";
}

// Under a second of work.
inline QStringList smallTraining(const LwbFolder& folder, const QString& name, int steps = 4) {
    return {"train",        microModel(), "--data",    folder.trainingData(),
            "--rank",       "2",          "--steps",   QString::number(steps),
            "--batch-size", "2",          "--seq-len", "48",
            "--name",       name};
}
