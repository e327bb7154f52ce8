#include "ui/pages/compare_page.h"

#include "ui/models/differences_model.h"
#include "ui/navigator.h"
#include "ui/theme/theme.h"
#include "ui/widgets/adapter_chips.h"
#include "ui/widgets/adapter_picker.h"
#include "ui/widgets/card.h"
#include "ui/widgets/charts/chart_link.h"
#include "ui/widgets/charts/line_chart.h"
#include "ui/widgets/charts/scatter_chart.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QAbstractItemModel>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSettings>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>

#include <algorithm>

namespace ui {
namespace {

const QString kIdsKey = QStringLiteral("compare/adapters");
const QString kTabKey = QStringLiteral("compare/tab");
const QString kOnlyKey = QStringLiteral("compare/onlyDifferences");

// The catalog changes every second while something trains; what is shown here mostly does not.
bool isSame(const ComparedAdapter& a, const ComparedAdapter& b) {
    return a.record.id == b.record.id && a.record.name == b.record.name &&
           a.record.eval_loss == b.record.eval_loss && a.record.metrics == b.record.metrics && a.record.size_bytes == b.record.size_bytes &&
           a.spec == b.spec && a.trainLoss == b.trainLoss && a.evalLoss == b.evalLoss &&
           a.score == b.score;
}

}  // namespace

ComparePage::ComparePage(const AppContext& context, QWidget* parent)
    : Page(context, tr("Compare"), parent),
      m_load(context.tasks),
      m_findComparable(context.tasks),
      m_watcher(context.tasks, context.workbench.paths().catalog_file()),
      m_ids(context.settings.value(kIdsKey).toStringList()),
      m_picker(new AdapterPicker(context)),
      m_chips(new AdapterChips(context.theme, m_picker, this)),
      m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(context.theme, QStringLiteral("compare"), this)),
      m_tabs(new QTabWidget(this)),
      m_differences(new DifferencesModel(this)) {
    m_picker->setObjectName(QStringLiteral("addAdapter"));
    m_picker->setClearsAfterChoice(true);
    m_picker->lineEdit()->setPlaceholderText(tr("Add an adapter…"));
    m_picker->setAccessibleName(tr("Add an adapter"));
    buildTabs();
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_tabs);
    contentArea().addWidget(m_chips);
    contentArea().addWidget(m_stack, 1);

    connect(m_picker, &AdapterPicker::chosen, this, [this](const QString& id) {
        if (!m_ids.contains(id)) setAdapters(m_ids + QStringList{id});
    });
    connect(m_picker, &AdapterPicker::failed, this,
            [this](const engine::Error& e) { messageBar().showError(e); });
    connect(m_picker, &AdapterPicker::loaded, this, [this] {
        m_counted = true;
        describeNothing();
    });
    connect(m_chips, &AdapterChips::removeRequested, this, [this](const QString& id) {
        QStringList rest = m_ids;
        rest.removeAll(id);
        setAdapters(rest);
    });
    connect(m_chips, &AdapterChips::shownChanged, this, [this](const QString& id, bool shown) {
        const auto series = static_cast<int>(m_ids.indexOf(id));
        for (LineChart* chart : {m_evalCurves, m_scoreCurves, m_trainCurves})
            if (series >= 0 && series < chart->seriesCount()) chart->setSeriesVisible(series, shown);
    });
    connect(m_chips, &AdapterChips::opened, this,
            [this](const QString& id) { Q_EMIT this->context().navigator.adapterRequested(id); });
    connect(m_empty, &EmptyState::actionRequested, this, [this] {
        if (!m_comparable.ids.isEmpty())
            setAdapters(m_comparable.ids);
        else if (m_picker->adapterCount() > 0)
            Q_EMIT catalogPageRequested();
        else
            Q_EMIT experimentPageRequested();
    });
    connect(&m_watcher, &CatalogWatcher::changed, this, &ComparePage::refresh);
    connect(&context.theme, &Theme::changed, this, &ComparePage::fillDifferences);
    refresh();
}

ComparePage::~ComparePage() {
    context().settings.setValue(kTabKey, m_tabs->currentIndex());
}

// ---- layout

