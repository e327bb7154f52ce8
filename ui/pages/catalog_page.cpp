#include "ui/pages/catalog_page.h"

#include "ui/format/units.h"
#include "ui/models/adapter_table_model.h"
#include "ui/navigator.h"
#include "ui/theme/theme.h"
#include "ui/widgets/adapter_details.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <catalog/catalog.h>
#include <catalog/query.h>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QSettings>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace ui {
namespace {

const QString kHeaderKey = QStringLiteral("catalog/header");
const QString kSplitterKey = QStringLiteral("catalog/splitter");
constexpr int kTypingPause = 150;  // ms until the filter is applied

}  // namespace

CatalogPage::CatalogPage(const AppContext& context, QWidget* parent)
    : Page(context, tr("Catalog"), parent),
      m_load(context.tasks),
      m_watcher(context.tasks, context.workbench.paths().catalog_file()),
      m_model(new AdapterTableModel(this)),
      m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(context.theme, QStringLiteral("catalog"), this)),
      m_typing(new QTimer(this)) {
    buildActions();
    auto* page = new QWidget(this);
    auto* all = new QVBoxLayout(page);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(6);
    all->addWidget(buildFilterRow());
    m_splitter = new QSplitter(Qt::Horizontal, page);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(buildTable());
    m_details = new AdapterDetails(context, m_splitter);
    m_splitter->addWidget(m_details);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setSizes({760, 250});
    all->addWidget(m_splitter, 1);
    all->addWidget(buildFooter());

    m_empty->setText(
        tr("No adapters yet"),
        tr("Every trained adapter is kept here with its losses, its configuration and its files, to be "
           "found, compared and exported later."));
    m_empty->setAction(tr("Set up an experiment"));
    connect(m_empty, &EmptyState::actionRequested, this, &CatalogPage::experimentPageRequested);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(page);
    contentArea().addWidget(m_stack);

    m_splitter->restoreState(context.settings.value(kSplitterKey).toByteArray());
    connect(&m_watcher, &CatalogWatcher::changed, this, &CatalogPage::load);
    connect(&context.theme, &Theme::changed, this, &CatalogPage::restyle);
    connectDetails();
    restyle();
    updateActions();
    load();
}

CatalogPage::~CatalogPage() {
    context().settings.setValue(kSplitterKey, m_splitter->saveState());
}

// ---- layout

QWidget* CatalogPage::buildFilterRow() {
    auto* row = new QWidget(this);
    m_filter = new QLineEdit(row);
    m_filter->setObjectName(QStringLiteral("catalogFilter"));
    m_filter->setPlaceholderText(tr("Filter, for example  rank:8 model:gpt2 loss<2 tag:good"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter"));
    m_fields = new QToolButton(row);
    m_fields->setObjectName(QStringLiteral("filterFields"));
    m_fields->setText(tr("Fields"));
    m_fields->setToolTip(tr("What a filter can ask for"));
    m_fields->setPopupMode(QToolButton::InstantPopup);
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
        {AdapterTableModel::Star, 0},       {AdapterTableModel::Name, 24},
        {AdapterTableModel::Model, 9},      {AdapterTableModel::Targets, 9},
        {AdapterTableModel::Rank, 7},       {AdapterTableModel::Alpha, 8},
        {AdapterTableModel::Params, 12},    {AdapterTableModel::EvalLoss, 10},
        {AdapterTableModel::TrainLoss, 11}, {AdapterTableModel::Size, 10},
        {AdapterTableModel::Created, 17},   {AdapterTableModel::Tags, 14}};
    for (const auto& [column, digits] : widths)
        header->resizeSection(column, digits > 0 ? digits * digit : 28);
    m_table->setColumnHidden(AdapterTableModel::Alpha, true);
    m_table->setColumnHidden(AdapterTableModel::TrainLoss, true);
    header->setSortIndicator(AdapterTableModel::Created, Qt::DescendingOrder);
    header->restoreState(context().settings.value(kHeaderKey).toByteArray());
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    m_table->setSortingEnabled(true);

    connect(header, &QHeaderView::customContextMenuRequested, this, &CatalogPage::showHeaderMenu);
    connect(header, &QHeaderView::sectionMoved, this, &CatalogPage::keepColumns);
    connect(header, &QHeaderView::sectionResized, this, &CatalogPage::keepColumns);
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
            keepColumns();
        });
    }
    menu->popup(m_table->horizontalHeader()->mapToGlobal(position));
}

void CatalogPage::keepColumns() {
    context().settings.setValue(kHeaderKey, m_table->horizontalHeader()->saveState());
}

// ---- content

void CatalogPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    m_watcher.start();
}

void CatalogPage::hideEvent(QHideEvent* event) {
    Page::hideEvent(event);
    m_watcher.stop();
    m_details->flush();
}

void CatalogPage::activated() {
    load();
}

void CatalogPage::refresh() {
    load();
}

