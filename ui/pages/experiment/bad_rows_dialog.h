// Every row of a data file that cannot be used, with line, field and reason; rows can be copied as FILE:LINE
// lines.
#pragma once

#include "engine/data.h"

#include <QDialog>

#include <vector>

class QTableWidget;

namespace ui {

class BadRowsDialog : public QDialog {
    Q_OBJECT

  public:
    BadRowsDialog(const QString& file, const std::vector<engine::BadRow>& rows, QWidget* parent);

  private:
    void copy();

    QString m_file;
    QTableWidget* m_table;
};

}  // namespace ui
