// Every adapter kept: a table that filters as one types (the catalog's query language) and sorts by any
// column, beside it the details of the selection with tags, notes and its loss curve. Stays current when
// another window or lwb changes the catalog.
#pragma once

#include "ui/bridge/catalog_watcher.h"
#include "ui/bridge/task_runner.h"
#include "ui/page.h"

#include <catalog/records.h>

#include <functional>

class QLabel;
class QLineEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTableView;
class QTimer;
class QToolButton;

namespace ui {

class AdapterDetails;
class AdapterTableModel;
class EmptyState;

class CatalogPage : public Page {
    Q_OBJECT

  public:
    explicit CatalogPage(const AppContext& context, QWidget* parent = nullptr);
    ~CatalogPage() override;

    void showAdapter(const QString& adapterId);
    QStringList selectedIds() const;

    void activated() override;
    void refresh() override;
    bool focusSearch() override;

  Q_SIGNALS:
    void experimentPageRequested();  // from the empty state

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;  // of the table's size

  private:
    struct Listing {
        std::vector<catalog::AdapterRecord> adapters;
        std::int64_t kept = 0, keptBytes = 0;  // in the catalog, filter aside
        std::int64_t trashed = 0, trashedBytes = 0;
    };

    QWidget* buildFilterRow();
    QWidget* buildTable();
    QWidget* buildFooter();
    void buildActions();
    void connectDetails();
    void restyle();

    void load();
    void applyListing(Listing listing);
    bool checkFilter();
    void select(const QStringList& ids);
    std::vector<catalog::AdapterRecord> selection() const;
    void selectionChanged();
    void updateActions();
    void showHeaderMenu(const QPoint& position);
    void showTableMenu(const QPoint& position);
    void keepColumns();
    void showScores();
    void fitName();

    void setStarred(const QString& id, bool starred);
    void trashSelected();
    void restore(const QStringList& ids);
    void purgeSelected();
    void runAgain();
    // Off the GUI thread; an error goes to the message bar, then the table is read again and done is called.
    void inBackground(std::function<void(workbench::Workbench&)> work, std::function<void()> done = {});

    LatestTask m_load;
    CatalogWatcher m_watcher;
    AdapterTableModel* m_model;
    QString m_wanted;  // to be selected when it has been read
    bool m_trashShown = false;
    bool m_fitting = false;  // a column is resized, and not by hand

    QStackedWidget *m_stack, *m_tableStack;
    EmptyState *m_empty, *m_nothingFound;
    QLineEdit* m_filter;
    QPushButton* m_fields;
    QLabel* m_hint;
    QTimer* m_typing;
    QTableView* m_table;
    AdapterDetails* m_details;
    QSplitter* m_splitter;
    QLabel* m_footer;
    QToolButton* m_trash;
    QPushButton *m_compare, *m_export, *m_again, *m_delete, *m_restore, *m_purge;
};

}  // namespace ui
