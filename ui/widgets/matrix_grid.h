// Rows are layers, columns are the matrices of this model; a cell is ticked by click, drag, Shift + click,
// keys, header or the fixed "all" row. Keys: arrows, Space (the selected range), Ctrl+A, Ctrl+Z,
// Ctrl+Shift+Z. Two tables on one model: the upper one shows the "all" row and stays, the lower one scrolls.
#pragma once

#include "ui/models/matrix_model.h"

#include <QTableView>

namespace ui {

class Theme;

class MatrixView : public QTableView {
    Q_OBJECT

  public:
    MatrixView(const Theme& theme, MatrixModel& model, bool allRow, QWidget* parent);

  Q_SIGNALS:
    void leftUpwards(int column);    // an arrow key beyond the first row
    void leftDownwards(int column);  // and beyond the last

  public:
    QSize sizeHint() const override;

  protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override { mousePressEvent(event); }
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void toggleSelection();

    MatrixModel& m_model;
    const Theme& m_theme;
    bool m_allRow;
    QPersistentModelIndex m_anchor;  // where the drag, or the next Shift + click, begins
    bool m_dragging = false;
    bool m_dragTicks = false;
    int m_gesture = 0;
};

class MatrixGrid : public QWidget {
    Q_OBJECT

  public:
    MatrixGrid(const Theme& theme, QWidget* parent = nullptr);

    MatrixModel& model() { return m_model; }

  protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void layOut();

    MatrixModel m_model;
    MatrixView* m_all;
    MatrixView* m_layers;
};

}  // namespace ui
