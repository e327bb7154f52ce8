#include "ui/widgets/run_charts.h"

#include "ui/format/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/charts/chart_link.h"
#include "ui/widgets/charts/line_chart.h"

#include <QGridLayout>
#include <QSlider>

namespace ui {
namespace {

constexpr double kUsualSmoothing = 0.9;
const SeriesStyle kTrain{0, Qt::SolidLine, Marker::None};
const SeriesStyle kEvaluation{3, Qt::SolidLine, Marker::Circle};
const SeriesStyle kMemory{4, Qt::DashLine, Marker::None};
const SeriesStyle kDevice{6, Qt::DotLine, Marker::None};
// Of the figures of a classifier, in turn.
const SeriesStyle kMetrics[] = {{2, Qt::DashLine, Marker::Square},
                                {1, Qt::DotLine, Marker::Diamond},
                                {5, Qt::DashDotLine, Marker::Triangle}};
constexpr int kFirstMetric = 2;  // behind train and evaluation
constexpr double kMebibyte = 1024 * 1024;

// Bytes are drawn in MiB, so that the ticks of the axis are round.
double scaleOf(const std::string& key) {
    return key == "rss_bytes" || key == "device_bytes" ? kMebibyte : 1;
}

}  // namespace

RunCharts::RunCharts(const Theme& theme, QWidget* parent) : QWidget(parent) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(8);
    const auto make = [&](const char* name, const QString& title, int row, int column) {
        auto* chart = new LineChart(theme, this);
        chart->setObjectName(QString::fromLatin1(name));
        chart->setTitle(title);
        chart->setXAxis(tr("step"), axis_text::integer(), true);
        chart->setEmptyText(tr("Appears with the first step."));
        connect(chart, &Chart::saveFailed, this, &RunCharts::saveFailed);
        grid->addWidget(chart, row, column);
        return chart;
    };
    m_loss = make("lossChart", tr("Loss"), 0, 0);
    m_rate = make("learningRateChart", tr("Learning rate"), 0, 1);
    m_norm = make("gradNormChart", tr("Gradient norm"), 1, 0);
    m_speed = make("speedChart", tr("Speed"), 1, 1);
    for (int i = 0; i < 2; ++i) {
        grid->setRowStretch(i, 1);
        grid->setColumnStretch(i, 1);
    }
    auto* link = new ChartLink(this);
    for (LineChart* chart : {m_loss, m_rate, m_norm, m_speed}) link->add(chart);

    m_rate->setYAxis(tr("per step"), axis_text::number());
    m_rate->addSeries({tr("learning rate"), kTrain, false, {}});
    m_rate->setLegendVisible(false);
    m_norm->setYAxis(tr("before clipping"), axis_text::number());
    m_norm->addSeries({tr("gradient norm"), kTrain, false, {}});
    m_norm->setLegendVisible(false);
    m_speed->setYAxis(tr("tokens/s"), axis_text::shortCount());
    m_speed->setRightAxis(tr("memory, MiB"), axis_text::number());
    m_speed->setLogSwitchVisible(false);
    m_speed->addSeries({tr("tokens/s"), kTrain, false, {}});
    m_speed->addSeries({tr("memory"), kMemory, true, {}});

    m_smoothing = new QSlider(Qt::Horizontal, this);
    m_smoothing->setObjectName(QStringLiteral("smoothing"));
    m_smoothing->setRange(0, 99);
    m_smoothing->setFixedWidth(44);
    m_smoothing->setAccessibleName(tr("Smoothing of the training loss"));
    buildLossSeries({});
    m_loss->addHeaderWidget(m_smoothing);
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int value) {
        m_smoothing->setToolTip(
            tr("Smoothing %1; the raw curve stays behind it").arg(value / 100.0, 0, 'f', 2));
        m_loss->setSmoothing(0, value / 100.0);
        Q_EMIT smoothingChanged(value / 100.0);
    });
    setSmoothing(kUsualSmoothing);
    m_loss->setSmoothing(0, kUsualSmoothing);
}

// A run of another task has other figures, or none.
void RunCharts::buildLossSeries(const QStringList& metrics) {
    m_metrics.clear();
    m_loss->removeAllSeries();
    m_loss->hideRightAxis();
    m_loss->setYAxis(tr("nats per token"), axis_text::loss());
    m_loss->addSeries({tr("train"), kTrain, false, smoothing()});
    m_loss->addSeries({tr("evaluation"), kEvaluation, false, {}});
    for (const QString& metric : metrics) addMetric(metric);
}

