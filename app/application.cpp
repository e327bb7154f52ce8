#include "app/application.h"

#include "ui/bridge/run_bridge.h"
#include "ui/bridge/task_runner.h"
#include "ui/main_window.h"
#include "ui/navigator.h"
#include "ui/theme/theme.h"
#include "ui/widgets/wheel_guard.h"

#include <QApplication>
#include <QLocale>
#include <QSettings>

#include <clocale>

engine::Result<std::unique_ptr<Application>> Application::create(const std::filesystem::path& dataDir,
                                                                 workbench::TrainFunction train) {
    const auto paths = workbench::resolve_paths(dataDir);
    if (!paths) return paths.error();
    auto workbench = workbench::Workbench::open(*paths, std::move(train));
    if (!workbench) return workbench.error();
    return std::unique_ptr<Application>(new Application(std::move(workbench).value()));
}

Application::Application(std::unique_ptr<workbench::Workbench> workbench)
    : m_workbench(std::move(workbench)) {
    // QApplication takes the locale of the environment; files and the engine need the decimal point.
    std::setlocale(LC_NUMERIC, "C");
    QApplication::installTranslator(&m_english);
    if (m_translator.load(QLocale(), QStringLiteral("lora-workbench"), QStringLiteral("_"),
                          QStringLiteral(":/translations")))
        QApplication::installTranslator(&m_translator);

    const auto file = m_workbench->paths().data_dir / "window.ini";
    m_settings = std::make_unique<QSettings>(QString::fromStdString(file.string()), QSettings::IniFormat);
    m_wheelGuard = std::make_unique<ui::WheelGuard>();
    qApp->installEventFilter(m_wheelGuard.get());
    m_theme = std::make_unique<ui::Theme>(*m_settings);
    QApplication::setWindowIcon(m_theme->icon(QStringLiteral("layers"), m_theme->accent()));
    m_navigator = std::make_unique<ui::Navigator>();
    m_bridge = std::make_unique<ui::RunBridge>();
    m_queue = std::make_unique<workbench::RunQueue>(*m_workbench, m_bridge->listener());
    m_tasks = std::make_unique<ui::TaskRunner>();
    m_context = std::make_unique<ui::AppContext>(
        ui::AppContext{*m_workbench, *m_queue, *m_tasks, *m_bridge, *m_theme, *m_navigator, *m_settings});
    m_window = std::make_unique<ui::MainWindow>(*m_context);
}

Application::~Application() {
    const QStringList discarded = m_window->runsToDiscard();
    m_window.reset();
    m_tasks.reset();  // waits for questions that still use workbench and queue
    m_queue.reset();
    for (const QString& runId : discarded) discard(runId);
    m_settings->sync();
}

void Application::discard(const QString& runId) {
    const auto outcome = ui::guarded([&] {
        for (const auto& adapter : m_workbench->catalog().adapters()) {
            if (adapter.run_id != runId.toStdString()) continue;
            m_workbench->catalog().trash_adapter(adapter.id);
            (void)m_workbench->empty_trash(adapter.id).value();
        }
        (void)m_workbench->remove_run(runId.toStdString()).value();
    });
    if (!outcome) qWarning("The discarded run was not removed: %s", outcome.error().message.c_str());
}
