// One adapter written for other software: choose it, a target (PEFT folder or merged Hugging Face folder), a
// dtype and a folder; then the self-test's verdict, and what was exported before. An export runs on a pool
// thread and can be cancelled; one at a time.
#pragma once

#include "ui/bridge/catalog_watcher.h"
#include "ui/bridge/task_runner.h"
#include "ui/page.h"
#include "ui/presenters/export_facts.h"

#include <catalog/records.h>
#include <engine/export.h>

#include <memory>
#include <optional>
#include <stop_token>

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTableView;
class QTimer;

namespace ui {

class AdapterPicker;
class EmptyState;
class ExportsModel;
class TargetCard;
class VerdictCard;

class ExportPage : public Page {
    Q_OBJECT

  public:
    explicit ExportPage(const AppContext& context, QWidget* parent = nullptr);
    ~ExportPage() override;

    void showAdapter(const QString& adapterId);
    void activated() override;
    void refresh() override;
    bool focusSearch() override;

  Q_SIGNALS:
    void experimentPageRequested();  // from the empty state

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    struct Progress;

    QWidget* buildForm();
    QWidget* buildOutcome();
    QWidget* buildTargets();
    void fillDtypes();
    QWidget* buildDestination();
    void pickerLoaded();
    void adapterChosen(const QString& id);
    void predict();
    void suggest();
    void checkFolder();
    void updateButton();
    void loadExports();
    void browse();
    void start();
    void showProgress();
    void finished(engine::Result<engine::ExportReport> report);
    TargetCard* card(engine::ExportFormat format) const;
    void showOutlook();
    bool takesDtype() const;  // the chosen format stores weights in a type of choice
    engine::ExportFormat format() const;
    engine::StoredDtype dtype() const;

    LatestTask m_prediction, m_suggestion, m_folderCheck, m_loadExports;
    CatalogWatcher m_watcher;
    std::optional<catalog::AdapterRecord> m_adapter;
    ExportOutlook m_outlook;
    QString m_folderProblem;
    bool m_folderTyped = false;  // a folder that the person chose is not replaced by a suggestion
    std::shared_ptr<Progress> m_running;
    std::stop_source m_stop{std::nostopstate};

    QStackedWidget* m_stack;
    EmptyState* m_empty;
    AdapterPicker* m_picker;
    QLabel* m_about;
    TargetCard *m_peft, *m_merged, *m_gguf, *m_ggufAdapter;
    QLabel* m_dtypeLabel;
    QComboBox* m_dtype;
    QLineEdit* m_folder;
    QPushButton* m_browse;
    QLabel* m_folderHint;
    QPushButton *m_export, *m_cancel;
    QProgressBar* m_progress;
    QLabel* m_progressText;
    QTimer* m_progressTimer;
    VerdictCard* m_verdict;
    ExportsModel* m_exports;
    QStackedWidget* m_exportsStack;
    QTableView* m_exportsView;
};

}  // namespace ui
