// Adapters as points: rank against loss or score, parameters against them. Optionally with the Pareto frontier (no
// other point is at most as far in x and at least as good in y) and with lines that join the points of a group. GUI thread;
// meant for up to some thousand points.
#pragma once

#include "ui/widgets/charts/chart.h"

#include <vector>

namespace ui {

class ScatterChart : public Chart {
    Q_OBJECT

  public:
    struct Point {
        QPointF at;
        QString name;   // in read-out, legend and CSV
        QString label;  // short, beside the point; may be empty
        SeriesStyle style;
        QString group;  // points of one group are joined by a thin line; empty: on its own
    };

    explicit ScatterChart(const Theme& theme, QWidget* parent = nullptr);
    ~ScatterChart() override;

    void setPoints(std::vector<Point> points);  // one without finite coordinates is left out
    const std::vector<Point>& points() const { return m_points; }
    void setLogarithmicX(bool on) { setLogX(on); }
    // Ticks exactly at the values that occur: right for a handful of ranks.
    void setTicksAtPoints(bool on);
    void setFrontierVisible(bool on);
    void setMoreIsBetter(bool on);  // in y, for the frontier
    // Indices of points() on the frontier, by ascending x.
    std::vector<std::size_t> frontier() const;

    QString csv() const override;
    bool isEmpty() const override { return m_points.empty(); }

  Q_SIGNALS:
    void pointActivated(const QString& name);  // a click on it

  protected:
    void prepare() override;
    Range dataXRange() const override;
    Range dataYRange(bool right) const override;
    void restyle() override {}  // prepare() draws everything anew
    QList<LegendEntry> legendEntries() const override;
    void setSeriesShown(int, bool) override {}
    QString readoutAt(double&) const override { return {}; }
    QString readoutNear(QPointF position) const override;
    bool hasCursorLine() const override { return false; }
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    const Point* pointNear(QPointF position) const;
    void drawFrontier();
    void drawGroups();

    std::vector<Point> m_points;
    bool m_ticksAtPoints = false;
    bool m_frontierVisible = false;
    bool m_moreIsBetter = false;
};

// Indices of the points that no other one beats in both coordinates (less is better), by ascending x.
std::vector<std::size_t> paretoFrontier(const std::vector<QPointF>& points);

}  // namespace ui
