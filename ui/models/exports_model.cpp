#include "ui/models/exports_model.h"

#include "ui/format/units.h"

#include <algorithm>

namespace ui {

ExportsModel::ExportsModel(QObject* parent) : QAbstractTableModel(parent) {}

void ExportsModel::setExports(std::vector<catalog::ExportRecord> exports) {
    const bool same = std::equal(exports.begin(), exports.end(), m_exports.begin(), m_exports.end(),
                                 [](const auto& a, const auto& b) { return a.id == b.id; });
    if (same) return;  // an export is never changed once it is there
    beginResetModel();
    m_exports = std::move(exports);
    endResetModel();
}

const catalog::ExportRecord* ExportsModel::record(const QModelIndex& index) const {
    return (index.isValid() && index.model() == this)
               ? &m_exports[static_cast<std::size_t>(index.row())]
               : nullptr;
}

int ExportsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_exports.size());
}

int ExportsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString ExportsModel::formatText(const std::string& format) {
    if (format == "peft") return tr("PEFT folder");
    if (format == "hf") return tr("merged folder");
    return QString::fromStdString(format);
}

QVariant ExportsModel::data(const QModelIndex& index, int role) const {
    const catalog::ExportRecord* record = this->record(index);
    if (!record) return {};
    if (role == Qt::TextAlignmentRole)
        return index.column() == Size ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    switch (index.column()) {
        case Created:
            return units::dateTime(record->created_at);
        case Format:
            return formatText(record->format);
        case Dtype:
            return record->format == "peft" ? QStringLiteral("–") : QString::fromStdString(record->dtype);
        case VerdictColumn:
            return record->passed ? tr("passed") : tr("not passed");
        case Size:
            return units::bytes(record->size_bytes);
        case Path:
            return QString::fromStdString(record->path);
        default:
            return {};
    }
}

QVariant ExportsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((section == Size ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Created:
            return tr("When");
        case Format:
            return tr("Target");
        case Dtype:
            return tr("Weights");
        case VerdictColumn:
            return tr("Verdict");
        case Size:
            return tr("Size");
        case Path:
            return tr("Folder");
        default:
            return {};
    }
}

}  // namespace ui
