#include "ui/models/run_table_model.h"

#include "ui/format/metrics.h"
#include "ui/format/units.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

QString stepsText(const catalog::RunRecord& run) {
    if (run.total_steps <= 0) return {};
    return units::count(run.global_step) + QStringLiteral("/") + units::count(run.total_steps);
}

// The loss a list can show: of the evaluation where there is one.
std::optional<double> shownLoss(const catalog::RunRecord& run) {
    const bool live = run.state == catalog::RunState::running || run.state == catalog::RunState::paused;
    if (!live && run.eval_loss) return run.eval_loss;
    return run.train_loss;
}

bool sameRow(const catalog::RunRecord& a, const catalog::RunRecord& b) {
    return a.id == b.id && a.name == b.name && a.state == b.state && a.global_step == b.global_step &&
           a.total_steps == b.total_steps && a.train_loss == b.train_loss && a.eval_loss == b.eval_loss &&
           a.eval_metrics == b.eval_metrics &&
           a.error_message == b.error_message && a.finished_at == b.finished_at && a.device == b.device;
}

}  // namespace

RunTableModel::RunTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void RunTableModel::setRuns(std::vector<catalog::RunRecord> runs, const QStringList& running,
                            const QStringList& waiting) {
    const auto place = [&](const catalog::RunRecord& run) {
        const QString id = QString::fromStdString(run.id);
        if (const auto at = running.indexOf(id); at >= 0) return static_cast<int>(at - running.size());
        const auto at = waiting.indexOf(id);
        return at >= 0 ? static_cast<int>(at) : static_cast<int>(waiting.size());
    };
    std::stable_sort(runs.begin(), runs.end(), [&](const auto& a, const auto& b) {
        const int placeA = place(a), placeB = place(b);
        return placeA != placeB ? placeA < placeB : placeA == waiting.size() && a.created_at > b.created_at;
    });
    const bool sameIds = std::equal(runs.begin(), runs.end(), m_runs.begin(), m_runs.end(),
                                    [](const auto& a, const auto& b) { return a.id == b.id; });
    m_running = running;
    m_waiting = waiting;
    if (!sameIds) {
        beginResetModel();
        m_runs = std::move(runs);
        endResetModel();
        return;
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const bool same = sameRow(m_runs[i], runs[i]);
        // The catalog lags half a second behind the live steps.
        if (m_runs[i].state == runs[i].state && m_runs[i].global_step > runs[i].global_step &&
            m_running.contains(QString::fromStdString(runs[i].id))) {
            runs[i].global_step = m_runs[i].global_step;
            runs[i].train_loss = m_runs[i].train_loss;
        }
        m_runs[i] = std::move(runs[i]);
        const int row = static_cast<int>(i);
        if (!same) Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

void RunTableModel::setStep(const QString& runId, const engine::StepMetrics& step) {
    const QModelIndex at = indexOf(runId);
    if (!at.isValid()) return;
    catalog::RunRecord& run = m_runs[static_cast<std::size_t>(at.row())];
    run.global_step = step.global_step;
    run.train_loss = step.loss_smooth;
    run.tokens_per_second = step.tokens_per_second;
    Q_EMIT dataChanged(at, at.siblingAtColumn(ColumnCount - 1));
}

void RunTableModel::setState(const QString& runId, catalog::RunState state) {
    const QModelIndex at = indexOf(runId);
    if (!at.isValid()) return;
    catalog::RunRecord& run = m_runs[static_cast<std::size_t>(at.row())];
    if (run.state == state) return;
    run.state = state;
    Q_EMIT dataChanged(at, at.siblingAtColumn(ColumnCount - 1));
}

const catalog::RunRecord* RunTableModel::record(const QModelIndex& index) const {
    return (index.isValid() && index.model() == this) ? &m_runs[static_cast<std::size_t>(index.row())]
                                                             : nullptr;
}

const catalog::RunRecord* RunTableModel::record(const QString& runId) const {
    const QModelIndex at = indexOf(runId);
    return at.isValid() ? record(at) : nullptr;
}

QModelIndex RunTableModel::indexOf(const QString& runId) const {
    const std::string id = runId.toStdString();
    const auto found =
        std::find_if(m_runs.begin(), m_runs.end(), [&](const auto& run) { return run.id == id; });
    return found == m_runs.end() ? QModelIndex() : index(static_cast<int>(found - m_runs.begin()), 0);
}

int RunTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int RunTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString RunTableModel::stateText(catalog::RunState state) {
    using catalog::RunState;
    switch (state) {
        case RunState::queued:
            return tr("queued");
        case RunState::running:
            return tr("running");
        case RunState::paused:
            return tr("paused");
        case RunState::finished:
            return tr("finished");
        case RunState::stopped:
            return tr("stopped");
        case RunState::failed:
            return tr("failed");
        case RunState::interrupted:
            return tr("interrupted");
        case RunState::cancelled:
            return tr("cancelled");
    }
    return {};
}

QString RunTableModel::summary(const catalog::RunRecord& run) const {
    QStringList parts;
    const int position = queuePosition(QString::fromStdString(run.id));
    parts << (position >= 0 ? tr("waiting, no. %1").arg(position + 1) : stateText(run.state));
    const bool live = run.state == catalog::RunState::running || run.state == catalog::RunState::paused;
    const bool judged = !live && !run.eval_metrics.empty();
    // The list is narrow: that a run did all of its steps goes without saying where a figure needs the room.
    const bool obvious = judged && run.state == catalog::RunState::finished && run.global_step == run.total_steps;
    if (const QString steps = stepsText(run); !steps.isEmpty() && !obvious) parts << steps;
    if (judged)
        parts << metricText(run.eval_metrics.front());
    else if (const auto loss = shownLoss(run))
        parts << tr("loss %1").arg(units::number(*loss, 4));
    return parts.join(QStringLiteral(" · "));
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    const catalog::RunRecord* run = record(index);
    if (!run) return {};
    switch (role) {
        case Qt::DisplayRole:
            switch (index.column()) {
                case Name:
                    return QString::fromStdString(run->name);
                case State:
                    return stateText(run->state);
                case Steps:
                    return stepsText(*run);
                case Loss:
                    return shownLoss(*run) ? units::loss(*shownLoss(*run)) : QString();
                default:
                    return {};
            }
        case Qt::TextAlignmentRole:
            return index.column() >= Steps ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
        case Qt::ToolTipRole: {
            QString tip = QString::fromStdString(run->name) + QLatin1Char('\n') + summary(*run) +
                          QLatin1Char('\n') + tr("created %1").arg(units::dateTime(run->created_at));
            if (!run->error_message.empty())
                tip += QLatin1Char('\n') + QString::fromStdString(run->error_message);
            return tip;
        }
        case Qt::AccessibleTextRole:
            return QString::fromStdString(run->name) + QStringLiteral(", ") + summary(*run);
        case IdRole:
            return QString::fromStdString(run->id);
        case StateRole:
            return static_cast<int>(run->state);
        case SummaryRole:
            return summary(*run);
        case FractionRole:
            return run->total_steps > 0
                       ? std::clamp(double(run->global_step) / double(run->total_steps), 0.0, 1.0)
                       : 0.0;
        default:
            return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Name");
        case State:
            return tr("State");
        case Steps:
            return tr("Steps");
        case Loss:
            return tr("Loss");
        default:
            return {};
    }
}

}  // namespace ui
