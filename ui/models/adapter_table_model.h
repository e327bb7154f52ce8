// Adapters of the catalog as a table. Holds the records it was given (10,000 are no matter), sorts them
// itself, keeps selections through a sort; a new set of the same adapters changes cells instead of resetting.
// GUI thread.
#pragma once

#include <catalog/records.h>

#include <QAbstractTableModel>
#include <QIcon>

#include <vector>

namespace ui {

class AdapterTableModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column {
        Star,
        Name,
        Model,
        Targets,
        Rank,
        Alpha,
        Params,
        EvalLoss,
        Score,
        TrainLoss,
        Size,
        Created,
        Tags,
        ColumnCount
    };
    enum Role { IdRole = Qt::UserRole };

    explicit AdapterTableModel(QObject* parent = nullptr);

    void setAdapters(std::vector<catalog::AdapterRecord> adapters);
    void setStarred(const QString& id, bool starred);  // ahead of the catalog
    void setStarIcons(const QIcon& on, const QIcon& off);
    const std::vector<catalog::AdapterRecord>& adapters() const { return m_adapters; }
    const catalog::AdapterRecord* adapter(const QModelIndex& index) const;
    const catalog::AdapterRecord* adapter(const QString& id) const;
    int rowOf(const QString& id) const;  // -1: not here

    // Unknown losses stand at the end in either order.
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

  private:
    QString text(const catalog::AdapterRecord& adapter, int column) const;
    std::vector<std::size_t> sorted(const std::vector<catalog::AdapterRecord>& adapters) const;

    std::vector<catalog::AdapterRecord> m_adapters;
    int m_sortColumn = Created;
    Qt::SortOrder m_order = Qt::DescendingOrder;
    QIcon m_starOn, m_starOff;
};

}  // namespace ui
