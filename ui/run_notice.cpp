#include "ui/run_notice.h"

#include "ui/bridge/task_runner.h"
#include "ui/format/metrics.h"
#include "ui/format/units.h"
#include "ui/navigator.h"
#include "ui/widgets/message_bar.h"

namespace ui {

RunNotice::RunNotice(const AppContext& context, MessageBar& bar, QObject* parent)
    : QObject(parent), m_context(context), m_bar(bar) {}

void RunNotice::runEnded(const QString& runId, const workbench::RunEnded& ended, bool seen) {
    const bool failed = ended.state == "failed";
    const bool unreadFailure = m_bar.isVisible() && m_bar.kind() == MessageBar::Kind::Error;
    if (unreadFailure && !failed) return;
    m_runId = runId;
    const auto run = guarded([&] { return m_context.workbench.catalog().run(runId.toStdString()); });
    const QString name = run ? QString::fromStdString(run->name) : runId;

    QString action = tr("Show run");
    std::function<void()> go = [this, runId] { Q_EMIT m_context.navigator.runRequested(runId); };
    if (seen) {
        const QString adapterId = QString::fromStdString(ended.adapter_id);
        action = adapterId.isEmpty() ? QString() : tr("Show adapter");
        go = nullptr;
        if (!adapterId.isEmpty())
            go = [this, adapterId] { Q_EMIT m_context.navigator.adapterRequested(adapterId); };
    }
    if (failed) {
        m_bar.show(MessageBar::Kind::Error,
                   tr("“%1” has failed: %2").arg(name, QString::fromStdString(ended.message)), action, go);
    } else if (ended.state == "stopped") {
        m_bar.show(MessageBar::Kind::Info,
                   ended.adapter_id.empty() ? tr("“%1” was stopped before its first step.").arg(name)
                                            : tr("“%1” was stopped and saved; it can be resumed.").arg(name),
                   action, go);
    } else {
        const QString loss =
            run && !run->eval_metrics.empty() ? tr(" Evaluation: %1.").arg(metricsText(run->eval_metrics))
            : run && run->eval_loss ? tr(" Evaluation loss %1.").arg(units::loss(*run->eval_loss)) : QString();
        m_bar.show(MessageBar::Kind::Success, tr("“%1” is finished.").arg(name) + loss, action, go);
    }
}

void RunNotice::runSeen(const QString& runId) {
    if (!runId.isEmpty() && runId == m_runId && m_bar.kind() != MessageBar::Kind::Error) m_bar.clear();
}

void RunNotice::runStarted(const QString& runId) {
    if (runId == m_runId) m_bar.clear();
}

}  // namespace ui
