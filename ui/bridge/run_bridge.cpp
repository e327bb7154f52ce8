#include "ui/bridge/run_bridge.h"

#include <algorithm>

namespace ui {

namespace {
constexpr int drainIntervalMs = 40;  // 25 times a second: smooth to the eye, and idle in between
}

struct RunBridge::Buffer {
    std::mutex mutex;
    std::vector<std::pair<std::string, workbench::QueueEvent>> events;
    bool wakePending = false;
    RunBridge* bridge = nullptr;  // null once the bridge is gone
};

RunBridge::RunBridge(QObject* parent) : QObject(parent), m_buffer(std::make_shared<Buffer>()) {
    m_buffer->bridge = this;
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &RunBridge::drain);
}

RunBridge::~RunBridge() {
    const std::lock_guard lock(m_buffer->mutex);
    m_buffer->bridge = nullptr;
}

workbench::RunQueue::Listener RunBridge::listener() const {
    return [buffer = m_buffer](const std::string& runId, const workbench::QueueEvent& event) {
        const std::lock_guard lock(buffer->mutex);
        if (!buffer->bridge) return;
        buffer->events.emplace_back(runId, event);
        if (buffer->wakePending) return;
        buffer->wakePending = true;
        RunBridge* bridge = buffer->bridge;
        QMetaObject::invokeMethod(
            bridge, [bridge] { bridge->scheduleDrain(); }, Qt::QueuedConnection);
    };
}

void RunBridge::scheduleDrain() {
    if (m_timer.isActive()) return;
    const qint64 since = m_sinceDrain.isValid() ? m_sinceDrain.elapsed() : drainIntervalMs;
    m_timer.start(static_cast<int>(std::clamp<qint64>(drainIntervalMs - since, 0, drainIntervalMs)));
}

void RunBridge::flush() {
    drain();
}

void RunBridge::announceQueueChanged() {
    Q_EMIT queueChanged();
}

void RunBridge::drain() {
    std::vector<std::pair<std::string, workbench::QueueEvent>> events;
    {
        const std::lock_guard lock(m_buffer->mutex);
        events.swap(m_buffer->events);
        m_buffer->wakePending = false;
    }
    m_sinceDrain.start();

    for (std::size_t i = 0; i < events.size();) {
        const std::string& id = events[i].first;
        const QString runId = QString::fromStdString(id);
        if (const auto* ended = std::get_if<workbench::RunEnded>(&events[i].second)) {
            Q_EMIT runEnded(runId, *ended);
            Q_EMIT queueChanged();
            ++i;
            continue;
        }
        QVector<engine::StepMetrics> steps;
        for (; i < events.size() && events[i].first == id; ++i) {
            const auto* event = std::get_if<engine::Event>(&events[i].second);
            const auto* step = event ? std::get_if<engine::StepMetrics>(event) : nullptr;
            if (!step) break;
            steps.append(*step);
        }
        if (!steps.isEmpty()) {
            Q_EMIT stepsArrived(runId, steps);
        } else {
            deliver(runId, std::get<engine::Event>(events[i++].second));
        }
    }
}

void RunBridge::deliver(const QString& runId, const engine::Event& event) {
    struct Visitor {
        RunBridge& bridge;
        const QString& runId;
        void operator()(const engine::RunStarted& e) const {
            Q_EMIT bridge.runStarted(runId, e);
            Q_EMIT bridge.queueChanged();
        }
        void operator()(const engine::StepMetrics& e) const { Q_EMIT bridge.stepsArrived(runId, {e}); }
        void operator()(const engine::EvalMetrics& e) const { Q_EMIT bridge.evaluated(runId, e); }
        void operator()(const engine::DeltaNorms& e) const { Q_EMIT bridge.deltaNorms(runId, e); }
        void operator()(const engine::CheckpointSaved& e) const { Q_EMIT bridge.checkpointSaved(runId, e); }
        void operator()(const engine::StateChanged& e) const {
            Q_EMIT bridge.stateChanged(runId, QString::fromStdString(e.state));
        }
        void operator()(const engine::RunMessage& e) const {
            Q_EMIT bridge.messageArrived(runId, QString::fromStdString(e.text), e.warning);
        }
    };
    std::visit(Visitor{*this, runId}, event);
}

}  // namespace ui
