#include "ui/bridge/run_bridge.h"
#include "ui/bridge/task_runner.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <chrono>
#include <semaphore>
#include <stdexcept>
#include <thread>

using ui::RunBridge;

class TstRunBridge : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void keepsOrderAndLosesNothing();
    void runsAreNotMergedWithEachOther();
    void listenerOutlivesTheBridge();
    void anExceptionBecomesAnError();
    void aDeadReceiverGetsNoAnswer();
    void aLateAnswerToAnOlderQuestionIsDropped();
    void endingTheRunnerStopsItsTasks();
};

namespace {

engine::StepMetrics step(int64_t number) {
    engine::StepMetrics metrics;
    metrics.global_step = number;
    return metrics;
}

}  // namespace

// 100,000 events from another thread, an evaluation after every thousandth step: everything arrives once, in
// order, in few calls, while the GUI thread goes on turning its event loop.
void TstRunBridge::keepsOrderAndLosesNothing() {
    constexpr int64_t events = 100'000;
    RunBridge bridge;
    int64_t next = 1;
    int calls = 0;
    int evaluations = 0;
    bool started = false;
    bool ended = false;
    bool inOrder = true;
    connect(&bridge, &RunBridge::runStarted, this,
            [&] { inOrder = inOrder && !started && next == 1, started = true; });
    connect(&bridge, &RunBridge::stepsArrived, this,
            [&](const QString&, const QVector<engine::StepMetrics>& steps) {
                ++calls;
                inOrder = inOrder && started && !ended;
                for (const auto& s : steps) inOrder = inOrder && s.global_step == next++;
            });
    connect(&bridge, &RunBridge::evaluated, this, [&](const QString&, const engine::EvalMetrics& metrics) {
        ++evaluations;
        inOrder = inOrder && metrics.global_step == next - 1;
    });
    connect(&bridge, &RunBridge::runEnded, this,
            [&] { inOrder = inOrder && next == events + 1, ended = true; });

    QElapsedTimer turn;
    qint64 longestTurnMs = 0;
    QTimer heartbeat;
    connect(&heartbeat, &QTimer::timeout, this,
            [&] { longestTurnMs = std::max(longestTurnMs, turn.restart()); });
    heartbeat.start(1);
    turn.start();

    std::thread sender([listener = bridge.listener()] {
        listener("r", engine::Event(engine::RunStarted{}));
        for (int64_t i = 1; i <= events; ++i) {
            listener("r", engine::Event(step(i)));
            if (i % 1000 == 0) {
                engine::EvalMetrics metrics;
                metrics.global_step = i;
                listener("r", engine::Event(metrics));
            }
        }
        listener("r", workbench::RunEnded{"finished", "a", ""});
    });
    QTRY_VERIFY_WITH_TIMEOUT(ended, 30'000);
    sender.join();
    QVERIFY(inOrder);
    QCOMPARE(next, events + 1);
    QCOMPARE(evaluations, 100);
    QVERIFY2(calls <= 200, qPrintable(QString::number(calls)));  // merged between evaluations
    qInfo("%lld events in %d calls, longest turn of the event loop %lld ms", static_cast<long long>(events),
          calls, static_cast<long long>(longestTurnMs));
}

void TstRunBridge::runsAreNotMergedWithEachOther() {
    RunBridge bridge;
    QStringList heard;
    connect(&bridge, &RunBridge::stepsArrived, this, [&](const QString& id, const auto& steps) {
        heard << QStringLiteral("%1 %2").arg(id).arg(steps.size());
    });
    connect(&bridge, &RunBridge::runEnded, this,
            [&](const QString& id) { heard << id + QStringLiteral(" ended"); });
    const auto listener = bridge.listener();
    listener("a", engine::Event(step(1)));
    listener("a", engine::Event(step(2)));
    listener("a", workbench::RunEnded{});
    listener("b", engine::Event(step(1)));
    listener("b", workbench::RunEnded{});
    QVERIFY(heard.isEmpty());  // only from the event loop
    QTRY_COMPARE(heard.size(), 4);
    QCOMPARE(heard, QStringList({QStringLiteral("a 2"), QStringLiteral("a ended"), QStringLiteral("b 1"),
                                 QStringLiteral("b ended")}));
}

void TstRunBridge::listenerOutlivesTheBridge() {
    auto bridge = std::make_unique<RunBridge>();
    const auto listener = bridge->listener();
    listener("a", engine::Event(step(1)));
    bridge.reset();
    listener("a", engine::Event(step(2)));
    QCoreApplication::processEvents();
}

void TstRunBridge::anExceptionBecomesAnError() {
    ui::TaskRunner tasks;
    std::string message;
    tasks.run(
        this, []() -> int { throw engine::Failure(engine::ErrorCode::io, "The disk is full."); },
        [&](engine::Result<int> answer) { message = answer.ok() ? "" : answer.error().message; });
    QTRY_COMPARE(message, std::string("The disk is full."));
    tasks.run(
        this, [] { throw std::runtime_error("odd"); },
        [&](engine::Status answer) { message = answer.ok() ? "" : answer.error().message; });
    QTRY_COMPARE(message, std::string("odd"));
}

void TstRunBridge::aDeadReceiverGetsNoAnswer() {
    ui::TaskRunner tasks;
    auto receiver = std::make_unique<QObject>();
    bool answered = false;
    std::binary_semaphore go(0);
    tasks.run(
        receiver.get(),
        [&go] {
            go.acquire();
            return 1;
        },
        [&](engine::Result<int>) { answered = true; });
    receiver.reset();
    go.release();
    QTRY_COMPARE(tasks.running(), 0);
    QCoreApplication::processEvents();
    QVERIFY(!answered);
}

void TstRunBridge::aLateAnswerToAnOlderQuestionIsDropped() {
    ui::TaskRunner tasks;
    ui::LatestTask question(tasks);
    QList<int> answers;
    std::binary_semaphore slow(0);
    std::atomic<bool> stopAsked = false;
    question.ask(
        this,
        [&](std::stop_token stop) {
            slow.acquire();
            stopAsked = stop.stop_requested();
            return 1;
        },
        [&](engine::Result<int> answer) { answers << *answer; });
    QVERIFY(question.pending());
    question.ask(
        this, [] { return 2; }, [&](engine::Result<int> answer) { answers << *answer; });
    QTRY_COMPARE(answers, QList<int>{2});
    QVERIFY(!question.pending());
    slow.release();
    QTRY_COMPARE(tasks.running(), 0);
    QCoreApplication::processEvents();
    QCOMPARE(answers, QList<int>{2});
    QVERIFY(stopAsked);
}

void TstRunBridge::endingTheRunnerStopsItsTasks() {
    auto tasks = std::make_unique<ui::TaskRunner>();
    std::atomic<bool> began = false;
    tasks->run(
        this,
        [&](std::stop_token stop) {
            began = true;
            while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        },
        [](engine::Status) {});
    QTRY_VERIFY(began);
    tasks.reset();  // returns, because the task was asked to stop
}

QTEST_GUILESS_MAIN(TstRunBridge)
#include "tst_run_bridge.moc"
