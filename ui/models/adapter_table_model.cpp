#include "ui/models/adapter_table_model.h"

#include "ui/format/metrics.h"
#include "ui/format/parameters.h"
#include "ui/format/units.h"

#include <QHash>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ui {
namespace {

using catalog::AdapterRecord;

QString joined(const std::vector<std::string>& words) {
    QStringList list;
    for (const std::string& word : words) list << QString::fromStdString(word);
    return list.join(QStringLiteral(", "));
}

bool sameCells(const AdapterRecord& a, const AdapterRecord& b) {
    return a.name == b.name && a.starred == b.starred && a.tags == b.tags && a.notes == b.notes &&
           a.eval_loss == b.eval_loss && a.metrics == b.metrics &&
           a.train_loss == b.train_loss && a.size_bytes == b.size_bytes &&
           a.trainable_params == b.trainable_params && a.whole_params == b.whole_params && a.path == b.path && a.run_id == b.run_id && a.step == b.step && a.trashed == b.trashed;
}

int compareText(const std::string& a, const std::string& b) {
    return QString::fromStdString(a).compare(QString::fromStdString(b), Qt::CaseInsensitive);
}

template <class T>
int compareValue(const T& a, const T& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

bool isKnown(const std::optional<double>& loss) {
    return loss && std::isfinite(*loss);
}

// Unknown values last, whatever the order: the sign of the order is applied to known pairs only.
int compareLoss(const std::optional<double>& a, const std::optional<double>& b, int sign) {
    if (isKnown(a) != isKnown(b)) return isKnown(a) ? -1 : 1;
    return isKnown(a) ? sign * compareValue(*a, *b) : 0;
}

int compare(const AdapterRecord& a, const AdapterRecord& b, int column, int sign) {
    switch (column) {
        case AdapterTableModel::Star:
            return sign * compareValue(b.starred, a.starred);
        case AdapterTableModel::Name:
            return sign * compareText(a.name, b.name);
        case AdapterTableModel::Model:
            return sign * compareText(a.model_name, b.model_name);
        case AdapterTableModel::Targets:
            return sign * compareText(a.targets, b.targets);
        case AdapterTableModel::Rank:
            return sign * compareValue(a.rank, b.rank);
        case AdapterTableModel::Alpha:
            return sign * compareValue(a.alpha, b.alpha);
        case AdapterTableModel::Params:
            return sign * compareValue(a.trainable_params, b.trainable_params);
        case AdapterTableModel::EvalLoss:
            return compareLoss(a.eval_loss, b.eval_loss, sign);
        case AdapterTableModel::Score:
            return compareLoss(a.score, b.score, sign);
        case AdapterTableModel::TrainLoss:
            return compareLoss(a.train_loss, b.train_loss, sign);
        case AdapterTableModel::Size:
            return sign * compareValue(a.size_bytes, b.size_bytes);
        case AdapterTableModel::Tags:
            return sign * compareText(joined(a.tags).toStdString(), joined(b.tags).toStdString());
        default:
            return sign * compareValue(a.created_at, b.created_at);
    }
}

bool isNumeric(int column) {
    return (column >= AdapterTableModel::Rank && column <= AdapterTableModel::Size);
}

}  // namespace

AdapterTableModel::AdapterTableModel(QObject* parent) : QAbstractTableModel(parent) {}

std::vector<std::size_t> AdapterTableModel::sorted(const std::vector<AdapterRecord>& adapters) const {
    std::vector<std::size_t> order(adapters.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const int sign = m_order == Qt::AscendingOrder ? 1 : -1;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return compare(adapters[a], adapters[b], m_sortColumn, sign) < 0;
    });
    return order;
}

