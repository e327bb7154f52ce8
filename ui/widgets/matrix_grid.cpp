#include "ui/widgets/matrix_grid.h"

#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QHeaderView>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {

namespace {

constexpr int gridRow = 24;
constexpr int comfortableRows = 12;
constexpr int minimumColumn = 34;
constexpr int maximumColumn = 72;

// A rounded square: filled and shaded by parameters when ticked, an outline when not.
class CellDelegate : public QStyledItemDelegate {
  public:
    CellDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), m_theme(theme) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        if (!index.data(MatrixModel::PresentRole).toBool()) return;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, ground(0.14));

        const bool allRow = index.row() == 0;
        const int side = std::min({option.rect.width() - 6, gridRow - 6, allRow ? 16 : 1000});
        QRectF box(0, 0, allRow ? side : std::min(option.rect.width() - 8, 44), allRow ? side : gridRow - 7);
        box.moveCenter(QRectF(option.rect).center());
        const auto state = index.data(Qt::CheckStateRole).value<Qt::CheckState>();
        const double shade = 0.45 + 0.55 * index.data(MatrixModel::ShadeRole).toDouble();
        const bool ticked = state == Qt::Checked || (allRow && state == Qt::PartiallyChecked);
        painter->setPen(
            QPen(ticked ? m_theme.accent() : Theme::mix(m_theme.surface(), m_theme.secondaryText(), 0.6),
                 option.state & QStyle::State_MouseOver ? 1.8 : 1.0));
        painter->setBrush(ticked ? ground(allRow ? 1.0 : shade) : QBrush(Qt::NoBrush));
        painter->drawRoundedRect(box, 4, 4);
        if (allRow && ticked) mark(*painter, box, state);
        if (option.state & QStyle::State_HasFocus) {
            painter->setBrush(Qt::NoBrush);
            painter->setPen(QPen(m_theme.text(), 1.4));
            painter->drawRoundedRect(box.adjusted(-2.2, -2.2, 2.2, 2.2), 5, 5);
        }
        painter->restore();
    }

  private:
    QColor ground(double strength) const { return Theme::mix(m_theme.surface(), m_theme.accent(), strength); }

    void mark(QPainter& painter, const QRectF& box, Qt::CheckState state) const {
        painter.setPen(QPen(m_theme.surface(), 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        const QPointF c = box.center();
        if (state == Qt::PartiallyChecked)
            painter.drawLine(c - QPointF(3.5, 0), c + QPointF(3.5, 0));
        else
            painter.drawPolyline(
                QPolygonF{c + QPointF(-3.8, 0.2), c + QPointF(-1.2, 2.9), c + QPointF(3.8, -2.9)});
    }

    const Theme& m_theme;
};

// Bold section titles in the text colour, no button look: they are quiet until the mouse comes.
void prepareHeader(QHeaderView* header, const Theme& theme) {
    header->setSectionResizeMode(QHeaderView::Fixed);
    header->setHighlightSections(false);
    header->setSectionsClickable(true);
    header->setMinimumSectionSize(10);
    const auto restyle = [header, &theme] {
        header->setStyleSheet(
            QStringLiteral("QHeaderView { background: transparent; border: none; }"
                           "QHeaderView::section { background: transparent; border: none; color: %1; "
                           "padding: 0 6px 0 2px; }"
                           "QHeaderView::section:hover { color: %2; }")
                .arg(theme.secondaryText().name(), theme.accent().name()));
    };
    restyle();
    QObject::connect(&theme, &Theme::changed, header, restyle);
}

}  // namespace

MatrixView::MatrixView(const Theme& theme, MatrixModel& model, bool allRow, QWidget* parent)
    : QTableView(parent), m_model(model), m_theme(theme), m_allRow(allRow) {
    setModel(&model);
    setItemDelegate(new CellDelegate(theme, this));
    setSelectionMode(QAbstractItemView::ContiguousSelection);
    setShowGrid(false);
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    // On the button itself: a sheet on the view would freeze the palette of its scroll bar.
    if (auto* corner = findChild<QAbstractButton*>())
        corner->setStyleSheet(
            QStringLiteral("QTableCornerButton::section { background: transparent; border: none; }"));
    setTabKeyNavigation(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setVerticalScrollBarPolicy(allRow ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);
    viewport()->setAutoFillBackground(false);
    prepareHeader(horizontalHeader(), theme);
    prepareHeader(verticalHeader(), theme);
    verticalHeader()->setDefaultSectionSize(gridRow);
    horizontalHeader()->setVisible(allRow);
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
    connect(horizontalHeader(), &QHeaderView::sectionClicked, this, [this](int column) {
        m_model.setRange(0, column, 0, column, m_model.stateOf(0, column, 0, column) != Qt::Checked);
    });
    connect(verticalHeader(), &QHeaderView::sectionClicked, this, [this](int row) {
        const int last = m_model.columnCount() - 1;
        m_model.setRange(row, 0, row, last, m_model.stateOf(row, 0, row, last) != Qt::Checked);
    });
}

QSize MatrixView::sizeHint() const {
    // As high as its rows, so that a short model leaves no gap; a tall one scrolls, and takes what room there
    // is.
    return {minimumWidth(), (m_allRow ? 1 : std::min(m_model.layers(), comfortableRows)) * gridRow + 2};
}

void MatrixView::mousePressEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (event->button() != Qt::LeftButton || !index.isValid() || !(index.flags() & Qt::ItemIsEnabled)) return;
    setFocus(Qt::MouseFocusReason);
    m_dragging = true;
    ++m_gesture;
    if ((event->modifiers() & Qt::ShiftModifier) && m_anchor.isValid()) {
        m_dragTicks = m_model.stateOf(m_anchor.row(), m_anchor.column(), m_anchor.row(), m_anchor.column()) ==
                      Qt::Checked;
    } else {
        m_anchor = index;
        m_dragTicks =
            m_model.stateOf(index.row(), index.column(), index.row(), index.column()) != Qt::Checked;
    }
    selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect);
    m_model.dragRange(m_gesture, m_anchor.row(), m_anchor.column(), index.row(), index.column(), m_dragTicks);
}

