// Tables of text as this window shows them: whole rows, no grid, no editing, copied with Ctrl+C or the
// context menu as tab separated text.
#pragma once

#include <QTableView>

namespace ui {

// The view belongs to parent; the model is the caller's.
QTableView* makeTextTable(QAbstractItemModel* model, QWidget* parent);

// The selected rows (all rows when none is selected) with the header, visible columns only.
QString selectedRowsAsText(const QTableView& view);

}  // namespace ui
