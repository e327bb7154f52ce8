// The runs of the catalog: the running ones, then those that wait in this window's queue in their order, then
// the rest, newest first. Columns for copying and screen readers, roles for the two-line delegate. GUI
// thread.
#pragma once

#include <catalog/records.h>
#include <engine/events.h>

#include <QAbstractTableModel>
#include <QStringList>

#include <vector>

namespace ui {

class RunTableModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column { Name, State, Steps, Loss, ColumnCount };
    enum Role { IdRole = Qt::UserRole, StateRole, FractionRole, SummaryRole };

    explicit RunTableModel(QObject* parent = nullptr);

    // running and waiting: what this window's queue says, newer than the records.
    void setRuns(std::vector<catalog::RunRecord> runs, const QStringList& running, const QStringList& waiting);
    void setStep(const QString& runId,
                 const engine::StepMetrics& step);  // live, between two readings of the catalog
    void setState(const QString& runId, catalog::RunState state);

    const catalog::RunRecord* record(const QModelIndex& index) const;
    const catalog::RunRecord* record(const QString& runId) const;
    QModelIndex indexOf(const QString& runId) const;
    // Place in this window's queue, -1 when it does not wait there. A queued run of an earlier session waits
    // nowhere.
    int queuePosition(const QString& runId) const { return static_cast<int>(m_waiting.indexOf(runId)); }
    int queueLength() const { return static_cast<int>(m_waiting.size()); }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    static QString stateText(catalog::RunState state);

  private:
    QString summary(const catalog::RunRecord& run) const;

    std::vector<catalog::RunRecord> m_runs;
    QStringList m_running;
    QStringList m_waiting;
};

}  // namespace ui
