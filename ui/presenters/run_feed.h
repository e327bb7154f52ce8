// Everything one run has to show, from two sources made one: what the catalog has recorded, and what the
// bridge brings live. Reading happens off the GUI thread; what arrives meanwhile is kept and handed out
// behind it, so that no point is lost or doubled. GUI thread.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/context.h"

#include <catalog/records.h>
#include <engine/events.h>
#include <workbench/run_queue.h>

#include <QHash>
#include <QObject>
#include <QPointF>
#include <QStringList>
#include <QVector>

#include <map>
#include <vector>

namespace ui {

struct RunHistory {
    catalog::RunRecord record;
    std::map<std::string, std::vector<QPointF>> series;  // key of the catalog → (step, value)
    std::vector<engine::DeltaNorm> norms;                // the last ones
};

class RunFeed : public QObject {
    Q_OBJECT

  public:
    explicit RunFeed(const AppContext& context, QObject* parent = nullptr);

    void show(const QString& runId);  // empty: nothing
    QString runId() const { return m_runId; }
    // The catalog has changed: reads the record again and, for a run that another program trains, the new
    // points.
    void refresh();
    QStringList log(const QString& runId) const { return m_logs.value(runId); }

  Q_SIGNALS:
    void loaded(const RunHistory& history);  // replaces everything shown before
    void recordChanged(const catalog::RunRecord& record);
    void stepsArrived(const QVector<engine::StepMetrics>& steps);
    void evaluated(const engine::EvalMetrics& metrics);
    void normsArrived(const std::vector<engine::DeltaNorm>& norms);
    void seriesExtended(
        const std::map<std::string, std::vector<QPointF>>& points);  // of a run trained elsewhere
    void logAppended(const QString& line);
    void failed(const engine::Error& error);

  private:
    // What came live and may not be in the catalog yet; the recorder writes twice a second.
    struct Recent {
        QVector<engine::StepMetrics> steps;
        QVector<engine::EvalMetrics> evaluations;
        std::vector<engine::DeltaNorm> norms;
    };
    void takeSteps(const QString& runId, const QVector<engine::StepMetrics>& steps);
    void takeEvaluation(const QString& runId, const engine::EvalMetrics& metrics);
    void takeEnd(const QString& runId, const workbench::RunEnded& ended);
    void takeHistory(RunHistory history);
    void addLog(const QString& runId, const QString& text);
    bool isShown(const QString& runId) const { return runId == m_runId && !m_load.pending(); }

    AppContext m_context;
    LatestTask m_load, m_refresh;
    QString m_runId;
    QHash<QString, Recent> m_recent;
    QHash<QString, QStringList> m_logs;
    std::map<std::string, std::int64_t> m_lastStep;  // per key, of what has been handed out
};

}  // namespace ui
