#include "ui/models/differences_model.h"

#include <QFont>

#include <algorithm>

namespace ui {
namespace {

const QString kNothing = QStringLiteral("–");

// Keys in order of first appearance, each subject's order respected as far as the earlier ones allow.
std::vector<SpecField> unionOfKeys(const std::vector<DifferencesModel::Subject>& subjects,
                                   std::vector<SpecField> DifferencesModel::Subject::*part) {
    std::vector<SpecField> keys;
    for (const auto& subject : subjects) {
        auto place = keys.begin();
        for (const SpecField& field : subject.*part) {
            const auto found =
                std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.key == field.key; });
            place = std::next(found != keys.end() ? found : keys.insert(place, field));
        }
    }
    return keys;
}

QString valueOf(const std::vector<SpecField>& fields, const QString& key) {
    for (const SpecField& field : fields)
        if (field.key == key) return field.value;
    return kNothing;
}

}  // namespace

DifferencesModel::DifferencesModel(QObject* parent) : QAbstractTableModel(parent) {}

void DifferencesModel::setSubjects(std::vector<Subject> subjects) {
    beginResetModel();
    m_subjects = std::move(subjects);
    rebuild();
    chooseShown();
    endResetModel();
}

void DifferencesModel::setOnlyDifferences(bool on) {
    if (m_onlyDifferences == on) return;
    beginResetModel();
    m_onlyDifferences = on;
    chooseShown();
    endResetModel();
}

void DifferencesModel::rebuild() {
    m_all.clear();
    const auto take = [&](std::vector<SpecField> Subject::*part, bool result) {
        for (const SpecField& key : unionOfKeys(m_subjects, part)) {
            Row row{key.label, {}, false, result};
            for (const Subject& subject : m_subjects) row.values << valueOf(subject.*part, key.key);
            row.differs = std::any_of(row.values.begin(), row.values.end(),
                                      [&](const QString& v) { return v != row.values.front(); });
            m_all.push_back(std::move(row));
        }
    };
    take(&Subject::results, true);
    take(&Subject::fields, false);
}

void DifferencesModel::chooseShown() {
    m_shown.clear();
    for (std::size_t i = 0; i < m_all.size(); ++i)
        if (!m_onlyDifferences || m_all[i].differs || m_all[i].result) m_shown.push_back(i);
}

int DifferencesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

int DifferencesModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || m_subjects.empty() ? 0 : static_cast<int>(m_subjects.size()) + 1;
}

QVariant DifferencesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.model() != this) return {};
    const Row& row = m_all[m_shown[static_cast<std::size_t>(index.row())]];
    switch (role) {
        case Qt::DisplayRole:
        case Qt::ToolTipRole:
            return index.column() == 0 ? row.label : row.values.at(index.column() - 1);
        case Qt::FontRole: {
            // What differs stands out where everything is listed.
            if (m_subjects.size() < 2 || m_onlyDifferences || !row.differs || index.column() == 0) return {};
            QFont bold;
            bold.setWeight(QFont::DemiBold);
            return bold;
        }
        default:
            return {};
    }
}

QVariant DifferencesModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
    if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (section == 0) return role == Qt::DisplayRole ? tr("Field") : QVariant();
    const Subject& subject = m_subjects[static_cast<std::size_t>(section) - 1];
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole) return subject.name;
    if (role == Qt::DecorationRole && !subject.mark.isNull()) return subject.mark;
    return {};
}

QString DifferencesModel::asText() const {
    QStringList lines;
    QStringList header{tr("Field")};
    for (const Subject& subject : m_subjects) header << subject.name;
    lines << header.join(QLatin1Char('\t'));
    for (const std::size_t i : m_shown)
        lines << m_all[i].label + QLatin1Char('\t') + m_all[i].values.join(QLatin1Char('\t'));
    return lines.join(QLatin1Char('\n'));
}

}  // namespace ui
