// What the machine has: devices with their free memory, and this process's share. Asked on a pool thread
// every two seconds; the first answer, which loads libtorch's devices, comes a moment after the start. GUI
// thread only.
#pragma once

#include "engine/runtime.h"
#include "ui/bridge/task_runner.h"

#include <QObject>
#include <QTimer>

namespace ui {

class Machine : public QObject {
    Q_OBJECT

  public:
    explicit Machine(TaskRunner& tasks, QObject* parent = nullptr);

    bool known() const { return m_known; }
    const engine::RuntimeInfo& info() const { return m_info; }
    qint64 processBytes() const { return m_processBytes; }
    // "auto" is the chosen one; null when there is no such device.
    const engine::DeviceInfo* device(const std::string& id) const;

  Q_SIGNALS:
    void changed();

  private:
    void ask();

    LatestTask m_task;
    QTimer m_timer;
    engine::RuntimeInfo m_info;
    qint64 m_processBytes = 0;
    bool m_known = false;
};

}  // namespace ui
