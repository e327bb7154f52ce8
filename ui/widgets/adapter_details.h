// The side panel of the catalog: one adapter with its figures, small loss curve, name, tags and notes to be
// edited; a summary when several are selected. Edits are announced, not stored. GUI thread.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/context.h"

#include <catalog/records.h>

#include <QScrollArea>

#include <vector>

class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace ui {

class LineChart;

class AdapterDetails : public QScrollArea {
    Q_OBJECT

  public:
    explicit AdapterDetails(const AppContext& context, QWidget* parent = nullptr);
    ~AdapterDetails() override;

    void show(const std::vector<catalog::AdapterRecord>& selection);
    // Announces an edit that still waits for the typing to pause.
    void flush();

  Q_SIGNALS:
    void nameEdited(const QString& adapterId, const QString& name);
    void tagsEdited(const QString& adapterId, const QStringList& tags);
    void notesEdited(const QString& adapterId, const QString& notes);
    void runRequested(const QString& runId);
    void saveFailed(const QString& message);  // of the curve

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    QWidget* buildPanel();
    QLabel* addRow(const QString& label);
    void fill(const catalog::AdapterRecord& adapter);
    void loadCurve(const QString& runId);
    void restyle();

    AppContext m_context;
    LatestTask m_load;
    catalog::AdapterRecord m_adapter;
    QStackedWidget* m_stack;
    QLabel* m_summary;
    QFormLayout* m_form;
    QLineEdit *m_name, *m_tags;
    QPlainTextEdit* m_notes;
    QTimer* m_notesTimer;
    bool m_notesTyped = false;
    LineChart* m_curve;
    QLabel *m_model, *m_targets, *m_rank, *m_params, *m_eval, *m_score, *m_train, *m_steps, *m_size, *m_created;
    QToolButton *m_run, *m_copyPath, *m_openFolder;
    QList<QLabel*> m_labels;
    QString m_curveRun;
};

}  // namespace ui
