#include "ui/widgets/charts/series_style.h"

#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>
#include <array>

namespace ui {
namespace {

constexpr int kColors = 8;
constexpr std::array kMarkers{Marker::Circle,       Marker::Square, Marker::Triangle, Marker::Diamond,
                              Marker::TriangleDown, Marker::Cross,  Marker::Plus};
constexpr std::array kLines{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};

}  // namespace

SeriesStyle seriesStyle(int index) {
    const int n = std::max(index, 0);
    return {n % kColors, kLines[static_cast<std::size_t>(n / kColors) % kLines.size()],
            kMarkers[static_cast<std::size_t>(n) % kMarkers.size()]};
}

void drawMarker(QPainter& painter, QPointF c, qreal size, Marker marker, const QColor& color) {
    const qreal h = size / 2;
    const qreal x = c.x(), y = c.y();
    painter.save();
    painter.setPen(QPen(color, 1.5));
    painter.setBrush(color);
    switch (marker) {
        case Marker::None:
            break;
        case Marker::Circle:
            painter.drawEllipse(c, h, h);
            break;
        case Marker::Square:
            painter.drawRect(QRectF(x - h * .85, y - h * .85, size * .85, size * .85));
            break;
        case Marker::Triangle:
            painter.drawPolygon(QPolygonF({{x - h, y + h * .8}, {x + h, y + h * .8}, {x, y - h}}));
            break;
        case Marker::TriangleDown:
            painter.drawPolygon(QPolygonF({{x - h, y - h * .8}, {x + h, y - h * .8}, {x, y + h}}));
            break;
        case Marker::Diamond:
            painter.drawPolygon(QPolygonF({{x - h, y}, {x, y - h}, {x + h, y}, {x, y + h}}));
            break;
        case Marker::Cross:
            painter.drawLine(QPointF(x - h, y - h), QPointF(x + h, y + h));
            painter.drawLine(QPointF(x - h, y + h), QPointF(x + h, y - h));
            break;
        case Marker::Plus:
            painter.drawLine(QPointF(x - h, y), QPointF(x + h, y));
            painter.drawLine(QPointF(x, y - h), QPointF(x, y + h));
            break;
    }
    painter.restore();
}

void drawSeriesSample(QPainter& painter, const QRectF& area, const SeriesStyle& style, const QColor& color) {
    if (style.line != Qt::NoPen) {
        painter.setPen(QPen(color, 2, style.line, Qt::FlatCap));
        painter.drawLine(QPointF(area.left() + 1, area.center().y()),
                         QPointF(area.right() - 1, area.center().y()));
    }
    drawMarker(painter, area.center(), std::min(8.0, area.height() - 4), style.marker, color);
}

QPixmap seriesPixmap(const SeriesStyle& style, const Theme& theme, qreal devicePixelRatio, QSize size) {
    QPixmap pixmap(size * devicePixelRatio);
    pixmap.setDevicePixelRatio(devicePixelRatio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    drawSeriesSample(painter, QRectF(QPointF(), QSizeF(size)), style, theme.seriesColor(style.color));
    return pixmap;
}

QPixmap faded(const QPixmap& pixmap) {
    QPixmap faint(pixmap.size());
    faint.setDevicePixelRatio(pixmap.devicePixelRatio());
    faint.fill(Qt::transparent);
    QPainter painter(&faint);
    painter.setOpacity(0.35);
    painter.drawPixmap(0, 0, pixmap);
    return faint;
}

}  // namespace ui
