// From the queue's thread to the GUI thread. Events are appended to a locked buffer; one wake-up is posted
// while one is pending, and the GUI takes the whole buffer at most 25 times a second. Order is kept per run,
// no sample is lost; only neighbouring StepMetrics of one run arrive together as one stepsArrived. Started
// and ended are never merged.
#pragma once

#include "engine/events.h"
#include "workbench/run_queue.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <QVector>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace ui {

class RunBridge : public QObject {
    Q_OBJECT

  public:
    explicit RunBridge(QObject* parent = nullptr);
    ~RunBridge() override;

    // For the constructor of RunQueue. May be called from any thread, also after the bridge is gone.
    workbench::RunQueue::Listener listener() const;

    // Deliver everything that waits, now. GUI thread.
    void flush();

    // To be called after enqueue, move, cancel, pause: the queue itself does not report these.
    void announceQueueChanged();

  Q_SIGNALS:
    void runStarted(const QString& runId, const engine::RunStarted& info);
    void stepsArrived(const QString& runId, const QVector<engine::StepMetrics>& steps);
    void evaluated(const QString& runId, const engine::EvalMetrics& metrics);
    void deltaNorms(const QString& runId, const engine::DeltaNorms& norms);
    void checkpointSaved(const QString& runId, const engine::CheckpointSaved& checkpoint);
    void stateChanged(const QString& runId, const QString& state);
    void messageArrived(const QString& runId, const QString& text, bool warning);
    void runEnded(const QString& runId, const workbench::RunEnded& ended);
    void queueChanged();  // also after runStarted and runEnded

  private:
    struct Buffer;

    void scheduleDrain();
    void drain();
    void deliver(const QString& runId, const engine::Event& event);

    std::shared_ptr<Buffer> m_buffer;
    QTimer m_timer;
    QElapsedTimer m_sinceDrain;
};

}  // namespace ui
