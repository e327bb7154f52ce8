#include "ui/bridge/catalog_watcher.h"

#include <catalog/catalog.h>

#include <optional>

namespace ui {

struct CatalogWatcher::Connection {
    std::filesystem::path file;
    std::optional<catalog::Catalog> catalog;
    std::optional<std::int64_t> version;

    bool hasChanged() {
        if (!catalog) catalog = catalog::Catalog::open(file);
        const std::int64_t now = catalog->data_version();
        const bool changed = version && *version != now;
        version = now;
        return changed;
    }
};

CatalogWatcher::CatalogWatcher(TaskRunner& tasks, std::filesystem::path catalogFile, QObject* parent)
    : QObject(parent), m_tasks(tasks), m_connection(std::make_shared<Connection>()) {
    m_connection->file = std::move(catalogFile);
    m_timer.setInterval(1000);
    connect(&m_timer, &QTimer::timeout, this, &CatalogWatcher::look);
}

CatalogWatcher::~CatalogWatcher() = default;

void CatalogWatcher::start() {
    m_timer.start();
    look();
}

void CatalogWatcher::stop() {
    m_timer.stop();
}

void CatalogWatcher::setInterval(int milliseconds) {
    m_timer.setInterval(milliseconds);
}

void CatalogWatcher::look() {
    if (m_looking) return;
    m_looking = true;
    m_tasks.run(
        this, [connection = m_connection] { return connection->hasChanged(); },
        [this](engine::Result<bool> answer) {
            m_looking = false;
            // An unreadable catalog is reported by whoever reads records from it.
            if (answer && *answer && m_timer.isActive()) Q_EMIT changed();
        });
}

}  // namespace ui
