#include "ui/widgets/charts/line_chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/charts/nice_ticker.h"

#include <cmath>
#include <map>

namespace ui {
namespace {

constexpr int kMostMarkers = 40;  // more would hide their own line

QCPScatterStyle scatterOf(Marker marker, const QColor& color) {
    using S = QCPScatterStyle;
    static const std::map<Marker, S::ScatterShape> shapes{
        {Marker::None, S::ssNone},       {Marker::Circle, S::ssCircle},
        {Marker::Square, S::ssSquare},   {Marker::Triangle, S::ssTriangle},
        {Marker::Diamond, S::ssDiamond}, {Marker::TriangleDown, S::ssTriangleInverted},
        {Marker::Cross, S::ssCross},     {Marker::Plus, S::ssPlus}};
    return S(shapes.at(marker), QPen(color, 1.5), color, 6);
}

QVector<QCPGraphData> graphData(const std::vector<QPointF>& points, bool positiveOnly) {
    QVector<QCPGraphData> data;
    data.reserve(static_cast<qsizetype>(points.size()));
    for (const QPointF& p : points) data.append({p.x(), positiveOnly && !(p.y() > 0) ? std::nan("") : p.y()});
    return data;
}

}  // namespace

struct LineChart::Curve {
    Series look;
    bool shown = true;
    PointSeries raw, average;
    Smoother smoother;
    QCPGraph* graph = nullptr;      // the points, in front
    QCPGraph* softGraph = nullptr;  // the raw points behind their average