void RunCharts::addMetric(const QString& name) {
    const auto& look = kMetrics[static_cast<std::size_t>(m_metrics.size()) % std::size(kMetrics)];
    m_metrics << name;
    const QString shown = metricName(name.toStdString());
    m_loss->addSeries({shown, look, true, {}});
    m_loss->setYAxis(tr("mean of the rows"), axis_text::loss());
    m_loss->setRightAxis(m_metrics.size() == 1 ? shown : tr("score"), axis_text::number());
}

RunCharts::Target RunCharts::metricTarget(const std::string& name) {
    const QString wanted = QString::fromStdString(name);
    if (!m_metrics.contains(wanted)) addMetric(wanted);
    return {m_loss, kFirstMetric + static_cast<int>(m_metrics.indexOf(wanted))};
}

void RunCharts::setSmoothing(double weight) {
    m_smoothing->setValue(static_cast<int>(weight * 100 + 0.5));
}

double RunCharts::smoothing() const {
    return m_smoothing->value() / 100.0;
}

RunCharts::Target RunCharts::target(const std::string& key) {
    if (key == "loss") return {m_loss, 0};
    if (key == "eval_loss") return {m_loss, 1};
    if (key == "learning_rate") return {m_rate, 0};
    if (key == "grad_norm") return {m_norm, 0};
    if (key == "tokens_per_second") return {m_speed, 0};
    if (key == "rss_bytes") return {m_speed, 1};
    if (key == "device_bytes") return {m_speed, m_deviceSeries};
    return key.starts_with("eval_") ? metricTarget(key.substr(5)) : Target{nullptr, 0};
}

// Only where a device has memory of its own.
void RunCharts::needDeviceSeries() {
    if (m_deviceSeries < 0) m_deviceSeries = m_speed->addSeries({tr("device memory"), kDevice, true, {}});
}

void RunCharts::clear() {
    for (LineChart* chart : {m_loss, m_rate, m_norm, m_speed}) chart->clearPoints();
}

void RunCharts::setHistory(const RunHistory& history) {
    QStringList metrics;
    for (const auto& [key, points] : history.series)
        if (key.starts_with("eval_") && key != "eval_loss" && !points.empty())
            metrics << QString::fromStdString(key.substr(5));
    if (metrics != m_metrics) buildLossSeries(metrics);
    clear();
    for (const auto& [key, points] : history.series) {
        if (points.empty()) continue;
        if (key == "device_bytes") needDeviceSeries();
        const Target to = target(key);
        if (!to.chart) continue;
        std::vector<QPointF> scaled = points;
        for (QPointF& p : scaled) p.setY(p.y() / scaleOf(key));
        to.chart->setPoints(to.series, std::move(scaled));
    }
}

void RunCharts::append(const std::map<std::string, std::vector<QPointF>>& series) {
    for (const auto& [key, points] : series) {
        if (points.empty()) continue;
        if (key == "device_bytes") needDeviceSeries();
        const Target to = target(key);
        for (const QPointF& p : points)
            if (to.chart) to.chart->append(to.series, {p.x(), p.y() / scaleOf(key)});
    }
}

void RunCharts::append(const QVector<engine::StepMetrics>& steps) {
    for (const engine::StepMetrics& s : steps) {
        const auto x = static_cast<double>(s.global_step);
        m_loss->append(0, {x, s.loss});
        m_rate->append(0, {x, s.learning_rate});
        m_norm->append(0, {x, s.grad_norm});
        m_speed->append(0, {x, s.tokens_per_second});
        m_speed->append(1, {x, static_cast<double>(s.rss_bytes) / kMebibyte});
        if (s.device_bytes <= 0) continue;
        needDeviceSeries();
        m_speed->append(m_deviceSeries, {x, static_cast<double>(s.device_bytes) / kMebibyte});
    }
}

void RunCharts::append(const engine::EvalMetrics& metrics) {
    const auto x = static_cast<double>(metrics.global_step);
    m_loss->append(1, {x, metrics.loss});
    for (const engine::NamedValue& metric : metrics.metrics)
        m_loss->append(metricTarget(metric.name).series, {x, metric.value});
}

}  // namespace ui
