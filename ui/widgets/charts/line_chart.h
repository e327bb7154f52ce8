// Curves over a common x (optimiser steps): for example raw and smoothed loss with the evaluations as
// markers. Holds every point it is given; draws at most two per pixel column. GUI thread; appending is O(1).
#pragma once

#include "ui/widgets/charts/chart.h"
#include "ui/widgets/charts/point_series.h"

#include <memory>
#include <optional>
#include <vector>

namespace ui {

class LineChart : public Chart {
    Q_OBJECT

  public:
    struct Series {
        QString name;
        SeriesStyle style;
        bool rightAxis = false;
        // With a weight (0..1) the points themselves are drawn in a light tone behind their exponential
        // average.
        std::optional<double> smoothing;
    };

    explicit LineChart(const Theme& theme, QWidget* parent = nullptr);
    ~LineChart() override;

    int addSeries(const Series& series);  // returns its id: 0, 1, ...
    void removeAllSeries();
    int seriesCount() const;

    void setPoints(int series, std::vector<QPointF> points);  // ascending x
    void append(int series, QPointF point);  // a step that was there already replaces the old points
    void clearPoints();                      // of all series; also fits again
    const PointSeries& points(int series) const;

    void setSmoothing(int series, double weight);
    void setSeriesVisible(int series, bool visible);
    bool isSeriesVisible(int series) const;

    // Columns: the x axis, then every series (and its average) at each x that occurs; '.' as decimal sign.
    QString csv() const override;
    bool isEmpty() const override;

  protected:
    void prepare() override;
    Range dataXRange() const override;
    Range dataYRange(bool right) const override;
    void restyle() override;
    QList<LegendEntry> legendEntries() const override;
    void setSeriesShown(int id, bool shown) override { setSeriesVisible(id, shown); }
    QString readoutAt(double& x) const override;

  private:
    struct Curve;
    Curve& curve(int id) const { return *m_curves.at(static_cast<std::size_t>(id)); }
    void style(Curve& curve);

    std::vector<std::unique_ptr<Curve>> m_curves;
};

}  // namespace ui
