// Queue and history on the left; the chosen run on the right: figures, four linked charts, ||dW|| per layer
// and matrix, configuration and log. Follows a training run live and shows a finished one from the catalog in
// the same way.
#pragma once

#include "ui/bridge/catalog_watcher.h"
#include "ui/bridge/task_runner.h"
#include "ui/page.h"

#include <catalog/records.h>
#include <workbench/run_log.h>

#include <functional>

class QAction;
class QListView;
class QPlainTextEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace ui {

class DifferencesModel;
class EmptyState;
class HeatMap;
class RunCharts;
class RunFeed;
class RunHeader;
class RunTableModel;

class RunsPage : public Page {
    Q_OBJECT

  public:
    explicit RunsPage(const AppContext& context, QWidget* parent = nullptr);
    ~RunsPage() override;

    void showRun(const QString& runId);
    QString shownRun() const;

    void activated() override;
    void refresh() override;

  Q_SIGNALS:
    void runShown(const QString& runId);  // another one than before
    void experimentPageRequested();  // from the empty state

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    void buildActions();
    QWidget* buildList();
    QWidget* buildDetails();
    QWidget* buildTabs();
    void connectFeed();
    void connectBridge();

    void loadRuns();
    void applyRuns(std::vector<catalog::RunRecord> runs);
    void chooseRow();
    void selectionChanged();
    void showRecord(const catalog::RunRecord& run);
    void showConfiguration(const catalog::RunRecord& run);
    void appendLog(const std::vector<workbench::LogLine>& lines);
    void showNorms(const std::vector<engine::DeltaNorm>& norms);
    void updateActions();
    void showListMenu(const QPoint& position);

    const catalog::RunRecord* current() const;
    bool isRunningHere() const;
    void pauseOrGoOn();
    void resumeRun();
    void moveInQueue(int by);
    void cancelRun();
    void removeRun();
    void useAsNewExperiment();
    void showAdapter();
    // A call that touches the catalog: off the GUI thread, its error in the message bar, then a fresh list.
    void inBackground(std::function<engine::Status()> work);

    LatestTask m_load;
    CatalogWatcher m_watcher;
    RunFeed* m_feed;
    RunTableModel* m_model;
    DifferencesModel* m_configuration;
    QString m_wanted;      // to be chosen when it appears in the list
    bool m_follow = true;  // the running run is chosen by itself unless the person has chosen another

    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QListView* m_list;
    RunHeader* m_header;
    RunCharts* m_charts;
    HeatMap* m_heatMap;
    QTableView* m_configurationView;
    QPlainTextEdit* m_log;
    QSplitter *m_columns, *m_rows;
    QPushButton *m_pause, *m_stop, *m_resume, *m_again, *m_adapter, *m_more;
    QToolButton *m_up, *m_down, *m_cancelButton;
    QAction *m_evaluateNow, *m_saveNow, *m_moveUp, *m_moveDown, *m_cancel, *m_remove, *m_copy;
};

}  // namespace ui
