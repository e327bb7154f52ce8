// Several adapters side by side: their curves, what differs in their configurations, rank against loss,
// parameters against loss. An adapter keeps one colour, line style and marker on every tab.
#pragma once

#include "ui/bridge/catalog_watcher.h"
#include "ui/bridge/task_runner.h"
#include "ui/page.h"

#include <QMap>
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
struct ComparedAdapter;

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
    void catalogPageRequested();  // from the empty state

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    QWidget* buildCurves();
    QWidget* buildDifferences();
    void load();
    void show(std::vector<ComparedAdapter> adapters);
    void fillCurves(const std::vector<ComparedAdapter>& adapters);
    void fillScatter(const std::vector<ComparedAdapter>& adapters);
    int styleIndex(const QString& adapterId);
    void add(const QString& adapterId);
    void remove(const QString& adapterId);

    LatestTask m_load;
    CatalogWatcher m_watcher;
    QStringList m_ids;
    QMap<QString, int> m_styles;  // adapter → index of its look, kept while it is on the page

    AdapterPicker* m_picker;
    AdapterChips* m_chips;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QTabWidget* m_tabs;
    LineChart *m_evalCurves, *m_trainCurves;
    DifferencesModel* m_differences;
    QTableView* m_differencesView;
    QCheckBox* m_onlyDifferences;
    ScatterChart *m_rank, *m_pareto;
};

}  // namespace ui
