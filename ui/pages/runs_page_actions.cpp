// RunsPage: what can be done with a run, and why not.
#include "ui/bridge/run_bridge.h"
#include "ui/models/run_table_model.h"
#include "ui/navigator.h"
#include "ui/pages/runs_page.h"
#include "ui/presenters/run_feed.h"
#include "ui/theme/theme.h"
#include "ui/widgets/message_bar.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QListView>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>

namespace ui {
namespace {

using catalog::RunState;

bool mayGoOn(RunState state) {
    return state == RunState::queued || state == RunState::stopped || state == RunState::failed ||
           state == RunState::interrupted;
}

}  // namespace

void RunsPage::buildActions() {
    const auto button = [this](const char* name, const QString& text) {
        auto* b = new QPushButton(text, this);
        b->setObjectName(QString::fromLatin1(name));
        actionsArea().addWidget(b);
        return b;
    };
    m_adapter = button("showAdapter", tr("Show &adapter"));
    m_again = button("useAsExperiment", tr("&Use as new experiment"));
    m_more = button("moreRunActions", tr("&Now"));
    m_more->setToolTip(tr("Evaluate or save between the usual times"));
    auto* now = new QMenu(m_more);
    m_evaluateNow = now->addAction(tr("&Evaluate now"));
    m_evaluateNow->setObjectName(QStringLiteral("evaluateNow"));
    m_saveNow = now->addAction(tr("&Save now"));
    m_saveNow->setObjectName(QStringLiteral("saveNow"));
    m_more->setMenu(now);
    m_pause = button("pauseRun", tr("&Pause"));
    m_stop = button("stopRun", tr("&Stop and save"));
    m_resume = button("resumeRun", tr("&Resume"));
    m_resume->setDefault(true);

    connect(m_again, &QPushButton::clicked, this, &RunsPage::useAsNewExperiment);
    connect(m_adapter, &QPushButton::clicked, this, &RunsPage::showAdapter);
    connect(m_pause, &QPushButton::clicked, this, &RunsPage::pauseOrGoOn);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        context().queue.stop_and_save(shownRun().toStdString());
        messageBar().show(MessageBar::Kind::Info, tr("Stopping after this step; the state is being saved."));
    });
    connect(m_resume, &QPushButton::clicked, this, &RunsPage::resumeRun);
    connect(m_evaluateNow, &QAction::triggered, this,
            [this] { context().queue.evaluate_now(shownRun().toStdString()); });
    connect(m_saveNow, &QAction::triggered, this,
            [this] { context().queue.save_now(shownRun().toStdString()); });

    const auto action = [this](const char* name, const QString& text, const QKeySequence& key) {
        auto* a = new QAction(text, this);
        a->setObjectName(QString::fromLatin1(name));
        a->setShortcut(key);
        a->setShortcutContext(Qt::WidgetShortcut);
        return a;
    };
    m_moveUp = action("moveRunUp", tr("Move &up in the queue"), QKeySequence(Qt::CTRL | Qt::Key_Up));
    m_moveDown = action("moveRunDown", tr("Move &down in the queue"), QKeySequence(Qt::CTRL | Qt::Key_Down));
    m_cancel = action("cancelRun", tr("&Cancel waiting run"), {});
    m_remove = action("removeRun", tr("&Delete run…"), QKeySequence(Qt::Key_Delete));
    m_copy = action("copyRun", tr("&Copy"), QKeySequence::Copy);
    connect(m_copy, &QAction::triggered, this, [this] {
        const QModelIndex index = m_list->currentIndex();
        QStringList cells{shownRun()};
        for (int column = 0; column < RunTableModel::ColumnCount; ++column)
            cells << index.siblingAtColumn(column).data().toString();
        QGuiApplication::clipboard()->setText(cells.join(QLatin1Char('\t')));
    });
    connect(m_moveUp, &QAction::triggered, this, [this] { moveInQueue(-1); });
    connect(m_moveDown, &QAction::triggered, this, [this] { moveInQueue(+1); });
    connect(m_cancel, &QAction::triggered, this, &RunsPage::cancelRun);
    connect(m_remove, &QAction::triggered, this, &RunsPage::removeRun);

    const auto dress = [this] {
        m_moveUp->setIcon(context().theme.icon(QStringLiteral("up")));
        m_moveDown->setIcon(context().theme.icon(QStringLiteral("down")));
        m_cancel->setIcon(context().theme.icon(QStringLiteral("close")));
        m_stop->setIcon(context().theme.icon(QStringLiteral("stop")));
        m_resume->setIcon(context().theme.icon(QStringLiteral("play")));
    };
    dress();
    connect(&context().theme, &Theme::changed, this, [this, dress] {
        dress();
        updateActions();
    });
}

