#include "ui/pages/runs_page.h"

#include "ui/bridge/run_bridge.h"
#include "ui/models/differences_model.h"
#include "ui/models/run_table_model.h"
#include "ui/presenters/run_feed.h"
#include "ui/theme/theme.h"
#include "ui/widgets/charts/heat_map.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/run_charts.h"
#include "ui/widgets/run_delegate.h"
#include "ui/widgets/run_header.h"
#include "ui/widgets/table_view.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <set>

namespace ui {
namespace {

const QString kColumnsKey = QStringLiteral("runs/columns");
const QString kRowsKey = QStringLiteral("runs/rows");
const QString kSmoothingKey = QStringLiteral("runs/smoothing");
// In the order in which the matrices work within a layer.
const QStringList kKinds{QStringLiteral("q"),   QStringLiteral("k"),    QStringLiteral("v"),
                         QStringLiteral("o"),   QStringLiteral("gate"), QStringLiteral("up"),
                         QStringLiteral("down")};

}  // namespace

RunsPage::RunsPage(const AppContext& context, QWidget* parent)
    : Page(context, tr("Runs"), parent),
      m_load(context.tasks),
      m_watcher(context.tasks, context.workbench.paths().catalog_file()),
      m_feed(new RunFeed(context, this)),
      m_model(new RunTableModel(this)),
      m_configuration(new DifferencesModel(this)),
      m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(context.theme, QStringLiteral("runs"), this)) {
    buildActions();
    m_columns = new QSplitter(Qt::Horizontal, this);
    m_columns->setChildrenCollapsible(false);
    m_columns->addWidget(buildList());
    m_columns->addWidget(buildDetails());
    m_columns->setStretchFactor(1, 1);
    m_columns->setSizes({240, 700});

    m_empty->setText(
        tr("No runs yet"),
        tr("Every training appears here, from the queue to its last step: loss, learning rate, gradient "
           "norm, speed and memory as they come, and the configuration it was started with."));
    m_empty->setAction(tr("Set up an experiment"));
    connect(m_empty, &EmptyState::actionRequested, this, &RunsPage::experimentPageRequested);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_columns);
    contentArea().addWidget(m_stack);

    m_columns->restoreState(context.settings.value(kColumnsKey).toByteArray());
    m_rows->restoreState(context.settings.value(kRowsKey).toByteArray());
    m_charts->setSmoothing(context.settings.value(kSmoothingKey, m_charts->smoothing()).toDouble());
    connect(m_charts, &RunCharts::smoothingChanged, this,
            [this](double weight) { this->context().settings.setValue(kSmoothingKey, weight); });
    connect(m_charts, &RunCharts::saveFailed, this,
            [this](const QString& text) { messageBar().show(MessageBar::Kind::Error, text); });
    connect(&m_watcher, &CatalogWatcher::changed, this, &RunsPage::refresh);
    connectFeed();
    connectBridge();
    updateActions();
    loadRuns();
}

RunsPage::~RunsPage() {
    context().settings.setValue(kColumnsKey, m_columns->saveState());
    context().settings.setValue(kRowsKey, m_rows->saveState());
}

// ---- layout

QWidget* RunsPage::buildList() {
    auto* side = new QWidget(this);
    side->setMinimumWidth(190);
    m_list = new QListView(side);
    m_list->setObjectName(QStringLiteral("runList"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new RunDelegate(context().theme, m_list));
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setAccessibleName(tr("Queue and history"));
    m_list->addActions({m_moveUp, m_moveDown, m_cancel, m_remove, m_copy});
    connect(m_list, &QListView::customContextMenuRequested, this, &RunsPage::showListMenu);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &RunsPage::selectionChanged);
    // Who looks at the running run is taken along to the next one of the queue.
    connect(m_list, &QListView::clicked, this, [this] { m_follow = isRunningHere(); });

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(4);
    const auto button = [&](QAction* action) {
        auto* b = new QToolButton(side);
        b->setDefaultAction(action);
        b->setAutoRaise(true);
        buttons->addWidget(b);
        return b;
    };
    m_up = button(m_moveUp);
    m_down = button(m_moveDown);
    buttons->addStretch(1);
    m_cancelButton = button(m_cancel);

    auto* all = new QVBoxLayout(side);
    all->setContentsMargins(0, 0, 8, 0);
    all->setSpacing(4);
    all->addWidget(m_list, 1);
    all->addLayout(buttons);
    return side;
}

