// The window: sidebar, pages, run strip, menus. Makes the pages, forwards what they ask of each other, and
// asks before a training run would end with the window. GUI thread only.
#pragma once

#include "ui/context.h"

#include <QHash>
#include <QMainWindow>

#include <vector>

class QStackedWidget;

namespace engine {
struct RunStarted;
}

namespace ui {

class CatalogPage;
class ComparePage;
class ExperimentPage;
class ExportPage;
class Machine;
class MessageBar;
class Page;
class RunNotice;
class RunStrip;
class RunsPage;
class Sidebar;

class MainWindow : public QMainWindow {
    Q_OBJECT

  public:
    explicit MainWindow(const AppContext& context, QWidget* parent = nullptr);
    ~MainWindow() override;

    enum PageIndex { Experiment, Runs, Catalog, Compare, Export, PageCount };
    void showPage(int index);
    Page& page(int index) const { return *m_pages[static_cast<std::size_t>(index)]; }
    Page& currentPage() const;

    // The run that the person chose to discard on closing; whoever ends the queue removes it. Empty
    // otherwise.
    QStringList runsToDiscard() const { return m_runsToDiscard; }

  protected:
    void closeEvent(QCloseEvent* event) override;

  private:
    void buildPages();
    void buildMenus();
    void connectPages();
    void connectRuns();
    void askBeforeClosing();
    void runStarted(const QString& runId, const engine::RunStarted& info);
    void runEnded(const QString& runId, const workbench::RunEnded& ended);
    void showStrip();
    QString namesOfRunning() const;
    void updateBadge();
    void offerWaitingRuns();
    void showAbout();
    void showKeys();

    AppContext m_context;
    Machine* m_machine;
    Sidebar* m_sidebar;
    QStackedWidget* m_stack;
    MessageBar* m_noticeBar;  // of the window, for what concerns no single page
    RunNotice* m_notice;
    RunStrip* m_strip;
    std::vector<Page*> m_pages;
    ExperimentPage* m_experiment = nullptr;
    RunsPage* m_runs = nullptr;
    CatalogPage* m_catalog = nullptr;
    ComparePage* m_compare = nullptr;
    ExportPage* m_export = nullptr;
    QString m_stripRun;                    // the first of those that train
    QHash<QString, qint64> m_totalSteps;  // of those that train
    QStringList m_runsToDiscard;
    bool m_closing = false;
};

}  // namespace ui
