#include "ui/widgets/charts/scatter_chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/charts/nice_ticker.h"

#include <QMap>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ui {
namespace {

constexpr double kReach = 18;  // pixels from the pointer to the point it means

// Draws the points themselves with their own markers, which no plottable of the library can.
class PointLayer : public QCPAbstractItem {
  public:
    PointLayer(QCustomPlot* plot, const Theme& theme, const std::vector<ScatterChart::Point>& points)
        : QCPAbstractItem(plot), m_theme(theme), m_points(points) {
        setClipToAxisRect(false);
    }
    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

  protected:
    void draw(QCPPainter* painter) override {
        QFont font = mParentPlot->xAxis->tickLabelFont();
        painter->setFont(font);
        const QRect area = mParentPlot->axisRect()->rect().adjusted(-6, -6, 6, 6);
        for (const ScatterChart::Point& p : m_points) {
            const QPointF at(mParentPlot->xAxis->coordToPixel(p.at.x()),
                             mParentPlot->yAxis->coordToPixel(p.at.y()));
            if (!area.contains(at.toPoint())) continue;
            drawMarker(*painter, at, 9, p.style.marker, m_theme.seriesColor(p.style.color));
            painter->setPen(m_theme.secondaryText());
            painter->drawText(QPointF(at.x() + 8, at.y() - 6), p.label);
        }
    }

  private:
    const Theme& m_theme;
    const std::vector<ScatterChart::Point>& m_points;
};

}  // namespace

std::vector<std::size_t> paretoFrontier(const std::vector<QPointF>& points) {
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(points[a].x(), points[a].y()) < std::pair(points[b].x(), points[b].y());
    });
    std::vector<std::size_t> front;
    for (const std::size_t i : order)
        if (front.empty() || points[i].y() < points[front.back()].y()) front.push_back(i);
    return front;
}

ScatterChart::ScatterChart(const Theme& theme, QWidget* parent) : Chart(theme, parent) {
    (new PointLayer(&plot(), theme, m_points))->setLayer(QStringLiteral("axes"));
    setLegendVisible(false);
    dataChanged();
}

ScatterChart::~ScatterChart() = default;

void ScatterChart::setPoints(std::vector<Point> points) {
    std::erase_if(points,
                  [](const Point& p) { return !std::isfinite(p.at.x()) || !std::isfinite(p.at.y()); });
    m_points = std::move(points);
    if (m_ticksAtPoints) setTicksAtPoints(true);
    clearCursor();
    fit();
}

void ScatterChart::setTicksAtPoints(bool on) {
    m_ticksAtPoints = on;
    QVector<double> ticks;
    if (on)
        for (const Point& p : m_points) ticks << p.at.x();
    std::sort(ticks.begin(), ticks.end());
    ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
    xTicker().setFixed(ticks.size() <= 12 ? ticks : QVector<double>());
    dataChanged();
}

void ScatterChart::setFrontierVisible(bool on) {
    m_frontierVisible = on;
    dataChanged();
}

void ScatterChart::setMoreIsBetter(bool on) {
    m_moreIsBetter = on;
    dataChanged();
}

std::vector<std::size_t> ScatterChart::frontier() const {
    std::vector<QPointF> places;
    for (const Point& p : m_points) places.emplace_back(p.at.x(), m_moreIsBetter ? -p.at.y() : p.at.y());
    return paretoFrontier(places);
}

void ScatterChart::prepare() {
    plot().clearPlottables();
    drawGroups();
    if (m_frontierVisible) drawFrontier();
}

void ScatterChart::drawGroups() {
    QMap<QString, QVector<QCPGraphData>> groups;
    for (const Point& p : m_points)
        if (!p.group.isEmpty()) groups[p.group].append({p.at.x(), p.at.y()});
    for (const QVector<QCPGraphData>& data : std::as_const(groups)) {
        QCPGraph* line = plot().addGraph();
        line->data()->set(data);
        line->setPen(QPen(Theme::mix(theme().secondaryText(), theme().surface(), 0.45), 1.2));
    }
}

void ScatterChart::drawFrontier() {
    QVector<QCPGraphData> steps;
    for (const std::size_t i : frontier()) steps.append({m_points[i].at.x(), m_points[i].at.y()});
    if (steps.isEmpty()) return;
    steps.append({xRange().second, steps.back().value});
    QCPGraph* line = plot().addGraph();
    line->setLineStyle(QCPGraph::lsStepLeft);
    line->data()->set(steps);
    line->setPen(QPen(theme().accent(), 1.6, Qt::DashLine));
}

Chart::Range ScatterChart::dataXRange() const {
    Range range;
    for (const Point& p : m_points) range.include(p.at.x());
    // Room for the markers and their labels.
    if (range.valid && plot().xAxis->scaleType() == QCPAxis::stLinear) {
        const double margin = range.upper > range.lower ? (range.upper - range.lower) * 0.08 : 1;
        range.lower -= margin;
        range.upper += margin;
    }
    return range;
}

Chart::Range ScatterChart::dataYRange(bool) const {
    Range range;
    const auto [from, to] = xRange();
    for (const Point& p : m_points)
        if (p.at.x() >= from && p.at.x() <= to && (!logY() || p.at.y() > 0)) range.include(p.at.y());
    return range;
}

QList<Chart::LegendEntry> ScatterChart::legendEntries() const {
    QList<LegendEntry> entries;
    for (std::size_t i = 0; i < m_points.size() && i < 24; ++i) {
        SeriesStyle style = m_points[i].style;
        style.line = Qt::NoPen;
        entries.append({static_cast<int>(i), m_points[i].name, style, true});
    }
    return entries;
}

const ScatterChart::Point* ScatterChart::pointNear(QPointF position) const {
    const Point* best = nullptr;
    double distance = kReach;
    for (const Point& p : m_points) {
        const QPointF at(plot().xAxis->coordToPixel(p.at.x()), plot().yAxis->coordToPixel(p.at.y()));
        const double d = std::hypot(at.x() - position.x(), at.y() - position.y());
        if (d < distance) {
            best = &p;
            distance = d;
        }
    }
    return best;
}

QString ScatterChart::readoutNear(QPointF position) const {
    const Point* p = pointNear(position);
    if (!p) return {};
    return QStringLiteral("<b>%1</b><br>%2 %3<br>%4 %5")
        .arg(p->name.toHtmlEscaped(), plot().xAxis->label().toHtmlEscaped(), xText()(p->at.x(), 0),
             plot().yAxis->label().toHtmlEscaped(), yText(false)(p->at.y(), 0));
}

bool ScatterChart::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &plot() && event->type() == QEvent::MouseButtonPress) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const Point* p = mouse->button() == Qt::LeftButton ? pointNear(mouse->position()) : nullptr;
        if (p) Q_EMIT pointActivated(p->name);
    }
    return Chart::eventFilter(watched, event);
}

QString ScatterChart::csv() const {
    QString out = QStringLiteral("name,%1,%2,frontier\n").arg(plot().xAxis->label(), plot().yAxis->label());
    const std::vector<std::size_t> front = frontier();
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        QString name = m_points[i].name;
        name.replace(QLatin1Char('"'), QLatin1String("\"\""));
        out += QStringLiteral("\"%1\",%2,%3,%4\n")
                   .arg(name, QString::number(m_points[i].at.x(), 'g', 15),
                        QString::number(m_points[i].at.y(), 'g', 9),
                        std::find(front.begin(), front.end(), i) != front.end() ? QStringLiteral("1")
                                                                                : QStringLiteral("0"));
    }
    return out;
}

}  // namespace ui