void AdapterTableModel::setAdapters(std::vector<AdapterRecord> adapters) {
    std::vector<AdapterRecord> next;
    next.reserve(adapters.size());
    for (const std::size_t i : sorted(adapters)) next.push_back(std::move(adapters[i]));
    const bool same = std::equal(next.begin(), next.end(), m_adapters.begin(), m_adapters.end(),
                                 [](const auto& a, const auto& b) { return a.id == b.id; });
    if (!same) {
        beginResetModel();
        m_adapters = std::move(next);
        endResetModel();
        return;
    }
    for (std::size_t i = 0; i < next.size(); ++i) {
        const bool changed = !sameCells(m_adapters[i], next[i]);
        m_adapters[i] = std::move(next[i]);
        const int row = static_cast<int>(i);
        if (changed) Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

void AdapterTableModel::setStarred(const QString& id, bool starred) {
    const int row = rowOf(id);
    if (row < 0) return;
    m_adapters[static_cast<std::size_t>(row)].starred = starred;
    Q_EMIT dataChanged(index(row, Star), index(row, Star));
}

void AdapterTableModel::setStarIcons(const QIcon& on, const QIcon& off) {
    m_starOn = on;
    m_starOff = off;
    if (!m_adapters.empty())
        Q_EMIT dataChanged(index(0, Star), index(rowCount() - 1, Star), {Qt::DecorationRole});
}

void AdapterTableModel::sort(int column, Qt::SortOrder order) {
    m_sortColumn = column;
    m_order = order;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const std::vector<std::size_t> places = sorted(m_adapters);
    std::vector<AdapterRecord> next;
    next.reserve(m_adapters.size());
    std::vector<int> newRow(m_adapters.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        next.push_back(std::move(m_adapters[places[i]]));
        newRow[places[i]] = static_cast<int>(i);
    }
    m_adapters = std::move(next);
    const QModelIndexList before = persistentIndexList();
    QModelIndexList after;
    for (const QModelIndex& old : before)
        after << index(newRow[static_cast<std::size_t>(old.row())], old.column());
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

const AdapterRecord* AdapterTableModel::adapter(const QModelIndex& index) const {
    return (index.isValid() && index.model() == this) ? &m_adapters[static_cast<std::size_t>(index.row())]
                                                      : nullptr;
}

const AdapterRecord* AdapterTableModel::adapter(const QString& id) const {
    const int row = rowOf(id);
    return row < 0 ? nullptr : &m_adapters[static_cast<std::size_t>(row)];
}

int AdapterTableModel::rowOf(const QString& id) const {
    const std::string wanted = id.toStdString();
    const auto found =
        std::find_if(m_adapters.begin(), m_adapters.end(), [&](const auto& a) { return a.id == wanted; });
    return found == m_adapters.end() ? -1 : static_cast<int>(found - m_adapters.begin());
}

int AdapterTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_adapters.size());
}

int AdapterTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString AdapterTableModel::text(const AdapterRecord& a, int column) const {
    switch (column) {
        case Name:
            return QString::fromStdString(a.name);
        case Model:
            return QString::fromStdString(a.model_name);
        case Targets:
            return QString::fromStdString(a.targets);
        case Rank:
            return units::count(a.rank);
        case Alpha:
            return units::number(a.alpha, 6);
        case Params:
            return adapterParameters(a);
        case EvalLoss:
            return isKnown(a.eval_loss) ? units::loss(*a.eval_loss) : QStringLiteral("–");
        case Score:
            // Three digits tell classifiers apart; the tool tip and the details have more.
            return a.metrics.empty() ? QStringLiteral("–")
                                     : metricName(a.metrics.front().name) + QLatin1Char(' ') +
                                           units::number(a.metrics.front().value, 3);
        case TrainLoss:
            return isKnown(a.train_loss) ? units::loss(*a.train_loss) : QStringLiteral("–");
        case Size:
            return units::bytes(a.size_bytes);
        case Created:
            return units::dateTime(a.created_at);
        case Tags:
            return joined(a.tags);
        default:
            return {};
    }
}

QVariant AdapterTableModel::data(const QModelIndex& index, int role) const {
    const AdapterRecord* a = adapter(index);
    if (!a) return {};
    switch (role) {
        case Qt::DisplayRole:
        case Qt::EditRole:
            return text(*a, index.column());
        case Qt::DecorationRole:
            return index.column() == Star ? QVariant(a->starred ? m_starOn : m_starOff) : QVariant();
        case Qt::TextAlignmentRole:
            return isNumeric(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
        case Qt::ToolTipRole:
            if (index.column() == Star)
                return a->starred ? tr("Starred. Click to take the star off") : tr("Click to star");
            if (index.column() == Name && !a->notes.empty())
                return text(*a, Name) + QStringLiteral("\n\n") + QString::fromStdString(a->notes);
            if (index.column() == Params && a->whole_params > 0) return adapterParametersMeaning(*a);
            if (index.column() == Score && !a->metrics.empty()) return metricsText(a->metrics);
            return text(*a, index.column());
        case Qt::AccessibleTextRole:
            if (index.column() == Star) return a->starred ? tr("starred") : tr("not starred");
            return headerData(index.column(), Qt::Horizontal).toString() + QStringLiteral(": ") +
                   text(*a, index.column());
        case IdRole:
            return QString::fromStdString(a->id);
        default:
            return {};
    }
}

QVariant AdapterTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((isNumeric(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::AccessibleTextRole || (role == Qt::ToolTipRole && section == Star))
        if (section == Star) return tr("Star");
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Name");
        case Model:
            return tr("Model");
        case Targets:
            return tr("Matrices");
        case Rank:
            return tr("Rank");
        case Alpha:
            return tr("Alpha");
        case Params:
            return tr("Parameters");
        case EvalLoss:
            return tr("Eval. loss");
        case Score:
            return tr("Score");
        case TrainLoss:
            return tr("Train. loss");
        case Size:
            return tr("Size");
        case Created:
            return tr("Created");
        case Tags:
            return tr("Tags");
        default:
            return QString();
    }
}

}  // namespace ui
