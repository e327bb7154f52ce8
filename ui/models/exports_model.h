// What was exported of an adapter before, newest first. GUI thread.
#pragma once

#include <catalog/records.h>

#include <QAbstractTableModel>

#include <vector>

namespace ui {

class ExportsModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column { Created, Format, Dtype, VerdictColumn, Size, Path, ColumnCount };

    explicit ExportsModel(QObject* parent = nullptr);

    void setExports(std::vector<catalog::ExportRecord> exports);
    const catalog::ExportRecord* record(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    static QString formatText(const std::string& format);

  private:
    std::vector<catalog::ExportRecord> m_exports;
};

}  // namespace ui
