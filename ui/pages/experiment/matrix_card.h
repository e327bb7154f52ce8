// The matrix grid with its undo and redo, kept equal to the experiment's targets.
#pragma once

#include "ui/widgets/card.h"

class QLabel;

namespace ui {

class ExperimentPresenter;
class MatrixGrid;

class MatrixCard : public Card {
    Q_OBJECT

  public:
    MatrixCard(const Theme& theme, ExperimentPresenter& presenter, QWidget* parent = nullptr);

  private:
    void buildUndo(const Theme& theme);
    void showModel();

    ExperimentPresenter& m_presenter;
    MatrixGrid* m_grid;
    QLabel* m_hint;
};

}  // namespace ui
