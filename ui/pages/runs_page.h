// Queue and history on the left; the chosen run on the right: figures, four linked charts, ||dW|| per layer and matrix,
// configuration and log. Follows a training run live and shows a finished one from the catalog in the same way.
#pragma once

#include "ui/bridge/catalog_watcher.h"
#include "ui/bridge/task_runner.h"
#include "ui/page.h"

#include <catalog/records.h>

class QAction;
class QLabel;
class QListView;
class QPlainTextEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTabWidget;
class QTableView;
class QToolButton;

namespace ui {

class HeatMap;
class RunCharts;
class RunFeed;
class RunHeader;
class RunTableModel;
class SpecTableModel;

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
    void experimentPageRequested();  // from the empty state

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    void buildActions();
    QWidget* buildList();
    QWidget* buildDetails();
    void connectFeed();
    void loadRuns();
    void applyRuns(std::vector<catalog::RunRecord> runs);
    void selectionChanged();
    void showRecord(const catalog::RunRecord& run);
    void updateActions();
    void showListMenu(const QPoint& position);

    void pauseOrGoOn();
    void resumeRun();
    void moveInQueue(int by);
    void cancelRun();
    void removeRun();
    void useAsNewExperiment();
    void showAdapterOfRun();
    // A call that may touch the catalog: off the GUI thread, its error in the message bar, then a fresh list.
    void inBackground(std::function<engine::Status()> work);

    LatestTask m_load;
    CatalogWatcher m_watcher;
    RunFeed* m_feed;
    RunTableModel* m_model;
    SpecTableModel* m_spec;
    QString m_wanted;  // to be chosen when it appears in the list
    bool m_loadedOnce = false;

    QStackedWidget* m_stack;
    QListView* m_list;
    RunHeader* m_header;
    RunCharts* m_charts;
    QTabWidget* m_tabs;
    HeatMap* m_heatMap;
    QTableView* m_specView;
    QPlainTextEdit* m_log;
    QSplitter* m_splitter;
    QPushButton* m_pause;
    QPushButton* m_stop;
    QPushButton* m_resume;
    QPushButton* m_again;
    QToolButton* m_more;
    QAction *m_evaluateNow, *m_saveNow, *m_moveUp, *m_moveDown, *m_cancel, *m_remove, *m_copyId, *m_showAdapter;
};

}  // namespace ui