const catalog::RunRecord* RunsPage::current() const {
    return m_model->record(m_list->currentIndex());
}

bool RunsPage::isRunningHere() const {
    const catalog::RunRecord* run = current();
    return run && context().queue.is_running(run->id);
}

void RunsPage::updateActions() {
    const catalog::RunRecord* run = current();
    const RunState state = run ? run->state : RunState::finished;
    const bool here = isRunningHere();
    const bool under = state == RunState::running || state == RunState::paused;
    const int position = run ? m_model->queuePosition(QString::fromStdString(run->id)) : -1;
    const bool waiting = position >= 0;
    const bool resumable = run && !here && !waiting && mayGoOn(state);

    const bool paused = state == RunState::paused;
    m_pause->setText(paused ? tr("&Go on") : tr("&Pause"));
    m_pause->setIcon(context().theme.icon(paused ? QStringLiteral("play") : QStringLiteral("pause")));
    m_pause->setVisible(under);
    m_stop->setVisible(under);
    m_more->setVisible(under);
    for (QPushButton* widget : {m_pause, m_stop, m_more}) widget->setEnabled(here);
    const QString elsewhere = tr("Another program is training this run. Control it there.");
    m_pause->setToolTip(here ? QString() : elsewhere);
    m_stop->setToolTip(here ? tr("Ends after the step under way, saves the state; it can be resumed later")
                            : elsewhere);
    m_resume->setVisible(resumable);
    m_resume->setText(state == RunState::queued ? tr("&Start") : tr("&Resume"));
    m_resume->setToolTip(
        state == RunState::interrupted
            ? tr("The program ended while this run trained. Goes on from the last saved state")
            : tr("Goes on from the last saved state"));
    m_adapter->setVisible(run && !under && !waiting && run->method == "lora" &&
                          (state == RunState::finished || state == RunState::stopped));
    m_again->setEnabled(run);
    m_again->setToolTip(run ? tr("Copies the configuration of this run to the Experiment page")
                            : tr("Choose a run in the list"));

    const QString notWaiting = tr("Only for a run that waits in this window's queue");
    m_moveUp->setEnabled(waiting && position > 0);
    m_moveDown->setEnabled(waiting && position + 1 < m_model->queueLength());
    m_cancel->setEnabled(waiting);
    m_moveUp->setToolTip(waiting ? tr("Earlier in the queue (Ctrl+Up)") : notWaiting);
    m_moveDown->setToolTip(waiting ? tr("Later in the queue (Ctrl+Down)") : notWaiting);
    m_cancel->setToolTip(waiting ? tr("Take it out of the queue") : notWaiting);
    m_remove->setEnabled(run && !under && !waiting);
    m_remove->setToolTip(run && (under || waiting) ? tr("Stop or cancel the run first") : QString());
}

