#include "ui/models/matrix_model.h"

#include "engine/plan.h"
#include "ui/format/units.h"

#include <QUndoCommand>

#include <algorithm>

namespace ui {

class MatrixModel::Change : public QUndoCommand {
  public:
    Change(MatrixModel& model, Ticks before, Ticks after, int gesture)
        : m_model(model), m_before(std::move(before)), m_after(std::move(after)), m_gesture(gesture) {
        setText(tr("tick matrices"));
    }
    void undo() override { apply(m_before); }
    void redo() override { apply(m_after); }
    int id() const override { return m_gesture; }  // -1: never merged
    bool mergeWith(const QUndoCommand* next) override {
        m_after = static_cast<const Change*>(next)->m_after;
        return true;
    }
    const Ticks& before() const { return m_before; }

  private:
    void apply(const Ticks& ticks) {
        m_model.setTicks(ticks);
        Q_EMIT m_model.targetsChanged();
    }

    MatrixModel& m_model;
    Ticks m_before;
    Ticks m_after;
    int m_gesture;
};

MatrixModel::MatrixModel(QObject* parent) : QAbstractTableModel(parent) {}

void MatrixModel::setModel(const engine::ModelInfo& model) {
    beginResetModel();
    m_layers = static_cast<int>(model.layers);
    m_kinds = model.kinds;
    m_matrices = model.matrices;
    m_place.assign(static_cast<std::size_t>(m_layers) * m_kinds.size(), -1);
    m_ticks.assign(m_place.size(), false);
    m_largest = 1;
    for (std::size_t i = 0; i < m_matrices.size(); ++i) {
        const auto& matrix = m_matrices[i];
        const auto kind = std::find(m_kinds.begin(), m_kinds.end(), matrix.kind);
        if (kind == m_kinds.end() || matrix.layer < 0 || matrix.layer >= m_layers) continue;
        m_place[cell(matrix.layer, static_cast<int>(kind - m_kinds.begin()))] = static_cast<int>(i);
        m_largest = std::max<qint64>(m_largest, engine::lora_params(matrix, 1));
    }
    m_undo.clear();
    endResetModel();
}

void MatrixModel::setRank(qint64 rank) {
    m_rank = rank;
}

std::size_t MatrixModel::cell(int layer, int column) const {
    return static_cast<std::size_t>(layer) * m_kinds.size() + static_cast<std::size_t>(column);
}

const engine::MatrixInfo* MatrixModel::matrix(int layer, int column) const {
    const int place = m_place[cell(layer, column)];
    return place < 0 ? nullptr : &m_matrices[static_cast<std::size_t>(place)];
}

void MatrixModel::setTargets(const engine::TargetMap& targets) {
    Ticks ticks(m_ticks.size(), false);
    for (int column = 0; column < columnCount(); ++column) {
        const auto found = targets.find(m_kinds[static_cast<std::size_t>(column)]);
        if (found == targets.end()) continue;
        for (int layer = 0; layer < m_layers; ++layer) {
            const auto& layers = found->second;
            const bool named =
                layers.empty() || std::find(layers.begin(), layers.end(), layer) != layers.end();
            if (named && matrix(layer, column)) ticks[cell(layer, column)] = true;
        }
    }
    if (ticks == m_ticks) return;
    m_undo.clear();
    setTicks(ticks);
}

engine::TargetMap MatrixModel::targets() const {
    engine::TargetMap targets;
    for (int column = 0; column < columnCount(); ++column) {
        std::vector<int> layers;
        bool everyLayer = true;
        for (int layer = 0; layer < m_layers; ++layer) {
            if (m_ticks[cell(layer, column)])
                layers.push_back(layer);
            else if (matrix(layer, column))
                everyLayer = false;
        }
        if (layers.empty()) continue;
        if (everyLayer) layers.clear();
        targets[m_kinds[static_cast<std::size_t>(column)]] = std::move(layers);
    }
    return targets;
}

void MatrixModel::ticksOfRange(Ticks& ticks, int row1, int column1, int row2, int column2, bool on) const {
    if (row1 > row2) std::swap(row1, row2);
    if (column1 > column2) std::swap(column1, column2);
    const int first = row1 == 0 ? 0 : row1 - 1;
    const int last = row1 == 0 ? m_layers - 1 : row2 - 1;  // row 0 stands for all layers
    for (int layer = first; layer <= last; ++layer)
        for (int column = column1; column <= column2; ++column)
            if (matrix(layer, column)) ticks[cell(layer, column)] = on;
}

void MatrixModel::setRange(int row1, int column1, int row2, int column2, bool on) {
    dragRange(-1, row1, column1, row2, column2, on);
}

void MatrixModel::dragRange(int gesture, int row1, int column1, int row2, int column2, bool on) {
    const Change* last = nullptr;
    if (gesture >= 0 && m_undo.index() > 0 && m_undo.index() == m_undo.count()) {
        const QUndoCommand* command = m_undo.command(m_undo.index() - 1);
        if (command->id() == gesture) last = static_cast<const Change*>(command);
    }
    Ticks before = last ? last->before() : m_ticks;
    Ticks after = before;
    ticksOfRange(after, row1, column1, row2, column2, on);
    if (after == m_ticks) return;
    m_undo.push(new Change(*this, std::move(before), std::move(after), gesture));
}

void MatrixModel::setTicks(const Ticks& ticks) {
    m_ticks = ticks;
    if (m_layers > 0 && !m_kinds.empty())
        Q_EMIT dataChanged(index(0, 0), index(m_layers, columnCount() - 1), {Qt::CheckStateRole});
}

Qt::CheckState MatrixModel::stateOf(int row1, int column1, int row2, int column2) const {
    Ticks inside(m_ticks.size(), false);
    ticksOfRange(inside, row1, column1, row2, column2, true);
    bool any = false;
    bool all = true;
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (!inside[i]) continue;
        any = any || m_ticks[i];
        all = all && m_ticks[i];
    }
    return !any ? Qt::Unchecked : all ? Qt::Checked : Qt::PartiallyChecked;
}

int MatrixModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || m_kinds.empty() ? 0 : m_layers + 1;
}

int MatrixModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_kinds.size());
}

QString MatrixModel::describe(const QModelIndex& index) const {
    if (index.row() == 0) {
        qint64 params = 0;
        for (int layer = 0; layer < m_layers; ++layer)
            if (const auto* m = matrix(layer, index.column())) params += engine::lora_params(*m, m_rank);
        return tr("%1 in every layer: %2 parameters at rank %3")
            .arg(headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString(), units::count(params),
                 units::count(m_rank));
    }
    const auto* m = matrix(index.row() - 1, index.column());
    if (!m) return tr("Layer %1 has no such matrix").arg(index.row() - 1);
    const QString name = QString::fromStdString(m->name);
    return tr("%1\n%2 × %3 (out × in)\n%4 parameters at rank %5")
        .arg(m->fused ? tr("%1, a slice of a fused matrix").arg(name) : name, units::count(m->out_features),
             units::count(m->in_features), units::count(engine::lora_params(*m, m_rank)),
             units::count(m_rank));
}

QVariant MatrixModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const int row = index.row();
    const int column = index.column();
    const bool present = row == 0 || matrix(row - 1, column);
    switch (role) {
        case Qt::CheckStateRole:
            return present ? QVariant(stateOf(row, column, row, column)) : QVariant();
        case Qt::ToolTipRole:
            return describe(index);
        case Qt::AccessibleTextRole:
            return row == 0
                       ? tr("all layers, %1").arg(QString::fromStdString(m_kinds[size_t(column)]))
                       : tr("layer %1, %2").arg(row - 1).arg(QString::fromStdString(m_kinds[size_t(column)]));
        case Qt::AccessibleDescriptionRole:
            return describe(index);
        case PresentRole:
            return present;
        case ShadeRole:
            if (const auto* m = row > 0 ? matrix(row - 1, column) : nullptr)
                return static_cast<double>(engine::lora_params(*m, 1)) / static_cast<double>(m_largest);
            return 1.0;
        default:
            return {};
    }
}

bool MatrixModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || !index.isValid()) return false;
    setRange(index.row(), index.column(), index.row(), index.column(), value.toInt() == Qt::Checked);
    return true;
}

Qt::ItemFlags MatrixModel::flags(const QModelIndex& index) const {
    if (!index.isValid() || !data(index, PresentRole).toBool()) return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable;
}

QVariant MatrixModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Horizontal) {
        if (section >= columnCount()) return {};
        const std::string& kind = m_kinds[static_cast<std::size_t>(section)];
        if (role == Qt::DisplayRole) return QString::fromStdString(kind);
        if (role == Qt::ToolTipRole)
            return tr("Tick or clear %1 in every layer").arg(QString::fromStdString(kind));
        return {};
    }
    if (role == Qt::DisplayRole) return section == 0 ? tr("all") : QString::number(section - 1);
    if (role == Qt::ToolTipRole)
        return section == 0 ? tr("Tick or clear every matrix")
                            : tr("Tick or clear layer %1").arg(section - 1);
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

}  // namespace ui
