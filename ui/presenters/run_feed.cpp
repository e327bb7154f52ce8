#include "ui/presenters/run_feed.h"

#include "ui/bridge/run_bridge.h"

#include <QDateTime>

namespace ui {
namespace {

constexpr qsizetype kRecentSteps = 4096;
const std::vector<std::string> kKeys{"loss",      "learning_rate",     "grad_norm",
                                     "rss_bytes", "tokens_per_second", "device_bytes"};

// The fixed ones, and whatever the evaluations of this run have measured.
std::vector<std::string> keysOf(const catalog::Catalog& catalog, const std::string& id) {
    std::vector<std::string> keys = kKeys;
    for (std::string& key : catalog.series_keys(id, "eval_")) keys.push_back(std::move(key));
    return keys;
}

std::vector<QPointF> pointsOf(const std::vector<catalog::MetricPoint>& series) {
    std::vector<QPointF> points;
    points.reserve(series.size());
    for (const auto& p : series) points.emplace_back(static_cast<double>(p.step), p.value);
    return points;
}

// "delta_norm/3/q" → layer 3, kind q.
std::vector<engine::DeltaNorm> normsOf(const std::vector<catalog::MetricSample>& samples) {
    std::vector<engine::DeltaNorm> norms;
    for (const auto& sample : samples) {
        const QStringList parts = QString::fromStdString(sample.key).split(QLatin1Char('/'));
        if (parts.size() == 3)
            norms.push_back({parts[1].toInt(), parts[2].toStdString(), sample.point.value});
    }
    return norms;
}

RunHistory readHistory(workbench::Workbench& workbench, const std::string& id) {
    auto& catalog = workbench.catalog();
    RunHistory history;
    history.record = catalog.run(id);
    for (const std::string& key : keysOf(catalog, id)) history.series[key] = pointsOf(catalog.series(id, key));
    history.norms = normsOf(catalog.last_points(id, "delta_norm/"));
    history.log = workbench::read_run_log(history.record.run_dir);
    return history;
}

}  // namespace

QString logText(const workbench::LogLine& line) {
    QString text = QString::fromStdString(line.text);
    if (line.time == 0) return text;
    const auto time = QDateTime::fromSecsSinceEpoch(static_cast<qint64>(line.time));
    return time.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss  ")) + text;
}

RunFeed::RunFeed(const AppContext& context, QObject* parent)
    : QObject(parent),
      m_context(context),
      m_load(context.tasks),
      m_refresh(context.tasks),
      m_readLog(context.tasks) {
    RunBridge& bridge = context.bridge;
    connect(&bridge, &RunBridge::runStarted, this, [this](const QString& id) {
        m_recent[id] = {};
        if (id == m_runId) show(id);
    });
    connect(&bridge, &RunBridge::stepsArrived, this, &RunFeed::takeSteps);
    connect(&bridge, &RunBridge::evaluated, this, &RunFeed::takeEvaluation);
    connect(&bridge, &RunBridge::deltaNorms, this,
            [this](const QString& id, const engine::DeltaNorms& norms) {
                m_recent[id].norms = norms.norms;
                if (isShown(id)) Q_EMIT normsArrived(norms.norms);
            });
    connect(&bridge, &RunBridge::checkpointSaved, this, &RunFeed::followLog);
    connect(&bridge, &RunBridge::messageArrived, this, &RunFeed::followLog);
    connect(&bridge, &RunBridge::stateChanged, this, &RunFeed::followLog);
    connect(&bridge, &RunBridge::runEnded, this, &RunFeed::takeEnd);
}

void RunFeed::show(const QString& runId) {
    m_runId = runId;
    m_lastStep.clear();
    m_refresh.cancel();
    m_readLog.cancel();
    if (runId.isEmpty()) return m_load.cancel();
    m_load.ask(
        this,
        [&workbench = m_context.workbench, id = runId.toStdString()] { return readHistory(workbench, id); },
        [this](engine::Result<RunHistory> history) {
            if (!history) return Q_EMIT failed(history.error());
            takeHistory(std::move(history).value());
        });
}

void RunFeed::takeHistory(RunHistory history) {
    for (const auto& [key, points] : history.series)
        if (!points.empty()) m_lastStep[key] = static_cast<std::int64_t>(points.back().x());
    m_runDir = history.record.run_dir;
    m_logEnd = history.log.end;
    const auto live = m_recent.constFind(m_runId);
    if (live != m_recent.constEnd() && !live->norms.empty()) history.norms = live->norms;
    Q_EMIT loaded(history);
    if (live == m_recent.constEnd()) return;
    for (const auto& evaluation : live->evaluations) Q_EMIT evaluated(evaluation);
    if (!live->steps.isEmpty()) Q_EMIT stepsArrived(live->steps);
    followLog(m_runId);  // what came while the history was read
}

void RunFeed::followLog(const QString& runId) {
    if (!isShown(runId)) return;
    m_logGrew = true;
    if (m_readLog.pending()) return;
    m_logGrew = false;
    m_readLog.ask(
        this, [folder = m_runDir, from = m_logEnd] { return workbench::read_run_log(folder, from); },
        [this](const engine::Result<workbench::LogPart>& part) {
            if (!part) return;
            m_logEnd = part->end;
            if (!part->lines.empty()) Q_EMIT logAppended(part->lines);
            if (m_logGrew) followLog(m_runId);
        });
}

void RunFeed::refresh() {
    if (m_runId.isEmpty() || m_load.pending()) return;
    followLog(m_runId);
    const bool elsewhere = !m_recent.contains(m_runId);
    using Answer = std::pair<catalog::RunRecord, std::map<std::string, std::vector<QPointF>>>;
    m_refresh.ask(
        this,
        [&workbench = m_context.workbench, id = m_runId.toStdString(), elsewhere, last = m_lastStep] {
            auto& catalog = workbench.catalog();
            Answer answer{catalog.run(id), {}};
            if (!elsewhere) return answer;
            for (const std::string& key : keysOf(catalog, id)) {
                const auto after = last.find(key);
                answer.second[key] =
                    pointsOf(after == last.end() ? catalog.series(id, key)
                                                 : catalog.series(id, key, 0, after->second));
            }
            return answer;
        },
        [this](const engine::Result<Answer>& answer) {
            if (!answer) return;  // the run was removed; the list tells
            for (const auto& [key, points] : answer->second)
                if (!points.empty()) m_lastStep[key] = static_cast<std::int64_t>(points.back().x());
            Q_EMIT recordChanged(answer->first);
            Q_EMIT seriesExtended(answer->second);
        });
}

void RunFeed::takeSteps(const QString& runId, const QVector<engine::StepMetrics>& steps) {
    auto& kept = m_recent[runId].steps;
    kept += steps;
    if (kept.size() > 2 * kRecentSteps) kept.remove(0, kept.size() - kRecentSteps);
    if (isShown(runId)) Q_EMIT stepsArrived(steps);
}

void RunFeed::takeEvaluation(const QString& runId, const engine::EvalMetrics& metrics) {
    m_recent[runId].evaluations += metrics;
    if (isShown(runId)) Q_EMIT evaluated(metrics);
    followLog(runId);
}

void RunFeed::takeEnd(const QString& runId) {
    m_recent.remove(runId);
    if (runId != m_runId) return;
    // By now the catalog has every point.
    if (m_load.pending())
        show(runId);
    else
        refresh();
}

}  // namespace ui