void ComparePage::buildTabs() {
    m_tabs->setObjectName(QStringLiteral("compareTabs"));
    m_tabs->setDocumentMode(true);
    m_rank = buildScatter("rankChart");
    m_rank->setXAxis(tr("rank"), axis_text::integer());
    m_rank->setLogarithmicX(true);
    m_rank->setTicksAtPoints(true);
    m_pareto = buildScatter("paretoChart");
    m_pareto->setXAxis(tr("trainable parameters"), axis_text::shortCount());
    m_pareto->setLogarithmicX(true);
    m_pareto->setFrontierVisible(true);
    m_missing = makeHint(context().theme, {}, this);
    m_missing->setObjectName(QStringLiteral("missingLosses"));
    m_measure = new QComboBox(this);
    m_measure->setObjectName(QStringLiteral("measure"));
    m_measure->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    auto* label = new QLabel(tr("&Judged by"), this);
    label->setBuddy(m_measure);
    m_judge = new QWidget(this);
    auto* judge = new QHBoxLayout(m_judge);
    judge->setContentsMargins(12, 0, 0, 0);
    judge->addWidget(label);
    judge->addWidget(m_measure);
    auto* corner = new QWidget(this);
    auto* row = new QHBoxLayout(corner);
    row->setContentsMargins({});
    row->addWidget(m_missing);
    row->addWidget(m_judge);
    connect(m_measure, &QComboBox::activated, this, &ComparePage::chooseMeasure);

    m_tabs->addTab(buildCurves(), tr("C&urves"));
    m_tabs->addTab(buildDifferences(), tr("Diffe&rences"));
    m_tabs->addTab(m_rank, tr("R&ank"));
    m_tabs->addTab(m_pareto, tr("&Pareto"));
    m_tabs->setCornerWidget(corner, Qt::TopRightCorner);
    const auto showJudge = [this] {
        const bool scatter = m_tabs->currentWidget() == m_rank || m_tabs->currentWidget() == m_pareto;
        m_judge->setVisible(scatter && m_measure->count() > 1);
    };
    connect(m_tabs, &QTabWidget::currentChanged, this, showJudge);
    connect(m_measure->model(), &QAbstractItemModel::rowsInserted, this, showJudge);
    connect(m_measure->model(), &QAbstractItemModel::modelReset, this, showJudge);
    m_judge->hide();  // until there is a choice
    m_tabs->setCurrentIndex(context().settings.value(kTabKey, 0).toInt());
}

QWidget* ComparePage::buildCurves() {
    auto* page = new QWidget(m_tabs);
    auto* row = new QHBoxLayout(page);
    row->setContentsMargins(0, 10, 0, 0);
    row->setSpacing(16);
    auto* link = new ChartLink(page);
    const auto make = [&](const char* name, const QString& title) {
        auto* chart = new LineChart(context().theme, page);
        chart->setObjectName(QString::fromLatin1(name));
        chart->setTitle(title);
        chart->setXAxis(tr("step"), axis_text::integer(), true);
        chart->setYAxis(tr("nats per token"), axis_text::loss());
        chart->setEmptyText(tr("None of these adapters has a recorded curve."));
        connect(chart, &Chart::saveFailed, this,
                [this](const QString& text) { messageBar().show(MessageBar::Kind::Error, text); });
        chart->setLegendVisible(false);  // the chips above are the legend of every tab
        link->add(chart);
        row->addWidget(chart, 1);
        return chart;
    };
    m_evalCurves = make("evalCurves", tr("Evaluation loss"));
    m_scoreCurves = make("scoreCurves", tr("Score"));
    m_scoreCurves->setYAxis({}, axis_text::number());
    m_scoreCurves->hide();  // until there is a classifier
    m_trainCurves = make("trainCurves", tr("Training loss, smoothed"));
    return page;
}

QWidget* ComparePage::buildDifferences() {
    auto* page = new QWidget(m_tabs);
    m_onlyDifferences = new QCheckBox(tr("Only &differences"), page);
    m_onlyDifferences->setObjectName(QStringLiteral("onlyDifferences"));
    m_onlyDifferences->setChecked(context().settings.value(kOnlyKey, true).toBool());
    m_differences->setOnlyDifferences(m_onlyDifferences->isChecked());
    m_differencesHint = makeHint(context().theme, {}, page);
    m_differencesHint->setObjectName(QStringLiteral("differencesHint"));
    m_differencesView = makeTextTable(m_differences, page);
    m_differencesView->setObjectName(QStringLiteral("differencesTable"));
    connect(m_onlyDifferences, &QCheckBox::toggled, this, [this](bool on) {
        context().settings.setValue(kOnlyKey, on);
        m_differences->setOnlyDifferences(on);
        fillDifferences();
    });
    auto* row = new QHBoxLayout;
    row->addWidget(m_onlyDifferences);
    row->addWidget(m_differencesHint);
    row->addStretch(1);
    auto* all = new QVBoxLayout(page);
    all->setContentsMargins(0, 10, 0, 0);
    all->addLayout(row);
    all->addWidget(m_differencesView, 1);
    return page;
}

