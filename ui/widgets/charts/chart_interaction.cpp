// Chart: cursor, mouse, wheel, keys and context menu.
#include "ui/theme/theme.h"
#include "ui/widgets/charts/chart.h"
#include "ui/widgets/charts/nice_ticker.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QTextDocument>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {
constexpr double kWheelStep = 0.8;  // of the visible range, per notch
constexpr int kSmallestDrag = 6;    // pixels; less is a click
}  // namespace

void Chart::setCursor(double x) {
    if (isEmpty()) return;
    const QString html = readoutAt(x);
    if (html.isEmpty()) return clearCursor();
    m_cursorLine->point1->setCoords(x, 0);
    m_cursorLine->point1->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_cursorLine->point2->setCoords(x, 1);
    m_cursorLine->point2->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_cursorLine->setVisible(hasCursorLine() && m_plot->xAxis->range().contains(x));
    showReadout(html, QPointF(m_plot->xAxis->coordToPixel(x), m_plot->axisRect()->top() + 4));
    m_plot->layer(QStringLiteral("overlay"))->replot();
}

void Chart::clearCursor() {
    if (!m_readout->isVisibleTo(m_plot) && !m_cursorLine->visible()) return;
    m_readout->hide();
    m_readout->clear();
    m_cursorLine->setVisible(false);
    m_plot->layer(QStringLiteral("overlay"))->replot();
}

QString Chart::readout() const {
    if (!m_readout->isVisibleTo(m_plot)) return {};
    QTextDocument plain;
    plain.setHtml(m_readout->text());
    return plain.toPlainText();
}

void Chart::showReadout(const QString& html, QPointF at) {
    m_readout->setText(html);
    m_readout->adjustSize();
    const QRect area = m_plot->axisRect()->rect();
    const int gap = 10;
    int x = static_cast<int>(at.x()) + gap;
    if (x + m_readout->width() > area.right()) x = static_cast<int>(at.x()) - gap - m_readout->width();
    x = std::clamp(x, area.left(), std::max(area.left(), area.right() - m_readout->width()));
    const int y = std::clamp(static_cast<int>(at.y()), area.top(),
                             std::max(area.top(), area.bottom() - m_readout->height()));
    m_readout->move(x, y);
    m_readout->show();
}

void Chart::moveCursor(QPoint position) {
    if (!m_plot->axisRect()->rect().contains(position)) {
        clearCursor();
        Q_EMIT cursorLeft();
        return;
    }
    if (const QString html = readoutNear(position); !html.isEmpty()) {
        showReadout(html, position);
        return;
    }
    const double x = m_plot->xAxis->pixelToCoord(position.x());
    setCursor(x);
    Q_EMIT cursorMoved(x);
}

bool Chart::eventFilter(QObject* watched, QEvent* event) {
    if (watched != m_plot || isEmpty()) return QWidget::eventFilter(watched, event);
    switch (event->type()) {
        case QEvent::MouseButtonPress: {
            const auto* mouse = static_cast<QMouseEvent*>(event);
            setFocus(Qt::MouseFocusReason);
            if (mouse->button() == Qt::RightButton) return true;  // the menu comes as its own event
            m_panning = mouse->button() == Qt::MiddleButton || mouse->modifiers() & Qt::ShiftModifier;
            m_panFrom = mouse->pos();
            if (m_panning) return true;
            break;
        }
        case QEvent::MouseMove: {
            const auto* mouse = static_cast<QMouseEvent*>(event);
            if (m_panning) {
                panBy(mouse->pos() - m_panFrom);
                m_panFrom = mouse->pos();
                return true;
            }
            moveCursor(mouse->pos());
            break;
        }
        case QEvent::MouseButtonRelease:
            if (m_panning) {
                m_panning = false;
                return true;
            }
            break;
        case QEvent::MouseButtonDblClick:
            userFit();
            return true;
        case QEvent::Leave:
            clearCursor();
            Q_EMIT cursorLeft();
            break;
        case QEvent::Wheel: {
            auto* wheel = static_cast<QWheelEvent*>(event);
            const double notches = wheel->angleDelta().y() / 120.0;
            zoomBy(std::pow(kWheelStep, notches), wheel->position(),
                   wheel->modifiers() & Qt::ControlModifier);
            wheel->accept();
            return true;
        }
        default:
            break;
    }
    return QWidget::eventFilter(watched, event);
}

