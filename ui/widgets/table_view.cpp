#include "ui/widgets/table_view.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QProxyStyle>

#include <algorithm>

namespace ui {

namespace {

// Room left and right in every cell: a number at the right of one column and a word at the left of the next
// stay apart.
class RoomyStyle : public QProxyStyle {
  public:
    explicit RoomyStyle(QObject* parent) : QProxyStyle(QStringLiteral("Fusion")) { setParent(parent); }
    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override {
        const int usual = QProxyStyle::pixelMetric(metric, option, widget);
        return metric == PM_FocusFrameHMargin || metric == PM_HeaderMargin ? usual + 4 : usual;
    }
};

}  // namespace

QTableView* makeTextTable(QAbstractItemModel* model, QWidget* parent) {
    auto* view = new QTableView(parent);
    view->setModel(model);
    auto* style = new RoomyStyle(view);
    view->setStyle(style);
    view->horizontalHeader()->setStyle(style);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setShowGrid(false);
    view->setAlternatingRowColors(true);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->setFrameShape(QFrame::NoFrame);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(view->fontMetrics().height() + 8);
    view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setStretchLastSection(true);

    auto* copy = new QAction(QTableView::tr("&Copy"), view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QAction::triggered, view,
                     [view] { QGuiApplication::clipboard()->setText(selectedRowsAsText(*view)); });
    view->addAction(copy);
    view->setContextMenuPolicy(Qt::ActionsContextMenu);
    return view;
}

QString selectedRowsAsText(const QTableView& view) {
    const QAbstractItemModel* model = view.model();
    QList<int> columns;
    for (int visual = 0; visual < model->columnCount(); ++visual) {
        const int column = view.horizontalHeader()->logicalIndex(visual);
        if (!view.isColumnHidden(column)) columns << column;
    }
    QList<int> rows;
    for (const QModelIndex& index : view.selectionModel()->selectedRows()) rows << index.row();
    std::sort(rows.begin(), rows.end());
    if (rows.isEmpty())
        for (int row = 0; row < model->rowCount(); ++row) rows << row;
    const auto line = [&](auto cell) {
        QStringList cells;
        for (const int column : columns) cells << cell(column).simplified();
        return cells.join(QLatin1Char('\t'));
    };
    QStringList lines;
    if (view.horizontalHeader()->isVisibleTo(&view))
        lines << line([&](int column) { return model->headerData(column, Qt::Horizontal).toString(); });
    for (const int row : rows)
        lines << line([&](int column) { return model->index(row, column).data().toString(); });
    return lines.join(QLatin1Char('\n'));
}

}  // namespace ui
