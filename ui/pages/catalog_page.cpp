#include "ui/pages/catalog_page.h"

#include "ui/format/units.h"
#include "ui/models/adapter_table_model.h"
#include "ui/theme/theme.h"
#include "ui/widgets/adapter_details.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"

#include <catalog/catalog.h>
#include <catalog/query.h>

#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QSettings>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace ui {
namespace {

const QString kSplitterKey = QStringLiteral("catalog/splitter");
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
        showScores();
        fitName();
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