void Chart::zoomTo(const QRect& area) {
    const QRect inside = area.intersected(m_plot->axisRect()->rect());
    if (inside.width() < kSmallestDrag) return;
    m_plot->xAxis->setRange(m_plot->xAxis->pixelToCoord(inside.left()),
                            m_plot->xAxis->pixelToCoord(inside.right()));
    // A flat band chooses a stretch of x and leaves the height to the data.
    if (inside.height() >= 3 * kSmallestDrag) {
        for (QCPAxis* axis : {m_plot->yAxis, m_plot->yAxis2})
            axis->setRange(axis->pixelToCoord(inside.bottom()), axis->pixelToCoord(inside.top()));
        m_autoY = false;
    }
    userChangedX();
}

void Chart::zoomBy(double factor, QPointF at, bool vertical) {
    if (vertical) {
        for (QCPAxis* axis : {m_plot->yAxis, m_plot->yAxis2})
            axis->scaleRange(factor, axis->pixelToCoord(at.y()));
        m_autoY = false;
        dataChanged();
        return;
    }
    m_plot->xAxis->scaleRange(factor, m_plot->xAxis->pixelToCoord(at.x()));
    userChangedX();
}

void Chart::panBy(QPoint pixels) {
    const auto shift = [](QCPAxis* axis, int by) {
        const double lower = axis->pixelToCoord(axis->coordToPixel(axis->range().lower) - by);
        const double upper = axis->pixelToCoord(axis->coordToPixel(axis->range().upper) - by);
        axis->setRange(lower, upper);
    };
    if (pixels.y() != 0 && !m_autoY) {
        shift(m_plot->yAxis, pixels.y());
        shift(m_plot->yAxis2, pixels.y());
    }
    shift(m_plot->xAxis, pixels.x());
    userChangedX();
}

void Chart::panByFraction(double fraction) {
    panBy(QPoint(static_cast<int>(-fraction * plotWidth()), 0));
}

void Chart::userChangedX() {
    m_autoX = false;
    dataChanged();
    const QCPRange range = m_plot->xAxis->range();
    Q_EMIT xRangeChosen(range.lower, range.upper);
}

void Chart::userFit() {
    fit();
    Q_EMIT fitRequested();
}

void Chart::keyPressEvent(QKeyEvent* event) {
    const QPointF middle = m_plot->axisRect()->rect().center();
    if (event->matches(QKeySequence::Copy)) return copyPicture();
    switch (event->key()) {
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            return zoomBy(kWheelStep, middle, false);
        case Qt::Key_Minus:
            return zoomBy(1 / kWheelStep, middle, false);
        case Qt::Key_Left:
            return panByFraction(-0.1);
        case Qt::Key_Right:
            return panByFraction(0.1);
        case Qt::Key_Home:
        case Qt::Key_0:
            return userFit();
        case Qt::Key_L:
            if (m_logWanted) return setLogY(!m_logY);
            break;
        default:
            break;
    }
    QWidget::keyPressEvent(event);
}

void Chart::contextMenuEvent(QContextMenuEvent* event) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("chartMenu"));
    const bool some = !isEmpty();
    menu->addAction(tr("&Fit all"), this, &Chart::userFit)->setEnabled(some);
    if (m_logWanted) {
        QAction* log = menu->addAction(tr("&Logarithmic scale"), this, &Chart::setLogY);
        log->setCheckable(true);
        log->setChecked(m_logY);
    }
    extendMenu(*menu);
    menu->addSeparator();
    menu->addAction(tr("&Copy picture"), this, &Chart::copyPicture)->setEnabled(some);
    menu->addAction(tr("Copy &numbers"), this, &Chart::copyData)->setEnabled(some);
    menu->addSeparator();
    for (const char* suffix : {"png", "svg", "csv"}) {
        const QString name = QString::fromLatin1(suffix);
        menu->addAction(tr("Save as %1…").arg(name.toUpper()), this,
                        [this, name] { saveInteractively(name); })
            ->setEnabled(some);
    }
    menu->popup(event->globalPos());
}

}  // namespace ui
