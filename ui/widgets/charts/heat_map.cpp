#include "ui/widgets/charts/heat_map.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <array>
#include <cmath>

namespace ui {

QColor heatColor(double t) {
    // Five supports, dark violet over teal to yellow; in between straight lines in RGB.
    constexpr std::array<std::array<int, 3>, 5> kSupports{
        {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}}};
    const double place = std::clamp(t, 0.0, 1.0) * (kSupports.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(place), kSupports.size() - 2);
    const double part = place - static_cast<double>(below);
    const auto mix = [&](std::size_t c) {
        return static_cast<int>(
            std::lround(kSupports[below][c] * (1 - part) + kSupports[below + 1][c] * part));
    };
    return {mix(0), mix(1), mix(2)};
}

HeatMap::HeatMap(const Theme& theme, QWidget* parent) : QAbstractScrollArea(parent), m_theme(theme) {
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void HeatMap::setTitles(const QString& rowTitle, const QString& valueTitle) {
    m_rowTitle = rowTitle;
    m_valueTitle = valueTitle;
    viewport()->update();
}

void HeatMap::setEmptyText(const QString& text) {
    m_emptyText = text;
}

void HeatMap::setData(const QStringList& rows, const QStringList& columns, QVector<double> values) {
    Q_ASSERT(values.size() == rows.size() * columns.size());
    m_rows = rows;
    m_columns = columns;
    m_values = std::move(values);
    m_low = 0;  // a norm starts at zero
    m_high = 0;
    for (const double v : std::as_const(m_values))
        if (std::isfinite(v)) m_high = std::max(m_high, v);
    if (m_high <= 0) m_high = 1;
    updateScrollBar();
    viewport()->update();
}

void HeatMap::clear() {
    setData({}, {}, {});
}

double HeatMap::value(int row, int column) const {
    return m_values.value(row * m_columns.size() + column);
}

int HeatMap::topMargin() const {
    return fontMetrics().height() + 8;
}

int HeatMap::leftMargin() const {
    int width = fontMetrics().horizontalAdvance(m_rowTitle);
    for (const QString& row : m_rows) width = std::max(width, fontMetrics().horizontalAdvance(row));
    return width + 16;
}

int HeatMap::legendWidth() const {
    return fontMetrics().horizontalAdvance(units::number(m_high, 3)) + 48;
}

int HeatMap::rowHeight() const {
    const int room = viewport()->height() - topMargin() - 4;
    const int smallest = fontMetrics().height() + 4;
    return m_rows.isEmpty() ? smallest : std::clamp(room / static_cast<int>(m_rows.size()), smallest, 32);
}

int HeatMap::columnWidth() const {
    const int room = viewport()->width() - leftMargin() - legendWidth();
    return m_columns.isEmpty() ? 40 : std::clamp(room / static_cast<int>(m_columns.size()), 24, 120);
}

QRect HeatMap::cell(int row, int column) const {
    return {leftMargin() + column * columnWidth(),
            topMargin() + row * rowHeight() - verticalScrollBar()->value(), columnWidth() - 1,
            rowHeight() - 1};
}

void HeatMap::updateScrollBar() {
    const int needed = static_cast<int>(m_rows.size()) * rowHeight();
    const int room = viewport()->height() - topMargin();
    verticalScrollBar()->setRange(0, std::max(0, needed - room));
    verticalScrollBar()->setPageStep(room);
    verticalScrollBar()->setSingleStep(rowHeight());
}

void HeatMap::resizeEvent(QResizeEvent*) {
    updateScrollBar();
}

void HeatMap::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), m_theme.surface());
    if (isEmpty()) {
        painter.setPen(m_theme.secondaryText());
        painter.drawText(viewport()->rect().adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    painter.setClipRect(0, topMargin(), viewport()->width(), viewport()->height());
    for (int row = 0; row < m_rows.size(); ++row) {
        const QRect first = cell(row, 0);
        if (first.bottom() < topMargin() || first.top() > viewport()->height()) continue;
        painter.setPen(m_theme.secondaryText());
        painter.drawText(QRect(0, first.top(), leftMargin() - 8, first.height()),
                         Qt::AlignRight | Qt::AlignVCenter, m_rows[row]);
        for (int column = 0; column < m_columns.size(); ++column) {
            const double v = value(row, column);
            const QRect area = cell(row, column);
            if (!std::isfinite(v)) {
                painter.fillRect(area, m_theme.window());
                continue;
            }
            const double t = (v - m_low) / (m_high - m_low);
            painter.fillRect(area, heatColor(t));
            const QString text = units::number(v, 3);
            if (fontMetrics().horizontalAdvance(text) + 8 > area.width()) continue;
            painter.setPen(t > 0.6 ? QColor(Qt::black) : QColor(Qt::white));
            painter.drawText(area, Qt::AlignCenter, text);
        }
    }
    painter.setClipping(false);
    painter.setPen(m_theme.secondaryText());
    const QRect head(0, 2, leftMargin() - 8, fontMetrics().height());
    painter.drawText(head, Qt::AlignRight | Qt::AlignVCenter, m_rowTitle);
    for (int column = 0; column < m_columns.size(); ++column)
        painter.drawText(QRect(cell(0, column).left(), 2, columnWidth(), head.height()), Qt::AlignCenter,
                         m_columns[column]);
    paintScale(painter);
}

void HeatMap::paintScale(QPainter& painter) const {
    const int left = leftMargin() + static_cast<int>(m_columns.size()) * columnWidth() + 16;
    const int height = std::min<int>(viewport()->height() - topMargin() - 8, 160);
    const QRect bar(left, topMargin(), 12, std::max(height, 20));
    QLinearGradient gradient(bar.bottomLeft(), bar.topLeft());
    for (int i = 0; i <= 8; ++i) gradient.setColorAt(i / 8.0, heatColor(i / 8.0));
    painter.fillRect(bar, gradient);
    painter.setPen(m_theme.secondaryText());
    const int x = bar.right() + 6, line = fontMetrics().height();
    painter.drawText(QPoint(left, 2 + fontMetrics().ascent()), m_valueTitle);
    painter.drawText(QPoint(x, bar.top() + line - 4), units::number(m_high, 3));
    painter.drawText(QPoint(x, bar.bottom()), units::number(m_low, 3));
}

bool HeatMap::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        for (int row = 0; row < m_rows.size(); ++row)
            for (int column = 0; column < m_columns.size(); ++column)
                if (cell(row, column).contains(help->pos())) {
                    const double v = value(row, column);
                    QToolTip::showText(help->globalPos(),
                                       tr("%1 %2, %3: %4")
                                           .arg(m_rowTitle, m_rows[row], m_columns[column],
                                                std::isfinite(v) ? units::number(v, 5) : tr("not adapted")),
                                       viewport());
                    return true;
                }
        QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void HeatMap::contextMenuEvent(QContextMenuEvent* event) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Copy &numbers"), this, [this] { QGuiApplication::clipboard()->setText(csv()); })
        ->setEnabled(!isEmpty());
    menu->addAction(tr("&Copy picture"), this,
                    [this] { QGuiApplication::clipboard()->setPixmap(viewport()->grab()); })
        ->setEnabled(!isEmpty());
    menu->popup(event->globalPos());
}

QString HeatMap::csv() const {
    QString out = m_rowTitle + QLatin1Char(',') + m_columns.join(QLatin1Char(',')) + QLatin1Char('\n');
    for (int row = 0; row < m_rows.size(); ++row) {
        out += m_rows[row];
        for (int column = 0; column < m_columns.size(); ++column) {
            const double v = value(row, column);
            out += QLatin1Char(',');
            if (std::isfinite(v)) out += QString::number(v, 'g', 9);
        }
        out += QLatin1Char('\n');
    }
    return out;
}

}  // namespace ui
