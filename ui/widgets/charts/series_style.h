// How one series looks: a colour that colour-blind people can tell apart, plus a line style and a marker, so
// that no distinction rests on colour alone. Values and pure functions, GUI thread.
#pragma once

#include <QPixmap>

class QPainter;

namespace ui {

class Theme;

enum class Marker { None, Circle, Square, Triangle, Diamond, TriangleDown, Cross, Plus };

struct SeriesStyle {
    int color = 0;  // Theme::seriesColor
    Qt::PenStyle line = Qt::SolidLine;
    Marker marker = Marker::None;
    bool operator==(const SeriesStyle&) const = default;
};

// The n-th distinct look. Colours run through a cycle of 8, markers through one of 7, line styles change with
// every round of colours: the first 7 differ in colour and marker, the first 32 in at least two of the three.
SeriesStyle seriesStyle(int index);

// size: of the whole mark.
void drawMarker(QPainter& painter, QPointF center, qreal size, Marker marker, const QColor& color);
// A short piece of the line with its marker: legends, chips and tables show it.
void drawSeriesSample(QPainter& painter, const QRectF& area, const SeriesStyle& style, const QColor& color);
QPixmap seriesPixmap(const SeriesStyle& style, const Theme& theme, qreal devicePixelRatio,
                     QSize size = {22, 12});

// The same, as it looks while its series is hidden.
QPixmap faded(const QPixmap& pixmap);

}  // namespace ui
