// One adapter written for other software: choose it, a target (PEFT folder or merged Hugging Face folder), a
// dtype and a folder; then the self-test's verdict, and what was exported before.
#pragma once

#include "ui/bridge/catalog_watcher.h"
#include "ui/bridge/task_runner.h"
#include "ui/page.h"

#include <catalog/records.h>
#include <engine/export.h>

#include <stop_token>

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QScrollArea;
class QStackedWidget;
class QTableView;

namespace ui {

class AdapterPicker;
class Card;
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
    void catalogPageRequested();

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    QWidget* buildForm();
    QWidget* buildOutcome();
    void adapterChosen();
    void targetChosen(engine::ExportFormat format);
    void predict();
    void suggestFolder();
    void checkFolder();
    void updateButton();
    void loadExports();
    void browse();
    void start();
    void finished(engine::Result<engine::ExportReport> report);
    engine::ExportRequest request() const;

    LatestTask m_load, m_prediction, m_folderCheck, m_exports;
    CatalogWatcher m_watcher;
    std::optional<catalog::AdapterRecord> m_adapter;
    engine::ExportFormat m_format = engine::ExportFormat::hf;
    QString m_problem;  // why the form cannot be exported; empty: it can
    QString m_folderProblem;
    bool m_folderTouched = false;  // a folder typed by the person is not replaced by a suggestion
    bool m_running = false;
    std::stop_source m_stop{std::nostopstate};

    QStackedWidget* m_stack;
    EmptyState* m_empty;
    AdapterPicker* m_picker;
    QLabel* m_about;
    TargetCard *m_peft, *m_merged;
    QComboBox* m_dtype;
    QLineEdit* m_folder;
    QLabel* m_folderHint;
    QPushButton *m_export, *m_cancel;
    QProgressBar* m_progress;
    QLabel* m_progressText;
    VerdictCard* m_verdict;
    ExportsModel* m_exportsModel;
    QTableView* m_exportsView;
};

}  // namespace ui
