#include "ui/main_window.h"

#include "ui/bridge/run_bridge.h"
#include "ui/bridge/task_runner.h"
#include "ui/navigator.h"
#include "ui/pages/catalog_page.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/experiment_page.h"
#include "ui/pages/export_page.h"
#include "ui/pages/runs_page.h"
#include "ui/presenters/machine.h"
#include "ui/run_notice.h"
#include "ui/theme/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/run_strip.h"
#include "ui/widgets/sidebar.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>

namespace ui {

namespace {
const QString geometryKey = QStringLiteral("window/geometry");
const QString pageKey = QStringLiteral("window/page");
}  // namespace

MainWindow::MainWindow(const AppContext& context, QWidget* parent)
    : QMainWindow(parent),
      m_context(context),
      m_machine(new Machine(context.tasks, this)),
      m_sidebar(new Sidebar(context.theme, this)),
      m_stack(new QStackedWidget(this)),
      m_noticeBar(new MessageBar(context.theme, this)),
      m_notice(new RunNotice(context, *m_noticeBar, this)),
      m_strip(new RunStrip(context.theme, this)) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("LoRA Workbench"));
    setMinimumSize(1024, 640);

    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    right->addWidget(m_stack, 1);
    m_noticeBar->setObjectName(QStringLiteral("noticeBar"));
    auto* notice = new QHBoxLayout;
    notice->setContentsMargins(16, 0, 16, 12);  // as the pages
    notice->addWidget(m_noticeBar);
    right->addLayout(notice);
    right->addWidget(m_strip);
    auto* centre = new QWidget(this);
    auto* across = new QHBoxLayout(centre);
    across->setContentsMargins(0, 0, 0, 0);
    across->setSpacing(0);
    across->addWidget(m_sidebar);
    across->addLayout(right, 1);
    setCentralWidget(centre);
    m_strip->hide();

    buildPages();
    buildMenus();
    connectPages();
    connectRuns();
    offerWaitingRuns();

    if (!restoreGeometry(context.settings.value(geometryKey).toByteArray())) resize(1280, 800);
    showPage(context.settings.value(pageKey, int(Experiment)).toInt());
}

MainWindow::~MainWindow() = default;

void MainWindow::buildPages() {
    m_experiment = new ExperimentPage(m_context, *m_machine, this);
    m_runs = new RunsPage(m_context, this);
    m_catalog = new CatalogPage(m_context, this);
    m_compare = new ComparePage(m_context, this);
    m_export = new ExportPage(m_context, this);
    m_pages = {m_experiment, m_runs, m_catalog, m_compare, m_export};
    const QStringList icons{QStringLiteral("experiment"), QStringLiteral("runs"), QStringLiteral("catalog"),
                            QStringLiteral("compare"), QStringLiteral("export")};
    for (int i = 0; i < PageCount; ++i) {
        m_stack->addWidget(m_pages[static_cast<std::size_t>(i)]);
        m_sidebar->addPage(
            m_pages[static_cast<std::size_t>(i)]->title(), icons[i],
            QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + i)).toString(QKeySequence::NativeText));
    }
    connect(m_sidebar, &Sidebar::pageChosen, this, &MainWindow::showPage);
    connect(m_machine, &Machine::changed, m_sidebar,
            [this] { m_sidebar->setMachine(m_machine->info(), m_machine->processBytes()); });
    connect(
        m_machine, &Machine::changed, this,
        [this] {
            const QString advice = QString::fromStdString(m_machine->info().blas_advice);
            if (!advice.isEmpty()) m_experiment->messageBar().show(MessageBar::Kind::Warning, advice);
        },
        Qt::SingleShotConnection);
}

void MainWindow::buildMenus() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addAction(tr("Open &model folder…"), QKeySequence::Open, this, [this] {
        showPage(Experiment);
        m_experiment->openModel();
    });
    file->addAction(tr("Open &data file…"), Qt::CTRL | Qt::SHIFT | Qt::Key_O, this, [this] {
        showPage(Experiment);
        m_experiment->openData();
    });
    file->addAction(tr("&Save as a preset…"), QKeySequence::Save, this, [this] {
        showPage(Experiment);
        m_experiment->savePreset();
    });
    file->addSeparator();
    file->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close);

    QMenu* view = menuBar()->addMenu(tr("&View"));
    for (int i = 0; i < PageCount; ++i)
        view->addAction(page(i).title(), QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + i)), this,
                        [this, i] { showPage(i); });
    view->addSeparator();
    view->addAction(tr("&Find"), QKeySequence::Find, this, [this] {
        if (currentPage().focusSearch()) return;
        showPage(Catalog);
        m_catalog->focusSearch();
    });
    view->addAction(tr("&Refresh"), QKeySequence::Refresh, this, [this] { currentPage().refresh(); });
    view->addSeparator();

    auto* appearance = view->addMenu(tr("&Appearance"));
    auto* modes = new QActionGroup(this);
    const auto add = [&](const QString& text, Theme::Mode mode, const QString& name) {
        QAction* action = appearance->addAction(text, this, [this, mode] { m_context.theme.setMode(mode); });
        action->setObjectName(name);
        action->setCheckable(true);
        action->setChecked(m_context.theme.mode() == mode);
        modes->addAction(action);
    };
    add(tr("As the &system"), Theme::Mode::System, QStringLiteral("appearanceSystem"));
    add(tr("&Light"), Theme::Mode::Light, QStringLiteral("appearanceLight"));
    add(tr("&Dark"), Theme::Mode::Dark, QStringLiteral("appearanceDark"));
    m_sidebar->setMenu(appearance);

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&Keys"), QKeySequence::HelpContents, this, &MainWindow::showKeys);
    help->addAction(tr("&About LoRA Workbench"), this, &MainWindow::showAbout);
}