QWidget* RunsPage::buildDetails() {
    auto* details = new QWidget(this);
    m_header = new RunHeader(context().theme, details);
    m_charts = new RunCharts(context().theme, details);
    m_charts->setMinimumHeight(230);
    m_rows = new QSplitter(Qt::Vertical, details);
    m_rows->setChildrenCollapsible(false);
    m_rows->addWidget(m_charts);
    m_rows->addWidget(buildTabs());
    m_rows->setStretchFactor(0, 3);
    m_rows->setStretchFactor(1, 1);
    m_rows->setSizes({360, 150});

    auto* all = new QVBoxLayout(details);
    all->setContentsMargins(8, 0, 0, 0);
    all->setSpacing(10);
    all->addWidget(m_header);
    all->addWidget(m_rows, 1);
    return details;
}

QWidget* RunsPage::buildTabs() {
    auto* tabs = new QTabWidget(this);
    tabs->setObjectName(QStringLiteral("runTabs"));
    tabs->setDocumentMode(true);
    tabs->setMinimumHeight(110);
    m_heatMap = new HeatMap(context().theme, tabs);
    m_heatMap->setObjectName(QStringLiteral("heatMap"));
    m_heatMap->setTitles(tr("layer"), QStringLiteral("‖ΔW‖"));
    m_heatMap->setEmptyText(
        tr("How far each adapted matrix has moved from the base model appears here from the first "
           "evaluation on."));
    m_configurationView = makeTextTable(m_configuration, tabs);
    m_configurationView->setObjectName(QStringLiteral("configuration"));
    m_configurationView->horizontalHeader()->hide();
    m_log = new QPlainTextEdit(tabs);
    m_log->setObjectName(QStringLiteral("runLog"));
    m_log->setReadOnly(true);
    m_log->setFrameShape(QFrame::NoFrame);
    m_log->setMaximumBlockCount(2000);
    m_log->setPlaceholderText(
        tr("What the run reports while it trains is kept here: where it started, evaluations, saved "
           "states, how it ended."));
    tabs->addTab(m_heatMap, tr("‖ΔW‖ per layer"));
    tabs->addTab(m_configurationView, tr("Configuration"));
    tabs->addTab(m_log, tr("Log"));
    return tabs;
}

void RunsPage::connectFeed() {
    connect(m_feed, &RunFeed::loaded, this, [this](const RunHistory& history) {
        m_charts->setHistory(history);
        showNorms(history.norms);
        showConfiguration(history.record);
        showRecord(history.record);
        m_log->clear();
        appendLog(history.log.lines);
        if (!history.record.error_message.empty() && m_log->toPlainText().isEmpty())
            m_log->setPlainText(QString::fromStdString(history.record.error_message));
    });
    connect(m_feed, &RunFeed::recordChanged, this, &RunsPage::showRecord);
    connect(m_feed, &RunFeed::stepsArrived, this, [this](const QVector<engine::StepMetrics>& steps) {
        m_charts->append(steps);
        m_header->setStep(steps.back());
    });
    connect(m_feed, &RunFeed::evaluated, this, [this](const engine::EvalMetrics& metrics) {
        m_charts->append(metrics);
        m_header->setEvaluation(metrics);
    });
    connect(m_feed, &RunFeed::seriesExtended, m_charts,
            qOverload<const std::map<std::string, std::vector<QPointF>>&>(&RunCharts::append));
    connect(m_feed, &RunFeed::normsArrived, this, &RunsPage::showNorms);
    connect(m_feed, &RunFeed::logAppended, this, &RunsPage::appendLog);
    connect(m_feed, &RunFeed::failed, this,
            [this](const engine::Error& error) { messageBar().showError(error); });
}

void RunsPage::connectBridge() {
    RunBridge& bridge = context().bridge;
    connect(&bridge, &RunBridge::queueChanged, this, &RunsPage::loadRuns);
    connect(&bridge, &RunBridge::runStarted, this, [this](const QString& id) {
        if (id == shownRun()) m_follow = true;
    });
    connect(&bridge, &RunBridge::runEnded, this, [this] {
        if (messageBar().kind() == MessageBar::Kind::Info) messageBar().clear();  // "stopping ..."
    });
    connect(&bridge, &RunBridge::stepsArrived, m_model,
            [this](const QString& id, const QVector<engine::StepMetrics>& steps) {
                m_model->setStep(id, steps.back());
            });
    connect(&bridge, &RunBridge::stateChanged, this, [this](const QString& id, const QString& state) {
        m_model->setState(
            id, state == QLatin1String("paused") ? catalog::RunState::paused : catalog::RunState::running);
        updateActions();
    });
}