void MatrixView::mouseMoveEvent(QMouseEvent* event) {
    if (!m_dragging || !(event->buttons() & Qt::LeftButton)) {
        QTableView::mouseMoveEvent(event);
        return;
    }
    const QPoint inside(std::clamp(event->pos().x(), 0, viewport()->width() - 1),
                        std::clamp(event->pos().y(), 0, viewport()->height() - 1));
    const QModelIndex index = indexAt(inside);
    if (!index.isValid()) return;
    scrollTo(index);
    m_model.dragRange(m_gesture, m_anchor.row(), m_anchor.column(), index.row(), index.column(), m_dragTicks);
}

void MatrixView::mouseReleaseEvent(QMouseEvent*) {
    m_dragging = false;
}

void MatrixView::toggleSelection() {
    const QItemSelection selection = selectionModel()->selection();
    QModelIndex first = currentIndex();
    QModelIndex last = first;
    if (!selection.isEmpty()) {
        first = selection.constFirst().topLeft();
        last = selection.constFirst().bottomRight();
    }
    if (!first.isValid()) return;
    const bool on = m_model.stateOf(first.row(), first.column(), last.row(), last.column()) != Qt::Checked;
    m_model.setRange(first.row(), first.column(), last.row(), last.column(), on);
    m_anchor = currentIndex();
}

void MatrixView::keyPressEvent(QKeyEvent* event) {
    const int first = m_allRow ? 0 : 1;
    const int last = m_allRow ? 0 : m_model.rowCount() - 1;
    const QModelIndex current = currentIndex();
    if (event->matches(QKeySequence::Undo)) {
        m_model.undoStack().undo();
    } else if (event->matches(QKeySequence::Redo)) {
        m_model.undoStack().redo();
    } else if (event->key() == Qt::Key_Space) {
        toggleSelection();
    } else if (event->key() == Qt::Key_Up && current.row() <= first && event->modifiers() == Qt::NoModifier) {
        Q_EMIT leftUpwards(current.column());
    } else if (event->key() == Qt::Key_Down && current.row() >= last &&
               event->modifiers() == Qt::NoModifier) {
        Q_EMIT leftDownwards(current.column());
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)) {
        event->ignore();  // Ctrl+Return starts the run
    } else {
        QTableView::keyPressEvent(event);
        return;
    }
    viewport()->update();
}

MatrixGrid::MatrixGrid(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      m_all(new MatrixView(theme, m_model, true, this)),
      m_layers(new MatrixView(theme, m_model, false, this)) {
    setObjectName(QStringLiteral("matrixGrid"));
    m_all->setObjectName(QStringLiteral("matrixAllRow"));
    m_layers->setObjectName(QStringLiteral("matrixLayers"));
    m_all->setAccessibleName(tr("Matrices in all layers"));
    m_layers->setAccessibleName(tr("Matrices by layer"));

    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(2);
    box->addWidget(m_all);
    box->addWidget(m_layers, 1);

    connect(m_all, &MatrixView::leftDownwards, this, [this](int column) {
        m_layers->setFocus();
        m_layers->setCurrentIndex(m_model.index(1, column));
    });
    connect(m_layers, &MatrixView::leftUpwards, this, [this](int column) {
        m_all->setFocus();
        m_all->setCurrentIndex(m_model.index(0, column));
    });
    connect(&m_model, &QAbstractItemModel::modelReset, this, &MatrixGrid::layOut);
    m_layers->viewport()->installEventFilter(this);
}

bool MatrixGrid::eventFilter(QObject* watched, QEvent* event) {
    // The scroll bar of the lower table has come or gone.
    if (watched == m_layers->viewport() && event->type() == QEvent::Resize) layOut();
    return QWidget::eventFilter(watched, event);
}

void MatrixGrid::resizeEvent(QResizeEvent*) {
    layOut();
}

void MatrixGrid::layOut() {
    const int columns = m_model.columnCount();
    for (int row = 0; row < m_model.rowCount(); ++row) {
        m_all->setRowHidden(row, row != 0);
        m_layers->setRowHidden(row, row == 0);
    }
    if (columns == 0) return;
    const int label = fontMetrics().horizontalAdvance(QStringLiteral("0000")) + 8;
    const int width = std::clamp((m_layers->viewport()->width()) / columns, minimumColumn, maximumColumn);
    for (MatrixView* view : {m_all, m_layers}) {
        view->verticalHeader()->setFixedWidth(label);
        for (int column = 0; column < columns; ++column) view->setColumnWidth(column, width);
    }
    m_all->setFixedHeight(m_all->horizontalHeader()->sizeHint().height() + gridRow + 2);
    m_layers->setMinimumHeight(std::min(m_model.layers(), 6) * gridRow + 2);
    m_layers->setMaximumHeight(m_model.layers() * gridRow + 2);
    setMinimumWidth(label + columns * minimumColumn);
    setMaximumHeight(m_all->height() + 2 + m_layers->maximumHeight());
    m_layers->updateGeometry();
}

}  // namespace ui
