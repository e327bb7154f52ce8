// The four curves of a run with one cursor across them: loss (train and evaluation on one axis, the figures of a
// classifier on another), learning rate, gradient norm, speed with memory.
#pragma once

#include "ui/presenters/run_feed.h"

#include <QStringList>
#include <QWidget>

class QSlider;

namespace ui {

class LineChart;
class Theme;

class RunCharts : public QWidget {
    Q_OBJECT

  public:
    explicit RunCharts(const Theme& theme, QWidget* parent = nullptr);

    void setHistory(const RunHistory& history);
    void append(const QVector<engine::StepMetrics>& steps);
    void append(const engine::EvalMetrics& metrics);
    void append(const std::map<std::string, std::vector<QPointF>>& points);
    void clear();

    void setSmoothing(double weight);
    double smoothing() const;

  Q_SIGNALS:
    void smoothingChanged(double weight);
    void saveFailed(const QString& message);

  private:
    struct Target {
        LineChart* chart;
        int series;
    };
    Target target(const std::string& key);
    void needDeviceSeries();
    void buildLossSeries(const QStringList& metrics);
    void addMetric(const QString& name);
    Target metricTarget(const std::string& name);

    LineChart *m_loss, *m_rate, *m_norm, *m_speed;
    QSlider* m_smoothing;
    int m_deviceSeries = -1;
    QStringList m_metrics;  // of a classifier, in the order of their curves: "accuracy"
};

}  // namespace ui
