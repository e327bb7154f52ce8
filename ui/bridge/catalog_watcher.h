// Tells when the catalog has changed, by this window or by any other program: asks the catalog's data version
// once a second off the GUI thread, over a connection of its own (so that this program's own writes count as
// changes, too). GUI thread; one per page, running only while the page is visible.
#pragma once

#include "ui/bridge/task_runner.h"

#include <QObject>
#include <QTimer>

#include <filesystem>
#include <memory>

namespace ui {

class CatalogWatcher : public QObject {
    Q_OBJECT

  public:
    CatalogWatcher(TaskRunner& tasks, std::filesystem::path catalogFile, QObject* parent = nullptr);
    ~CatalogWatcher() override;

    void start();  // what changed while it was stopped is reported by the first look
    void stop();
    void setInterval(int milliseconds);

  Q_SIGNALS:
    void changed();

  private:
    struct Connection;
    void look();

    TaskRunner& m_tasks;
    std::shared_ptr<Connection> m_connection;  // used by one task at a time
    QTimer m_timer;
    bool m_looking = false;
};

}  // namespace ui
