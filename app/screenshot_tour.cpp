#include "app/screenshot_tour.h"

#include "app/application.h"
#include "ui/bridge/run_bridge.h"
#include "ui/bridge/task_runner.h"
#include "ui/main_window.h"
#include "ui/navigator.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QPixmap>

namespace {
constexpr int settleMs = 1500;  // pages load from the catalog off the GUI thread
}

ScreenshotTour::ScreenshotTour(Application& application, const QString& folder)
    : m_application(application), m_folder(folder), m_modeBefore(application.context().theme.mode()) {
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ScreenshotTour::shoot);
}

void ScreenshotTour::start() {
    if (!QDir().mkpath(m_folder)) {
        end(tr("The folder %1 cannot be made; choose another one.").arg(m_folder));
        return;
    }
    const auto adapters =
        ui::guarded([this] { return m_application.context().workbench.catalog().adapters(); });
    if (!adapters)
        end(QString::fromStdString(adapters.error().message));
    else if (adapters->empty())
        train();
    else
        plan();
}

void ScreenshotTour::train() {
    const ui::AppContext& context = m_application.context();
    connect(&context.bridge, &ui::RunBridge::runEnded, this,
            [this](const QString&, const workbench::RunEnded& ended) {
                const ui::AppContext& here = m_application.context();
                if (ended.state != "finished")
                    end(QString::fromStdString(ended.message));
                else if (here.queue.running().empty() && here.queue.waiting().empty())
                    plan();
            });
    for (const int64_t rank : {1, 4, 16}) {
        auto spec = context.workbench.first_experiment();
        spec.lora.alpha *= static_cast<double>(rank) / static_cast<double>(spec.lora.rank);
        spec.lora.rank = rank;
        spec.name.clear();
        if (const auto id = context.queue.enqueue(spec); !id) {
            end(QString::fromStdString(id.error().message));
            return;
        }
    }
}

void ScreenshotTour::plan() {
    const ui::AppContext& context = m_application.context();
    QStringList ids;
    QString run;
    const auto adapters = ui::guarded([&] { return context.workbench.catalog().adapters(); });
    if (adapters) {
        for (const auto& adapter : *adapters)
            if (ids.size() < 6) ids << QString::fromStdString(adapter.id);
        if (!adapters->empty()) run = QString::fromStdString(adapters->front().run_id);
    }
    if (!ids.isEmpty()) {
        Q_EMIT context.navigator.exportRequested(ids.constFirst());
        Q_EMIT context.navigator.compareRequested(ids);
        Q_EMIT context.navigator.adapterRequested(ids.constFirst());
    }
    if (!run.isEmpty()) Q_EMIT context.navigator.runRequested(run);

    const QStringList names{QStringLiteral("experiment"), QStringLiteral("runs"), QStringLiteral("catalog"),
                            QStringLiteral("compare"), QStringLiteral("export")};
    for (const QSize size : {QSize(1024, 640), QSize(1280, 800), QSize(1920, 1080)})
        for (const bool dark : {false, true})
            for (int page = 0; page < names.size(); ++page)
                m_stops.push_back({page, size, dark,
                                   QStringLiteral("%1-%2x%3-%4.png")
                                       .arg(names[page])
                                       .arg(size.width())
                                       .arg(size.height())
                                       .arg(dark ? QStringLiteral("dark") : QStringLiteral("light"))});
    arrive();
}

void ScreenshotTour::arrive() {
    const Stop& stop = m_stops[m_next];
    auto& theme = m_application.context().theme;
    if (theme.isDark() != stop.dark || theme.mode() == ui::Theme::Mode::System)
        theme.setMode(stop.dark ? ui::Theme::Mode::Dark : ui::Theme::Mode::Light);
    m_application.window().resize(stop.size);
    m_application.window().showPage(stop.page);
    m_timer.start(settleMs);
}

void ScreenshotTour::shoot() {
    const QString file = QDir(m_folder).filePath(m_stops[m_next].name);
    if (!m_application.window().grab().save(file)) {
        end(tr("The picture %1 cannot be written; is the folder full or read-only?").arg(file));
        return;
    }
    if (++m_next < m_stops.size())
        arrive();
    else
        end({});
}

void ScreenshotTour::end(const QString& problem) {
    m_problem = problem;
    m_application.context().theme.setMode(m_modeBefore);
    // start() may fail before the event loop runs.
    QMetaObject::invokeMethod(qApp, &QCoreApplication::quit, Qt::QueuedConnection);
}
