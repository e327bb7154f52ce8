#include "ui/presenters/run_feed.h"

#include "ui/bridge/run_bridge.h"
#include "ui/format/units.h"

#include <QTime>

namespace ui {
namespace {

constexpr qsizetype kRecentSteps = 4096;
constexpr qsizetype kLogLines = 2000;
const std::vector<std::string> kKeys{"loss",      "eval_loss",         "learning_rate", "grad_norm",
                                     "rss_bytes", "tokens_per_second", "device_bytes"};

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
    for (const std::string& key : kKeys) history.series[key] = pointsOf(catalog.series(id, key));
    history.norms = normsOf(catalog.last_points(id, "delta_norm/"));
    return history;
}

}  // namespace

RunFeed::RunFeed(const AppContext& context, QObject* parent)
    : QObject(parent), m_context(context), m_load(context.tasks), m_refresh(context.tasks) {
    RunBridge& bridge = context.bridge;
    connect(&bridge, &RunBridge::runStarted, this, [this](const QString& id, const engine::RunStarted& info) {
        m_recent[id] = {};
        addLog(id, info.first_step > 0
                       ? tr("goes on at step %1 on %2")
                             .arg(units::count(info.first_step), QString::fromStdString(info.device))
                       : tr("started on %1, %2")
                             .arg(QString::fromStdString(info.device), QString::fromStdString(info.dtype)));
        if (id == m_runId) show(id);
    });
    connect(&bridge, &RunBridge::stepsArrived, this, &RunFeed::takeSteps);
    connect(&bridge, &RunBridge::evaluated, this, &RunFeed::takeEvaluation);
    connect(&bridge, &RunBridge::deltaNorms, this,
            [this](const QString& id, const engine::DeltaNorms& norms) {
                m_recent[id].norms = norms.norms;
                if (isShown(id)) Q_EMIT normsArrived(norms.norms);
            });
    connect(&bridge, &RunBridge::checkpointSaved, this,
            [this](const QString& id, const engine::CheckpointSaved& saved) {
                addLog(id, saved.best ? tr("step %1: best state saved").arg(units::count(saved.global_step))
                                      : tr("step %1: state saved").arg(units::count(saved.global_step)));
            });
    connect(&bridge, &RunBridge::messageArrived, this,
            [this](const QString& id, const QString& text, bool warning) {
                addLog(id, warning ? tr("Warning: %1").arg(text) : text);
            });
    connect(&bridge, &RunBridge::runEnded, this, &RunFeed::takeEnd);
}

void RunFeed::show(const QString& runId) {
    m_runId = runId;
    m_lastStep.clear();
    m_refresh.cancel();
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
    const auto live = m_recent.constFind(m_runId);
    if (live != m_recent.constEnd() && !live->norms.empty()) history.norms = live->norms;
    Q_EMIT loaded(history);
    if (live == m_recent.constEnd()) return;
    for (const auto& evaluation : live->evaluations) Q_EMIT evaluated(evaluation);
    if (!live->steps.isEmpty()) Q_EMIT stepsArrived(live->steps);
}

void RunFeed::refresh() {
    if (m_runId.isEmpty() || m_load.pending()) return;
    const bool elsewhere = !m_recent.contains(m_runId);
    using Answer = std::pair<catalog::RunRecord, std::map<std::string, std::vector<QPointF>>>;
    m_refresh.ask(
        this,
        [&workbench = m_context.workbench, id = m_runId.toStdString(), elsewhere, last = m_lastStep] {
            auto& catalog = workbench.catalog();
            Answer answer{catalog.run(id), {}};
            if (!elsewhere) return answer;
            for (const std::string& key : kKeys) {
                const auto after = last.find(key);
                answer.second[key] =
                    pointsOf(after == last.end() ? catalog.series(id, key)
                                                 : catalog.series(id, key, 0, after->second));
            }
            return answer;
        },
        [this](engine::Result<Answer> answer) {
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
    addLog(
        runId,
        tr("step %1: evaluation loss %2").arg(units::count(metrics.global_step), units::loss(metrics.loss)) +
            (metrics.best ? tr(", the lowest so far") : QString()));
    if (isShown(runId)) Q_EMIT evaluated(metrics);
}

void RunFeed::takeEnd(const QString& runId, const workbench::RunEnded& ended) {
    m_recent.remove(runId);
    if (ended.state == "finished")
        addLog(runId, tr("finished"));
    else if (ended.state == "stopped")
        addLog(runId, tr("stopped, state saved"));
    else
        addLog(runId, tr("failed: %1").arg(QString::fromStdString(ended.message)));
    if (runId != m_runId) return;
    // By now the catalog has every point.
    if (m_load.pending())
        show(runId);
    else
        refresh();
}

void RunFeed::addLog(const QString& runId, const QString& text) {
    const QString line = QTime::currentTime().toString(QStringLiteral("HH:mm:ss  ")) + text;
    QStringList& lines = m_logs[runId];
    lines << line;
    if (lines.size() > kLogLines) lines.remove(0, lines.size() - kLogLines);
    if (runId == m_runId) Q_EMIT logAppended(line);
}

}  // namespace ui
