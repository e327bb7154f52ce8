#include "ui/presenters/machine.h"

namespace ui {

namespace {
constexpr int intervalMs = 2000;
}

Machine::Machine(TaskRunner& tasks, QObject* parent) : QObject(parent), m_task(tasks) {
    connect(&m_timer, &QTimer::timeout, this, &Machine::ask);
    m_timer.start(intervalMs);
    ask();
}

void Machine::ask() {
    if (m_task.pending()) return;
    using Answer = std::pair<engine::RuntimeInfo, qint64>;
    m_task.ask(
        this, [] { return Answer(engine::runtime_info(), engine::resident_bytes()); },
        [this](engine::Result<Answer> answer) {
            if (!answer) return;
            m_info = answer->first;
            m_processBytes = answer->second;
            m_known = true;
            Q_EMIT changed();
        });
}

const engine::DeviceInfo* Machine::device(const std::string& id) const {
    for (const auto& device : m_info.devices)
        if (id == "auto" ? device.chosen : device.id == id) return &device;
    return nullptr;
}

}  // namespace ui