void MainWindow::connectPages() {
    const Navigator* navigator = &m_context.navigator;
    connect(navigator, &Navigator::experimentRequested, this, [this](const engine::ExperimentSpec& spec) {
        m_experiment->useSpec(spec);
        showPage(Experiment);
    });
    connect(navigator, &Navigator::runRequested, this, [this](const QString& runId) {
        showPage(Runs);
        m_runs->showRun(runId);
    });
    connect(navigator, &Navigator::adapterRequested, this, [this](const QString& adapterId) {
        showPage(Catalog);
        m_catalog->showAdapter(adapterId);
    });
    connect(navigator, &Navigator::compareRequested, this, [this](const QStringList& adapterIds) {
        m_compare->setAdapters(adapterIds);
        showPage(Compare);
    });
    connect(navigator, &Navigator::exportRequested, this, [this](const QString& adapterId) {
        m_export->showAdapter(adapterId);
        showPage(Export);
    });
    connect(m_runs, &RunsPage::runShown, this, [this](const QString& runId) {
        if (&currentPage() == m_runs) m_notice->runSeen(runId);
    });
    connect(m_runs, &RunsPage::experimentPageRequested, this, [this] { showPage(Experiment); });
    connect(m_catalog, &CatalogPage::experimentPageRequested, this, [this] { showPage(Experiment); });
    connect(m_compare, &ComparePage::catalogPageRequested, this, [this] { showPage(Catalog); });
    connect(m_compare, &ComparePage::experimentPageRequested, this, [this] { showPage(Experiment); });
    connect(m_export, &ExportPage::experimentPageRequested, this, [this] { showPage(Experiment); });
}

void MainWindow::connectRuns() {
    const RunBridge* bridge = &m_context.bridge;
    connect(bridge, &RunBridge::runStarted, this, &MainWindow::runStarted);
    connect(bridge, &RunBridge::runEnded, this, &MainWindow::runEnded);
    connect(bridge, &RunBridge::queueChanged, this, &MainWindow::updateBadge);
    connect(bridge, &RunBridge::stateChanged, this, [this](const QString& runId, const QString& state) {
        if (runId == m_stripRun) m_strip->showState(state);
    });
    connect(bridge, &RunBridge::stepsArrived, this, [this](const QString& runId, const auto& steps) {
        if (runId == m_stripRun) m_strip->showStep(steps.constLast());
    });
    connect(bridge, &RunBridge::queueChanged, this, [this] {
        if (!m_stripRun.isEmpty()) m_strip->setPaused(m_context.queue.paused(m_stripRun.toStdString()));
    });
    connect(m_strip, &RunStrip::pauseToggled, this, [this](bool paused) {
        for (const std::string& id : m_context.queue.running()) m_context.queue.pause(id, paused);
        m_context.bridge.announceQueueChanged();
    });
    connect(m_strip, &RunStrip::stopRequested, this, [this] {
        for (const std::string& id : m_context.queue.running()) m_context.queue.stop_and_save(id);
    });
    connect(m_strip, &RunStrip::opened, this,
            [this] { Q_EMIT m_context.navigator.runRequested(m_stripRun); });
}

void MainWindow::runStarted(const QString& runId, const engine::RunStarted& info) {
    m_notice->runStarted(runId);
    m_totalSteps[runId] = info.total_steps;
    if (m_stripRun.isEmpty()) m_stripRun = runId;
    showStrip();
}

// The first of the runs that train, for all of them.
void MainWindow::showStrip() {
    m_strip->begin(namesOfRunning(), m_totalSteps.value(m_stripRun));
    m_strip->setPaused(m_context.queue.paused(m_stripRun.toStdString()));
    m_strip->show();
}

QString MainWindow::namesOfRunning() const {
    const std::vector<std::string> running = m_context.queue.running();
    const std::string first = m_stripRun.isEmpty() && !running.empty() ? running.front() : m_stripRun.toStdString();
    const auto run = guarded([&] { return m_context.workbench.catalog().run(first); });
    const QString name = QString::fromStdString(run ? run->name : first);
    const int others = static_cast<int>(running.size()) - 1;
    return others > 0 ? tr("%1 and %n more", nullptr, others).arg(name) : name;
}

