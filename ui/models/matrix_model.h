// Which matrices of a model are ticked: row 0 is "all", rows 1..layers are the layers, columns are the kinds
// that this model has. Every change is one step of an undo stack. GUI thread only; a change costs
// microseconds.
#pragma once

#include "engine/lora_config.h"
#include "engine/model_info.h"

#include <QAbstractTableModel>
#include <QItemSelection>
#include <QUndoStack>

#include <vector>

namespace ui {

class MatrixModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    // ShadeRole: 0..1, parameters of the cell relative to the largest one. PresentRole: false where a layer
    // lacks a kind.
    enum Role { ShadeRole = Qt::UserRole, PresentRole };

    explicit MatrixModel(QObject* parent = nullptr);

    void setModel(const engine::ModelInfo& model);  // clears ticks and undo
    void setRank(qint64 rank);                      // for the counts in tooltips
    int layers() const { return m_layers; }

    // Not an undo step; emits no targetsChanged.
    void setTargets(const engine::TargetMap& targets);
    engine::TargetMap targets() const;

    // Set every present cell of the rectangle (rows as in the table, so row 0 means whole columns); one undo
    // step.
    void setRange(int row1, int column1, int row2, int column2, bool on);
    // Like setRange, continuing the step of the last call with the same gesture number, from the state before
    // it.
    void dragRange(int gesture, int row1, int column1, int row2, int column2, bool on);
    Qt::CheckState stateOf(int row1, int column1, int row2, int column2) const;

    QUndoStack& undoStack() { return m_undo; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  Q_SIGNALS:
    void targetsChanged();  // by the person, undo and redo included

  private:
    using Ticks = std::vector<bool>;
    class Change;

    std::size_t cell(int layer, int column) const;
    const engine::MatrixInfo* matrix(int layer, int column) const;
    void ticksOfRange(Ticks& ticks, int row1, int column1, int row2, int column2, bool on) const;
    void setTicks(const Ticks& ticks);
    QString describe(const QModelIndex& index) const;

    int m_layers = 0;
    qint64 m_rank = 8;
    qint64 m_largest = 1;
    std::vector<std::string> m_kinds;
    std::vector<engine::MatrixInfo> m_matrices;
    std::vector<int> m_place;  // cell -> index in m_matrices, -1 where there is none
    Ticks m_ticks;
    QUndoStack m_undo;
};

}  // namespace ui