bool CatalogPage::focusSearch() {
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
    return true;
}

// What cannot be understood leaves the table as it is and says so below the field.
bool CatalogPage::checkFilter() {
    try {
        catalog::parse_query(m_filter->text().toStdString());
        m_hint->hide();
        return true;
    } catch (const catalog::Error& error) {
        m_typing->stop();
        m_hint->setText(QString::fromUtf8(error.what()));
        m_hint->show();
        return false;
    }
}

void CatalogPage::load() {
    catalog::AdapterFilter filter;
    if (checkFilter()) filter.text = m_filter->text().toStdString();
    filter.scope = m_trashShown ? catalog::AdapterScope::trashed : catalog::AdapterScope::kept;
    m_load.ask(
        this,
        [&workbench = context().workbench, filter] {
            auto& catalog = workbench.catalog();
            Listing listing;
            listing.adapters = catalog.adapters(filter);
            for (const auto& a : catalog.adapters({.scope = catalog::AdapterScope::all})) {
                ++(a.trashed ? listing.trashed : listing.kept);
                (a.trashed ? listing.trashedBytes : listing.keptBytes) += a.size_bytes;
            }
            return listing;
        },
        [this](engine::Result<Listing> listing) {
            if (!listing) return messageBar().showError(listing.error());
            applyListing(std::move(listing).value());
        });
}

void CatalogPage::applyListing(Listing listing) {
    const QStringList before = selectedIds();
    const int scroll = m_table->verticalScrollBar()->value();
    const auto shown = static_cast<qlonglong>(listing.adapters.size());
    {
        const QSignalBlocker quiet(m_table->selectionModel());
        m_model->setAdapters(std::move(listing.adapters));
    }
    if (!m_wanted.isEmpty() && m_model->rowOf(m_wanted) >= 0) {
        select({std::exchange(m_wanted, {})});
    } else {
        select(before);
        m_table->verticalScrollBar()->setValue(scroll);
    }

    const std::int64_t all = m_trashShown ? listing.trashed : listing.kept;
    const QString count = shown == all ? tr("Adapters: %1").arg(units::count(all))
                                       : tr("Adapters: %1 of %2").arg(units::count(shown), units::count(all));
    m_footer->setText(
        count + QStringLiteral(" · ") +
        tr("%1 on disk").arg(units::bytes(m_trashShown ? listing.trashedBytes : listing.keptBytes)));
    m_trash->setText(tr("Trash (%1)").arg(listing.trashed));
    m_trash->setToolTip(tr("In the trash: %1 adapters, %2 on disk")
                            .arg(units::count(listing.trashed), units::bytes(listing.trashedBytes)));
    m_trash->setEnabled(listing.trashed > 0 || m_trashShown);

    const bool filtered = !m_filter->text().trimmed().isEmpty();
    m_nothingFound->setText(filtered ? tr("Nothing matches") : tr("The trash is empty"),
                            filtered ? tr("No adapter answers to “%1”.").arg(m_filter->text().trimmed())
                                     : tr("Deleted adapters wait here until they are deleted for ever."));
    m_nothingFound->setAction(filtered ? tr("Clear filter") : QString());
    m_tableStack->setCurrentIndex(shown > 0 ? 0 : 1);
    m_stack->setCurrentIndex(listing.kept + listing.trashed > 0 ? 1 : 0);
}

void CatalogPage::showAdapter(const QString& adapterId) {
    m_wanted = adapterId;
    m_filter->clear();
    m_trash->setChecked(false);
    load();
}

void CatalogPage::select(const QStringList& ids) {
    QItemSelection chosen;
    QModelIndex first;
    for (const QString& id : ids) {
        const int row = m_model->rowOf(id);
        if (row < 0) continue;
        const QModelIndex index = m_model->index(row, 0);
        if (!first.isValid()) first = index;
        chosen.select(index, m_model->index(row, m_model->columnCount() - 1));
    }
    m_table->selectionModel()->select(chosen, QItemSelectionModel::ClearAndSelect);
    if (first.isValid()) {
        m_table->selectionModel()->setCurrentIndex(first.siblingAtColumn(AdapterTableModel::Name),
                                                   QItemSelectionModel::NoUpdate);
        m_table->scrollTo(first);
    }
    selectionChanged();
}

QStringList CatalogPage::selectedIds() const {
    QStringList ids;
    for (const auto& adapter : selection()) ids << QString::fromStdString(adapter.id);
    return ids;
}

std::vector<catalog::AdapterRecord> CatalogPage::selection() const {
    QList<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows()) rows << index.row();
    std::sort(rows.begin(), rows.end());
    std::vector<catalog::AdapterRecord> adapters;
    for (const int row : rows)
        if (const auto* adapter = m_model->adapter(m_model->index(row, 0))) adapters.push_back(*adapter);
    return adapters;
}

void CatalogPage::selectionChanged() {
    m_details->show(selection());
    updateActions();
}

}  // namespace ui
