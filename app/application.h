// Composition root of the window: makes workbench, bridge, queue, theme and window in this order and takes
// them down in reverse. Needs a QApplication. GUI thread only.
#pragma once

#include "engine/error.h"
#include "ui/context.h"
#include "ui/format/english_plurals.h"

#include <QTranslator>

#include <filesystem>
#include <memory>

class QSettings;

namespace ui {
class MainWindow;
class WheelGuard;
}  // namespace ui

class Application {
  public:
    // data_dir as in workbench::resolve_paths. The error says which folder or file cannot be used and why.
    // train is what the queue calls for each run.
    static engine::Result<std::unique_ptr<Application>> create(
        const std::filesystem::path& dataDir, workbench::TrainFunction train = {});
    // Stops and saves a run that is training, or removes it where the person chose to discard it.
    ~Application();

    ui::MainWindow& window() { return *m_window; }
    const ui::AppContext& context() const { return *m_context; }

  private:
    explicit Application(std::unique_ptr<workbench::Workbench> workbench);
    void discard(const QString& runId);

    ui::EnglishPlurals m_english;
    QTranslator m_translator;
    std::unique_ptr<workbench::Workbench> m_workbench;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ui::WheelGuard> m_wheelGuard;
    std::unique_ptr<ui::Theme> m_theme;
    std::unique_ptr<ui::Navigator> m_navigator;
    std::unique_ptr<ui::RunBridge> m_bridge;
    std::unique_ptr<workbench::RunQueue> m_queue;
    std::unique_ptr<ui::TaskRunner> m_tasks;
    std::unique_ptr<ui::AppContext> m_context;
    std::unique_ptr<ui::MainWindow> m_window;
};