ScatterChart* ComparePage::buildScatter(const char* name) {
    auto* chart = new ScatterChart(context().theme, m_tabs);
    chart->setObjectName(QString::fromLatin1(name));
    chart->setEmptyText(tr("None of these adapters was evaluated in this way. Train with held-out or evaluation data."));
    chart->layout()->setContentsMargins(0, 10, 0, 0);
    connect(chart, &Chart::saveFailed, this,
            [this](const QString& text) { messageBar().show(MessageBar::Kind::Error, text); });
    connect(chart, &ScatterChart::pointActivated, this, [this](const QString& pointName) {
        for (const ComparedAdapter& adapter : m_adapters)
            if (adapter.name() == pointName) Q_EMIT context().navigator.adapterRequested(adapter.id());
    });
    return chart;
}

// ---- content

void ComparePage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    m_watcher.start();
}

void ComparePage::hideEvent(QHideEvent* event) {
    Page::hideEvent(event);
    m_watcher.stop();
}

void ComparePage::activated() {
    refresh();
}

void ComparePage::refresh() {
    m_picker->reload();
    load();
    findComparable();
}

void ComparePage::findComparable() {
    m_findComparable.ask(
        this, [&workbench = context().workbench] { return comparableWithTheNewest(workbench); },
        [this](const engine::Result<Comparable>& found) {
            m_comparable = found ? *found : Comparable();  // a catalog that cannot be read is told by load()
            describeNothing();
        });
}

void ComparePage::describeNothing() {
    if (!m_counted) return;
    const bool any = m_picker->adapterCount() > 0, comparable = !m_comparable.ids.isEmpty();
    const QString what = tr("Their curves, the differences of their configurations, and loss against rank and "
                            "parameters appear here.");
    const auto count = static_cast<int>(m_comparable.ids.size());
    m_empty->setText(any ? tr("Nothing to compare yet") : tr("No adapters yet"),
                     comparable ? tr("The newest %Ln adapter(s) of %1 learned the same data, %2. Others are added above, or "
                                     "selected in the catalog. %3", nullptr, count)
                                      .arg(m_comparable.model, m_comparable.data, what)
                     : any      ? tr("Add adapters above, or select some in the catalog and choose Compare. %1").arg(what)
                                : tr("Once adapters have been trained, their curves, configurations and losses are "
                                     "compared here."));
    m_empty->setAction(comparable ? tr("Compare these %Ln", nullptr, count)
                       : any      ? tr("Open the catalog")
                                  : tr("Set up an experiment"));
}

bool ComparePage::focusSearch() {
    m_picker->setFocus(Qt::ShortcutFocusReason);
    return true;
}

void ComparePage::setAdapters(const QStringList& adapterIds) {
    m_ids = adapterIds;
    m_ids.removeDuplicates();
    context().settings.setValue(kIdsKey, m_ids);
    load();
}

void ComparePage::load() {
    m_load.ask(
        this, [&workbench = context().workbench, ids = m_ids] { return readComparison(workbench, ids); },
        [this](engine::Result<std::vector<ComparedAdapter>> adapters) {
            if (!adapters) return messageBar().showError(adapters.error());
            showAdapters(std::move(adapters).value());
        });
}

void ComparePage::showAdapters(std::vector<ComparedAdapter> adapters) {
    if (!m_adapters.empty() &&
        std::equal(adapters.begin(), adapters.end(), m_adapters.begin(), m_adapters.end(), isSame))
        return;
    m_adapters = std::move(adapters);
    m_ids.clear();
    for (const ComparedAdapter& adapter : m_adapters) m_ids << adapter.id();
    m_looks.keepOnly(m_ids);
    fillChips();
    fillCurves();
    fillDifferences();
    fillMeasures();
    fillScatter();
    m_stack->setCurrentIndex(m_adapters.empty() ? 0 : 1);
}

}  // namespace ui