    void startAverage() {
        average.clear();
        if (!look.smoothing) return;
        smoother = Smoother(*look.smoothing);
        std::vector<QPointF> smooth;
        smooth.reserve(raw.size());
        for (const QPointF& p : raw.points()) smooth.emplace_back(p.x(), smoother.next(p.y()));
        average.assign(std::move(smooth));
    }
};

LineChart::LineChart(const Theme& theme, QWidget* parent) : Chart(theme, parent) {
    dataChanged();
}

LineChart::~LineChart() = default;

int LineChart::addSeries(const Series& series) {
    auto curve = std::make_unique<Curve>();
    curve->look = series;
    QCPAxis* valueAxis = series.rightAxis ? plot().yAxis2 : plot().yAxis;
    if (series.smoothing) curve->softGraph = plot().addGraph(plot().xAxis, valueAxis);
    curve->graph = plot().addGraph(plot().xAxis, valueAxis);
    style(*curve);
    m_curves.push_back(std::move(curve));
    legendChanged();
    dataChanged();
    return static_cast<int>(m_curves.size()) - 1;
}

void LineChart::removeAllSeries() {
    m_curves.clear();
    plot().clearGraphs();
    clearCursor();
    legendChanged();
    fit();
}

int LineChart::seriesCount() const {
    return static_cast<int>(m_curves.size());
}

void LineChart::setPoints(int id, std::vector<QPointF> points) {
    Curve& c = curve(id);
    c.raw.assign(std::move(points));
    c.startAverage();
    dataChanged();
}

void LineChart::append(int id, QPointF point) {
    Curve& c = curve(id);
    const bool goesBack = !c.raw.empty() && point.x() <= c.raw.back().x();
    c.raw.append(point);
    if (goesBack)
        c.startAverage();
    else if (c.look.smoothing)
        c.average.append({point.x(), c.smoother.next(point.y())});
    dataChanged();
}

void LineChart::clearPoints() {
    for (const auto& c : m_curves) {
        c->raw.clear();
        c->startAverage();
    }
    clearCursor();
    fit();
}

const PointSeries& LineChart::points(int id) const {
    return curve(id).raw;
}

void LineChart::setSmoothing(int id, double weight) {
    Curve& c = curve(id);
    c.look.smoothing = std::clamp(weight, 0.0, 0.999);
    c.startAverage();
    dataChanged();
}

void LineChart::setSeriesVisible(int id, bool visible) {
    curve(id).shown = visible;
    dataChanged();
}

bool LineChart::isSeriesVisible(int id) const {
    return curve(id).shown;
}

bool LineChart::isEmpty() const {
    for (const auto& c : m_curves)
        if (!c->raw.empty()) return false;
    return true;
}

void LineChart::style(Curve& c) {
    const QColor color = theme().seriesColor(c.look.style.color);
    c.graph->setPen(QPen(color, 1.8, c.look.style.line));
    c.graph->setAdaptiveSampling(false);  // prepare() has done it
    if (!c.softGraph) return;
    c.softGraph->setPen(QPen(Theme::mix(color, theme().surface(), 0.62), 1));
    c.softGraph->setAdaptiveSampling(false);
}

void LineChart::restyle() {
    for (const auto& c : m_curves) style(*c);
}

void LineChart::prepare() {
    const auto [from, to] = xRange();
    for (const auto& c : m_curves) {
        const bool positive = logY() && !c->look.rightAxis;
        const PointSeries& front = c->softGraph ? c->average : c->raw;
        const std::vector<QPointF> visible = front.reduced(from, to, plotWidth());
        const auto count = static_cast<int>(visible.size());
        c->graph->data()->set(graphData(visible, positive), true);
        c->graph->setVisible(c->shown);
        // A lone point would be invisible without a marker.
        const Marker marker =
            count == 1 && c->look.style.marker == Marker::None ? Marker::Circle : c->look.style.marker;
        c->graph->setScatterStyle(scatterOf(marker, theme().seriesColor(c->look.style.color)));
        c->graph->setScatterSkip(count / kMostMarkers);
        if (!c->softGraph) continue;
        c->softGraph->data()->set(graphData(c->raw.reduced(from, to, plotWidth()), positive), true);
        c->softGraph->setVisible(c->shown);
    }
}

Chart::Range LineChart::dataXRange() const {
    Range range;
    for (const auto& c : m_curves) {
        if (c->raw.empty()) continue;
        range.include(c->raw.points().front().x());
        range.include(c->raw.back().x());
    }
    return range;
}

Chart::Range LineChart::dataYRange(bool right) const {
    Range range;
    const auto [from, to] = xRange();
    const auto take = [&](const QCPGraph* graph) {
        for (const QCPGraphData& p : *graph->data())
            if (p.key >= from && p.key <= to && (right || !logY() || p.value > 0)) range.include(p.value);
    };
    for (const auto& c : m_curves) {
        if (!c->shown || c->look.rightAxis != right) continue;
        take(c->graph);
        if (c->softGraph) take(c->softGraph);
    }
    return range;
}

QList<Chart::LegendEntry> LineChart::legendEntries() const {
    QList<LegendEntry> entries;
    for (std::size_t i = 0; i < m_curves.size(); ++i)
        entries.append(
            {static_cast<int>(i), m_curves[i]->look.name, m_curves[i]->look.style, m_curves[i]->shown});
    return entries;
}

QString LineChart::readoutAt(double& x) const {
    const QPointF* anchor = nullptr;
    for (const auto& c : m_curves) {
        if (!c->shown) continue;
        const QPointF* p = c->raw.nearest(x);
        if (p && (!anchor || std::abs(p->x() - x) < std::abs(anchor->x() - x))) anchor = p;
    }
    if (!anchor) return {};
    x = anchor->x();
    QString html = QStringLiteral("<table cellspacing=0 cellpadding=0><tr><td colspan=3>%1 %2</td></tr>")
                       .arg(plot().xAxis->label().toHtmlEscaped(), xText()(x, 0));
    const auto row = [&](const Curve& c, const QString& name, double value) {
        html += QStringLiteral(
                    "<tr><td><span style='color:%1'>●</span>&nbsp;</td><td>%2&nbsp;&nbsp;</td>"
                    "<td align=right>%3</td></tr>")
                    .arg(theme().seriesColor(c.look.style.color).name(), name.toHtmlEscaped(),
                         yText(c.look.rightAxis)(value, 0));
    };
    for (const auto& c : m_curves) {
        const QPointF* p = c->shown ? c->raw.nearest(x) : nullptr;
        if (!p) continue;
        row(*c, c->look.name, p->y());
        if (const QPointF* smooth = c->look.smoothing ? c->average.nearest(x) : nullptr)
            row(*c, tr("%1, smoothed").arg(c->look.name), smooth->y());
    }
    return html + QStringLiteral("</table>");
}

QString LineChart::csv() const {
    const auto quoted = [](QString text) {
        return QLatin1Char('"') + text.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
    };
    QString header = quoted(plot().xAxis->label());
    std::map<double, std::map<std::size_t, double>> rows;
    std::size_t columns = 0;
    const auto column = [&](const QString& name, const PointSeries& series) {
        header += QLatin1Char(',') + quoted(name);
        for (const QPointF& p : series.points()) rows[p.x()][columns] = p.y();
        ++columns;
    };
    for (const auto& c : m_curves) {
        column(c->look.name, c->raw);
        if (c->look.smoothing) column(tr("%1, smoothed").arg(c->look.name), c->average);
    }
    QString out = header + QLatin1Char('\n');
    for (const auto& [x, values] : rows) {
        out += QString::number(x, 'g', 15);
        for (std::size_t i = 0; i < columns; ++i) {
            out += QLatin1Char(',');
            if (const auto found = values.find(i); found != values.end())
                out += QString::number(found->second, 'g', 9);
        }
        out += QLatin1Char('\n');
    }
    return out;
}

}  // namespace ui
