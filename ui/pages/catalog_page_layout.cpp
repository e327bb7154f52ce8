// CatalogPage: filter row, table with chosen columns, footer.
#include "ui/models/adapter_table_model.h"
#include "ui/pages/catalog_page.h"
#include "ui/theme/theme.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/table_view.h"

#include <catalog/query.h>

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QToolButton>

#include <algorithm>

namespace ui {
namespace {

const QString kHeaderKey = QStringLiteral("catalog/columns");
const QString kNoScoreKey = QStringLiteral("catalog/scoreHidden");
const QString kScoreSeenKey = QStringLiteral("catalog/scoreSeen");
const QString kNameByHandKey = QStringLiteral("catalog/nameByHand");
constexpr int kNameDigits = 16, kTagsDigits = 7;  // widths that are left to them, in digits
constexpr int kTypingPause = 150;  // ms until the filter is applied

}  // namespace

QWidget* CatalogPage::buildFilterRow() {
    auto* row = new QWidget(this);
    m_filter = new QLineEdit(row);
    m_filter->setObjectName(QStringLiteral("catalogFilter"));
    m_filter->setPlaceholderText(tr("Filter, for example  rank:8 model:gpt2 loss<2 tag:good"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter"));
    m_fields = new QPushButton(row);
    m_fields->setObjectName(QStringLiteral("filterFields"));
    m_fields->setText(tr("Fields"));
    m_fields->setToolTip(tr("What a filter can ask for"));
    auto* menu = new QMenu(m_fields);
    for (const catalog::QueryFieldInfo& field : catalog::query_fields()) {
        const auto text = [](std::string_view s) { return QString::fromUtf8(s.data(), qsizetype(s.size())); };
        const QString name = text(field.name);
        menu->addAction(name + QStringLiteral(" – ") + text(field.meaning), this, [this, name] {
            QString filter = m_filter->text().trimmed();
            if (!filter.isEmpty()) filter += QLatin1Char(' ');
            m_filter->setText(filter + name + QLatin1Char(':'));
            m_filter->setFocus();
        });
    }
    m_fields->setMenu(menu);
    m_hint = new QLabel(row);
    m_hint->setObjectName(QStringLiteral("filterHint"));
    m_hint->setWordWrap(true);
    m_hint->hide();

    auto* line = new QHBoxLayout;
    line->setSpacing(6);
    line->addWidget(m_filter, 1);
    line->addWidget(m_fields);
    auto* all = new QVBoxLayout(row);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(2);
    all->addLayout(line);
    all->addWidget(m_hint);
    m_typing->setSingleShot(true);
    m_typing->setInterval(kTypingPause);
    connect(m_filter, &QLineEdit::textChanged, this, [this] {
        if (checkFilter()) m_typing->start();
    });
    connect(m_typing, &QTimer::timeout, this, &CatalogPage::load);
    return row;
}

QWidget* CatalogPage::buildTable() {
    m_table = makeTextTable(m_model, this);
    m_table->setObjectName(QStringLiteral("adapterTable"));
    m_table->setAccessibleName(tr("Adapters"));
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->setIconSize({16, 16});
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionsMovable(true);
    header->setStretchLastSection(true);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    header->setMinimumSectionSize(28);
    header->setSectionResizeMode(QHeaderView::Interactive);
    const int digit = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    const std::initializer_list<std::pair<int, int>> widths{
        {AdapterTableModel::Star, 0},       {AdapterTableModel::Name, kNameDigits},
        {AdapterTableModel::Model, 8},      {AdapterTableModel::Targets, 9},
        {AdapterTableModel::Rank, 6},       {AdapterTableModel::Alpha, 8},
        {AdapterTableModel::Params, 15},    {AdapterTableModel::EvalLoss, 10},
        {AdapterTableModel::Score, 14},     {AdapterTableModel::TrainLoss, 11},
        {AdapterTableModel::Size, 10},
        {AdapterTableModel::Created, 16},   {AdapterTableModel::Tags, kTagsDigits}};
    for (const auto& [column, digits] : widths)
        header->resizeSection(column, digits > 0 ? digits * digit : 28);
    m_table->setColumnHidden(AdapterTableModel::Alpha, true);
    m_table->setColumnHidden(AdapterTableModel::TrainLoss, true);
    m_table->setColumnHidden(AdapterTableModel::Score, true);
    header->setSortIndicator(AdapterTableModel::Created, Qt::DescendingOrder);
    header->restoreState(context().settings.value(kHeaderKey).toByteArray());
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    m_table->setSortingEnabled(true);

    connect(header, &QHeaderView::customContextMenuRequested, this, &CatalogPage::showHeaderMenu);
    connect(header, &QHeaderView::sectionMoved, this, &CatalogPage::keepColumns);
    connect(header, &QHeaderView::sectionResized, this, [this](int column) {
        if (column == AdapterTableModel::Name && !m_fitting) context().settings.setValue(kNameByHandKey, true);
        keepColumns();
    });
    m_table->viewport()->installEventFilter(this);
    connect(header, &QHeaderView::sortIndicatorChanged, this, &CatalogPage::keepColumns);
    connect(m_table, &QTableView::customContextMenuRequested, this, &CatalogPage::showTableMenu);
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex& index) {
        if (const auto* adapter = m_model->adapter(index);
            adapter && index.column() == AdapterTableModel::Star)
            setStarred(QString::fromStdString(adapter->id), !adapter->starred);
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &CatalogPage::selectionChanged);

    m_nothingFound = new EmptyState(context().theme, QStringLiteral("search"), this);
    m_nothingFound->setObjectName(QStringLiteral("nothingFound"));
    connect(m_nothingFound, &EmptyState::actionRequested, m_filter, &QLineEdit::clear);
    m_tableStack = new QStackedWidget(this);
    m_tableStack->addWidget(m_table);
    m_tableStack->addWidget(m_nothingFound);
    return m_tableStack;
}

QWidget* CatalogPage::buildFooter() {
    auto* row = new QWidget(this);
    m_footer = new QLabel(row);
    m_footer->setObjectName(QStringLiteral("catalogFooter"));
    m_trash = new QToolButton(row);
    m_trash->setObjectName(QStringLiteral("showTrash"));
    m_trash->setCheckable(true);
    m_trash->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_trash->setAutoRaise(true);
    connect(m_trash, &QToolButton::toggled, this, [this](bool on) {
        m_trashShown = on;
        load();
    });
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(m_footer, 1);
    line->addWidget(m_trash);
    return row;
}

void CatalogPage::restyle() {
    const Theme& theme = context().theme;
    m_model->setStarIcons(
        theme.icon(QStringLiteral("star-filled"), theme.warning()),
        theme.icon(QStringLiteral("star"), Theme::mix(theme.secondaryText(), theme.surface(), 0.5)));
    m_trash->setIcon(theme.icon(QStringLiteral("trash")));
    QPalette quiet = m_footer->palette();
    quiet.setColor(QPalette::WindowText, theme.secondaryText());
    m_footer->setPalette(quiet);
    QPalette wrong = m_hint->palette();
    wrong.setColor(QPalette::WindowText, theme.danger());
    m_hint->setPalette(wrong);
}

void CatalogPage::showHeaderMenu(const QPoint& position) {
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("columnMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (int column = AdapterTableModel::Model; column < AdapterTableModel::ColumnCount; ++column) {
        QAction* action = menu->addAction(m_model->headerData(column, Qt::Horizontal).toString());
        action->setCheckable(true);
        action->setChecked(!m_table->isColumnHidden(column));
        connect(action, &QAction::toggled, this, [this, column](bool on) {
            m_table->setColumnHidden(column, !on);
            if (column == AdapterTableModel::Score) context().settings.setValue(kNoScoreKey, !on);
            keepColumns();
        });
    }
    menu->popup(m_table->horizontalHeader()->mapToGlobal(position));
}

// Without a classifier its column would only take room.
void CatalogPage::showScores() {
    const auto& adapters = m_model->adapters();
    const bool any = std::any_of(adapters.begin(), adapters.end(), [](const auto& a) { return !a.metrics.empty(); });
    const bool shown = any && !context().settings.value(kNoScoreKey, false).toBool();
    if (shown == !m_table->isColumnHidden(AdapterTableModel::Score)) return;
    // The first time the size, which the details tell as well, leaves its room to the score; it can be shown again.
    if (shown && !context().settings.value(kScoreSeenKey, false).toBool()) {
        context().settings.setValue(kScoreSeenKey, true);
        m_table->setColumnHidden(AdapterTableModel::Size, true);
    }
    m_table->setColumnHidden(AdapterTableModel::Score, !shown);
}

// Names are whole where there is room for them, until somebody gives their column another width.
void CatalogPage::fitName() {
    if (context().settings.value(kNameByHandKey, false).toBool()) return;
    const QHeaderView* header = m_table->horizontalHeader();
    const int digit = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    int room = m_table->viewport()->width() - kTagsDigits * digit;
    for (int column = 0; column < m_model->columnCount(); ++column)
        if (column != AdapterTableModel::Name && column != AdapterTableModel::Tags) room -= header->sectionSize(column);
    const QAbstractItemView& view = *m_table;  // where the hint is public
    const int least = kNameDigits * digit, whole = std::max(least, view.sizeHintForColumn(AdapterTableModel::Name));
    m_fitting = true;
    m_table->setColumnWidth(AdapterTableModel::Name, std::clamp(whole, least, std::max(least, room)));
    m_fitting = false;
}

bool CatalogPage::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_table->viewport() && event->type() == QEvent::Resize) fitName();
    return Page::eventFilter(watched, event);
}

void CatalogPage::keepColumns() {
    context().settings.setValue(kHeaderKey, m_table->horizontalHeader()->saveState());
}

}  // namespace ui