// ---- content

void RunsPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    m_watcher.start();
}

void RunsPage::hideEvent(QHideEvent* event) {
    Page::hideEvent(event);
    m_watcher.stop();
}

void RunsPage::activated() {
    refresh();
}

void RunsPage::refresh() {
    loadRuns();
    m_feed->refresh();
}

void RunsPage::loadRuns() {
    m_load.ask(
        this, [&workbench = context().workbench] { return workbench.catalog().runs(); },
        [this](engine::Result<std::vector<catalog::RunRecord>> runs) {
            if (!runs) return messageBar().showError(runs.error());
            applyRuns(std::move(runs).value());
        });
}

void RunsPage::applyRuns(std::vector<catalog::RunRecord> runs) {
    QStringList running, waiting;
    for (const std::string& id : context().queue.running()) running << QString::fromStdString(id);
    for (const std::string& id : context().queue.waiting()) waiting << QString::fromStdString(id);
    m_model->setRuns(std::move(runs), running, waiting);
    // Of several that train at once, the one that is looked at.
    if (m_follow && !running.isEmpty() && !running.contains(shownRun())) m_wanted = running.constFirst();
    m_stack->setCurrentWidget(m_model->rowCount() > 0 ? static_cast<QWidget*>(m_columns) : m_empty);
    chooseRow();
    updateActions();
}

// A model reset forgets the selection; what was shown stays shown.
void RunsPage::chooseRow() {
    const QString id =
        !m_wanted.isEmpty() && m_model->indexOf(m_wanted).isValid() ? m_wanted : m_feed->runId();
    if (id == m_wanted) m_wanted.clear();
    QModelIndex at = m_model->indexOf(id);
    if (!at.isValid()) at = m_model->index(0, 0);
    if (at.isValid() && at != m_list->currentIndex()) m_list->setCurrentIndex(at);
    if (!at.isValid()) m_feed->show({});
}

void RunsPage::showRun(const QString& runId) {
    m_wanted = runId;
    m_follow = false;
    if (m_model->indexOf(runId).isValid())
        chooseRow();
    else
        loadRuns();
}

QString RunsPage::shownRun() const {
    return m_feed->runId();
}

void RunsPage::selectionChanged() {
    const catalog::RunRecord* run = current();
    if (!run) return updateActions();
    const QString id = QString::fromStdString(run->id);
    if (id != m_feed->runId()) {
        m_charts->clear();
        m_heatMap->clear();
        m_log->clear();
        m_feed->show(id);
        Q_EMIT runShown(id);
    }
    showRecord(*run);
}

void RunsPage::showRecord(const catalog::RunRecord& run) {
    m_header->setRun(run);
    updateActions();
}

void RunsPage::showConfiguration(const catalog::RunRecord& run) {
    DifferencesModel::Subject subject;
    if (const auto spec = engine::spec_from_json(run.spec_json)) subject.fields = specFields(*spec);
    for (SpecField& field : provenanceFields(run)) subject.fields.push_back(std::move(field));
    m_configuration->setSubjects({std::move(subject)});
    m_configurationView->resizeColumnToContents(0);
}

void RunsPage::appendLog(const std::vector<workbench::LogLine>& lines) {
    for (const workbench::LogLine& line : lines) m_log->appendPlainText(logText(line));
}

void RunsPage::showNorms(const std::vector<engine::DeltaNorm>& norms) {
    if (norms.empty()) return m_heatMap->clear();
    std::set<int> layers;
    QStringList kinds;
    for (const engine::DeltaNorm& norm : norms) {
        layers.insert(norm.layer);
        const QString kind = QString::fromStdString(norm.kind);
        if (!kinds.contains(kind)) kinds << kind;
    }
    const auto place = [](const QString& kind) {
        const auto at = kKinds.indexOf(kind);
        return at < 0 ? kKinds.size() : at;
    };
    std::stable_sort(kinds.begin(), kinds.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
    QStringList rows;
    for (const int layer : layers) rows << QString::number(layer);
    QVector<double> values(rows.size() * kinds.size(), std::nan(""));
    for (const engine::DeltaNorm& norm : norms) {
        const auto row = std::distance(layers.begin(), layers.find(norm.layer));
        values[row * kinds.size() + kinds.indexOf(QString::fromStdString(norm.kind))] = norm.norm;
    }
    m_heatMap->setData(rows, kinds, std::move(values));
}

}  // namespace ui
