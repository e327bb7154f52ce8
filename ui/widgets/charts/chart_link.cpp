#include "ui/widgets/charts/chart_link.h"

#include "ui/widgets/charts/chart.h"

namespace ui {

template <class Action>
void ChartLink::others(const Chart* source, Action action) {
    for (Chart* chart : std::as_const(m_charts))
        if (chart != source) action(*chart);
}

void ChartLink::add(Chart* chart) {
    m_charts.append(chart);
    connect(chart, &QObject::destroyed, this, [this, chart] { m_charts.removeAll(chart); });
    connect(chart, &Chart::cursorMoved, this,
            [this, chart](double x) { others(chart, [x](Chart& other) { other.setCursor(x); }); });
    connect(chart, &Chart::cursorLeft, this,
            [this, chart] { others(chart, [](Chart& other) { other.clearCursor(); }); });
    connect(chart, &Chart::xRangeChosen, this, [this, chart](double lower, double upper) {
        others(chart, [=](Chart& other) { other.setXRange(lower, upper); });
    });
    connect(chart, &Chart::fitRequested, this,
            [this, chart] { others(chart, [](Chart& other) { other.fit(); }); });
}

}  // namespace ui