void MainWindow::runEnded(const QString& runId, const workbench::RunEnded& ended) {
    m_totalSteps.remove(runId);
    if (runId == m_stripRun) m_stripRun.clear();
    for (const std::string& id : m_context.queue.running())
        if (m_stripRun.isEmpty() && m_totalSteps.contains(QString::fromStdString(id)))
            m_stripRun = QString::fromStdString(id);
    if (m_stripRun.isEmpty())
        m_strip->hide();
    else
        showStrip();
    if (!isActiveWindow()) QApplication::alert(this);
    m_notice->runEnded(runId, ended,
                       isActiveWindow() && &currentPage() == m_runs && m_runs->shownRun() == runId);
}

void MainWindow::updateBadge() {
    m_sidebar->setBadge(Runs, static_cast<int>(m_context.queue.running().size() + m_context.queue.waiting().size()));
}

void MainWindow::offerWaitingRuns() {
    const auto waiting = guarded([this] {
        catalog::RunFilter filter;
        filter.states = {catalog::RunState::queued};
        return m_context.workbench.catalog().runs(filter);
    });
    if (!waiting || waiting->empty()) return;
    m_noticeBar->show(
        MessageBar::Kind::Warning,
        tr("%n run(s) (is|are) still waiting from last time.", nullptr, static_cast<int>(waiting->size())),
        tr("Train them now"), [this, runs = *waiting] {
            for (const auto& run : runs)
                if (const auto status = m_context.queue.enqueue_existing(run.id); !status)
                    m_noticeBar->showError(status.error());
            m_context.bridge.announceQueueChanged();
        });
}

void MainWindow::showPage(int index) {
    if (index < 0 || index >= PageCount) index = Experiment;
    m_stack->setCurrentIndex(index);
    m_sidebar->setCurrent(index);
    currentPage().activated();
    if (index == Runs) m_notice->runSeen(m_runs->shownRun());
    // Keys belong to the page that is seen, not to a field of the one before.
    if (!focusWidget() || !currentPage().isAncestorOf(focusWidget())) currentPage().setFocus();
}

Page& MainWindow::currentPage() const {
    return page(m_stack->currentIndex());
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!m_closing && !m_context.queue.running().empty()) {
        event->ignore();
        askBeforeClosing();
        return;
    }
    m_context.settings.setValue(geometryKey, saveGeometry());
    m_context.settings.setValue(pageKey, m_stack->currentIndex());
    event->accept();
}

void MainWindow::askBeforeClosing() {
    QStringList running;
    for (const std::string& id : m_context.queue.running()) running << QString::fromStdString(id);
    auto* box = new QMessageBox(QMessageBox::Question, tr("A run is training"),
                                tr("“%1” is training.").arg(namesOfRunning()), QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("closeDialog"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    const int waiting = static_cast<int>(m_context.queue.waiting().size());
    box->setInformativeText(
        tr("Stopped and saved, it can be resumed later. Discarded, it and its adapter are removed.") +
        (waiting > 0 ? QLatin1Char(' ') +
                           tr("%n run(s) (stays|stay) in the queue for the next start.", nullptr, waiting)
                     : QString()));
    auto* keep = box->addButton(tr("Keep training"), QMessageBox::RejectRole);
    auto* save = box->addButton(tr("Stop and save"), QMessageBox::AcceptRole);
    auto* discard = box->addButton(tr("Discard"), QMessageBox::DestructiveRole);
    keep->setObjectName(QStringLiteral("keepTraining"));
    save->setObjectName(QStringLiteral("stopAndSave"));
    discard->setObjectName(QStringLiteral("discardRun"));
    box->setDefaultButton(keep);
    box->setEscapeButton(keep);
    connect(box, &QMessageBox::finished, this, [=, this] {
        if (box->clickedButton() == keep) return;
        if (box->clickedButton() == discard) m_runsToDiscard = running;
        m_closing = true;  // the queue, ending with the application, stops and saves the run
        close();
    });
    box->open();
}

void MainWindow::showAbout() {
    const auto& info = m_machine->info();
    QMessageBox::about(
        this, tr("About LoRA Workbench"),
        tr("LoRA Workbench %1\n\nAdapter experiments on your own machine. Free software under the GNU "
           "General Public "
           "License, version 3 or later.\n\nlibtorch %2\n%3\n%4, %n thread(s)",
           nullptr, info.threads)
            .arg(QString::fromStdString(info.program_version), QString::fromStdString(info.libtorch_version),
                 QString::fromStdString(info.blas), QString::fromStdString(info.cpu_capability)));
}

void MainWindow::showKeys() {
    QMessageBox::information(
        this, tr("Keys"),
        tr("Ctrl+1 to Ctrl+5\tpages\nCtrl+Return\tstart the experiment\nCtrl+O, Ctrl+Shift+O\topen a model, "
           "a data "
           "file\nCtrl+S\tsave the form as a preset\nCtrl+F\tsearch\nF5\tread again\n\nIn the matrix grid: "
           "arrows move, Shift + "
           "arrows select, Space ticks, Ctrl+A selects all, Ctrl+Z and Ctrl+Shift+Z undo and redo."));
}

}  // namespace ui