void RunsPage::showListMenu(const QPoint& position) {
    const catalog::RunRecord* run = m_model->record(m_list->indexAt(position));
    if (!run) return;
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("runMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    if (m_resume->isVisibleTo(this)) menu->addAction(m_resume->text(), this, &RunsPage::resumeRun);
    if (isRunningHere()) {
        menu->addAction(m_pause->text(), this, &RunsPage::pauseOrGoOn);
        menu->addAction(m_stop->text(), m_stop, &QPushButton::click);
        menu->addActions({m_evaluateNow, m_saveNow});
    }
    if (m_cancel->isEnabled()) menu->addActions({m_moveUp, m_moveDown, m_cancel});
    if (!menu->isEmpty()) menu->addSeparator();
    if (m_adapter->isVisibleTo(this)) menu->addAction(m_adapter->text(), this, &RunsPage::showAdapter);
    menu->addAction(tr("&Use as new experiment"), this, &RunsPage::useAsNewExperiment);
    menu->addAction(m_copy);
    menu->addSeparator();
    menu->addAction(m_remove);
    menu->popup(m_list->viewport()->mapToGlobal(position));
}

void RunsPage::inBackground(std::function<engine::Status()> work) {
    context().tasks.run(this, std::move(work), [this](engine::Status status) {
        if (!status) messageBar().showError(status.error());
        context().bridge.announceQueueChanged();
    });
}

void RunsPage::pauseOrGoOn() {
    const std::string id = shownRun().toStdString();
    context().queue.pause(id, !context().queue.paused(id));
    context().bridge.announceQueueChanged();
}

void RunsPage::resumeRun() {
    m_follow = true;
    inBackground(
        [&queue = context().queue, id = shownRun().toStdString()] { return queue.enqueue_existing(id); });
}

void RunsPage::moveInQueue(int by) {
    const int position = m_model->queuePosition(shownRun());
    if (position < 0) return;
    inBackground(
        [&queue = context().queue, id = shownRun().toStdString(), to = position + by]() -> engine::Status {
            queue.move(id, to);
            return engine::Done{};
        });
}

void RunsPage::cancelRun() {
    inBackground([&queue = context().queue, id = shownRun().toStdString()]() -> engine::Status {
        queue.cancel(id);
        return engine::Done{};
    });
}

void RunsPage::removeRun() {
    const catalog::RunRecord* run = current();
    if (!run || !m_remove->isEnabled()) return;
    auto* question = new QMessageBox(
        QMessageBox::Question, tr("Delete run"),
        tr("Delete run “%1” with its curves and saved state?").arg(QString::fromStdString(run->name)),
        QMessageBox::Cancel, this);
    question->setObjectName(QStringLiteral("removeRunQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setInformativeText(tr("Its adapters stay in the catalog. This cannot be undone."));
    QPushButton* remove = question->addButton(tr("&Delete"), QMessageBox::DestructiveRole);
    connect(remove, &QPushButton::clicked, this, [this, id = run->id] {
        inBackground([&workbench = context().workbench, id] { return workbench.remove_run(id); });
    });
    question->open();
}

void RunsPage::showAdapter() {
    const catalog::RunRecord* run = current();
    if (!run) return;
    const auto newest = [&workbench = context().workbench, id = run->id] {
        return workbench.catalog().adapters({.limit = 1, .run_id = id});
    };
    context().tasks.run(
        this, newest, [this, name = run->name](engine::Result<std::vector<catalog::AdapterRecord>> adapters) {
            if (!adapters) return messageBar().showError(adapters.error());
            if (adapters->empty())
                return messageBar().show(
                    MessageBar::Kind::Info,
                    tr("Run “%1” has no adapter in the catalog: it was removed, or the run was stopped "
                       "before its first step.")
                        .arg(QString::fromStdString(name)));
            Q_EMIT context().navigator.adapterRequested(QString::fromStdString(adapters->front().id));
        });
}

void RunsPage::useAsNewExperiment() {
    const catalog::RunRecord* run = current();
    if (!run) return;
    auto spec = engine::spec_from_json(run->spec_json);
    if (!spec) return messageBar().showError(spec.error());
    Q_EMIT context().navigator.experimentRequested(*spec);
}

}  // namespace ui
