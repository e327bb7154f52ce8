// Everything one run has to show, from two sources made one: what the catalog has recorded, and what the
// bridge brings live. Reading happens off the GUI thread; what arrives meanwhile is kept and handed out
// behind it, so that no point is lost or doubled. GUI thread.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/context.h"

#include <catalog/records.h>
#include <engine/events.h>
#include <workbench/run_log.h>
#include <workbench/run_queue.h>

#include <QHash>
#include <QObject>
#include <QPointF>
#include <QVector>

#include <filesystem>
#include <map>
#include <vector>

namespace ui {

struct RunHistory {
    catalog::RunRecord record;
    std::map<std::string, std::vector<QPointF>> series;  // key of the catalog → (step, value)
    std::vector<engine::DeltaNorm> norms;                // the last ones
    workbench::LogPart log;
};

// "2026-11-23 10:50:40  started on cpu (2 threads), f32", the time that of this place.
QString logText(const workbench::LogLine& line);

class RunFeed : public QObject {
    Q_OBJECT

  public:
    explicit RunFeed(const AppContext& context, QObject* parent = nullptr);

    void show(const QString& runId);  // empty: nothing
    QString runId() const { return m_runId; }
    // The catalog has changed: reads the record again and, for a run that another program trains, the new
    // points.
    void refresh();

  Q_SIGNALS:
    void loaded(const RunHistory& history);  // replaces everything shown before
    void recordChanged(const catalog::RunRecord& record);
    void stepsArrived(const QVector<engine::StepMetrics>& steps);
    void evaluated(const engine::EvalMetrics& metrics);
    void normsArrived(const std::vector<engine::DeltaNorm>& norms);
    void seriesExtended(
        const std::map<std::string, std::vector<QPointF>>& points);  // of a run trained elsewhere
    void logAppended(const std::vector<workbench::LogLine>& lines);
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
    void takeEnd(const QString& runId);
    void takeHistory(RunHistory history);
    void followLog(const QString& runId);  // something was reported: reads what the log has gained
    bool isShown(const QString& runId) const { return runId == m_runId && !m_load.pending(); }

    AppContext m_context;
    LatestTask m_load, m_refresh, m_readLog;
    QString m_runId;
    std::filesystem::path m_runDir;
    std::uint64_t m_logEnd = 0;
    bool m_logGrew = false;  // while it was being read
    QHash<QString, Recent> m_recent;
    std::map<std::string, std::int64_t> m_lastStep;  // per key, of what has been handed out
};

}  // namespace ui
