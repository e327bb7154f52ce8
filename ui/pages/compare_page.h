// Several adapters side by side: their curves, what differs in their configurations, rank and parameters against the loss or,
// of classifiers, against a figure of the task. An adapter keeps one colour, line style and marker on every tab.
#pragma once

#include "ui/bridge/catalog_watcher.h"
#include "ui/bridge/task_runner.h"
#include "ui/page.h"
#include "ui/presenters/comparison.h"

#include <QStringList>

class QCheckBox;
class QComboBox;
class QLabel;
class QStackedWidget;
class QTabWidget;
class QTableView;

namespace ui {

class AdapterChips;
class AdapterPicker;
class DifferencesModel;
class EmptyState;
class LineChart;
class ScatterChart;

class ComparePage : public Page {
    Q_OBJECT

  public:
    explicit ComparePage(const AppContext& context, QWidget* parent = nullptr);
    ~ComparePage() override;

    void setAdapters(const QStringList& adapterIds);  // remembered across starts
    QStringList adapters() const { return m_ids; }

    void activated() override;
    void refresh() override;
    bool focusSearch() override;

  Q_SIGNALS:
    void catalogPageRequested();     // from the empty state
    void experimentPageRequested();  // from it while there is no adapter at all

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    void buildTabs();
    QWidget* buildCurves();
    QWidget* buildDifferences();
    ScatterChart* buildScatter(const char* name);
    void load();
    void findComparable();
    void describeNothing();
    void showAdapters(std::vector<ComparedAdapter> adapters);
    void fillChips();
    void fillCurves();
    void nameLosses();
    void fillDifferences();
    void fillMeasures();
    Measure measure() const;
    void chooseMeasure();
    void fillScatter();

    LatestTask m_load, m_findComparable;
    CatalogWatcher m_watcher;
    QStringList m_ids;
    std::vector<ComparedAdapter> m_adapters;
    Comparable m_comparable;  // offered while there is nothing on the page
    bool m_counted = false;   // the picker knows how many adapters there are
    LookBook m_looks;
    QString m_perLoss;  // what the losses are of: "nats per token"

    AdapterPicker* m_picker;
    AdapterChips* m_chips;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QTabWidget* m_tabs;
    LineChart *m_evalCurves, *m_scoreCurves, *m_trainCurves;
    DifferencesModel* m_differences;
    QTableView* m_differencesView;
    QCheckBox* m_onlyDifferences;
    QLabel *m_differencesHint, *m_missing;
    QWidget* m_judge;  // the choice of m_measure, on the tabs that it is for
    QComboBox* m_measure;
    ScatterChart *m_rank, *m_pareto;
};

}  // namespace ui
