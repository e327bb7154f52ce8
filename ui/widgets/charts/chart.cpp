#include "ui/widgets/charts/chart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/charts/legend_bar.h"
#include "ui/widgets/charts/nice_ticker.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace ui {

void Chart::Range::include(double value) {
    if (!std::isfinite(value)) return;
    lower = valid ? std::min(lower, value) : value;
    upper = valid ? std::max(upper, value) : value;
    valid = true;
}

Chart::Chart(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      m_theme(theme),
      m_title(new QLabel(this)),
      m_legend(new LegendBar(theme, this)),
      m_log(new QToolButton(this)),
      m_frame(new QFrame(this)),
      m_empty(new QLabel(this)),
      m_plot(new QCustomPlot(this)),
      m_xText(axis_text::number()),
      m_yText(axis_text::number()),
      m_rightText(axis_text::number()) {
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_title->setObjectName(QStringLiteral("chartTitle"));

    m_log->setText(tr("log"));
    m_log->setObjectName(QStringLiteral("logSwitch"));
    m_log->setCheckable(true);
    m_log->setToolTip(tr("Logarithmic scale (L)"));
    connect(m_log, &QToolButton::toggled, this, &Chart::setLogY);
    connect(m_legend, &LegendBar::toggled, this, [this](int id, bool shown) {
        setSeriesShown(id, shown);
        dataChanged();
    });

    m_head = new QHBoxLayout;
    m_head->setSpacing(6);
    m_title->setFixedHeight(headHeight());
    m_log->setFixedHeight(headHeight());
    m_head->addWidget(m_title, 0, Qt::AlignTop);
    m_head->addWidget(m_legend, 1);
    m_head->addWidget(m_log, 0, Qt::AlignTop);

    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setMargin(16);
    m_empty->setObjectName(QStringLiteral("chartEmpty"));
    m_frame->setFrameShape(QFrame::NoFrame);
    m_stack = new QStackedLayout(m_frame);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_plot);

    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(2);
    all->addLayout(m_head);
    all->addWidget(m_frame, 1);

    setFocusPolicy(Qt::StrongFocus);
    buildPlot();
    m_plot->installEventFilter(this);  // last: it asks isEmpty(), which a derived class answers
    connect(&theme, &Theme::changed, this, &Chart::applyTheme);
}

Chart::~Chart() {
    m_plot->removeEventFilter(this);
    m_plot->disconnect(this);
}

void Chart::buildPlot() {
    m_plot->setObjectName(QStringLiteral("plot"));
    m_plot->setMouseTracking(true);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setMinimumSize(80, 60);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setSelectionRectMode(QCP::srmCustom);
    connect(m_plot, &QCustomPlot::beforeReplot, this, &Chart::beforeReplot);
    connect(m_plot->selectionRect(), &QCPSelectionRect::accepted, this,
            [this](const QRect& area, QMouseEvent*) { zoomTo(area.normalized()); });

    const auto give = [](QCPAxis* axis) {
        const auto ticker = QSharedPointer<NiceTicker>::create();
        axis->setTicker(ticker);
        return ticker.data();
    };
    m_xTicker = give(m_plot->xAxis);
    m_yTicker = give(m_plot->yAxis);
    m_rightTicker = give(m_plot->yAxis2);
    m_plot->yAxis2->setVisible(false);
    m_plot->yAxis2->grid()->setVisible(false);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->yAxis2}) {
        axis->setTickLength(0);  // the grid shows where they are
        axis->setTickPen(Qt::NoPen);
        axis->setSubTicks(false);
        axis->setLabelPadding(2);
        axis->setTickLabelPadding(4);
    }
    // Charts above one another keep their axes in line.
    m_plot->axisRect()->setMinimumMargins(QMargins(52, 6, 10, 0));

    m_cursorLine = new QCPItemStraightLine(m_plot);
    m_cursorLine->setLayer(QStringLiteral("overlay"));
    m_cursorLine->setVisible(false);

    m_readout = new QLabel(m_plot);
    m_readout->setObjectName(QStringLiteral("readout"));
    m_readout->setTextFormat(Qt::RichText);
    m_readout->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_readout->setAutoFillBackground(true);
    m_readout->setMargin(4);
    m_readout->hide();
    applyTheme();
}

void Chart::applyTheme() {
    QFont small = font();
    small.setPointSizeF(std::max(7.0, small.pointSizeF() * 0.88));
    const QColor text = m_theme.secondaryText();
    m_plot->setBackground(m_theme.surface());
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->yAxis2}) {
        axis->setBasePen(QPen(m_theme.border()));
        axis->setTickLabelColor(text);
        axis->setLabelColor(text);
        axis->setTickLabelFont(small);
        axis->setLabelFont(small);
        axis->grid()->setPen(QPen(m_theme.grid(), 1));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    m_cursorLine->setPen(QPen(text, 1, Qt::DashLine));
    m_plot->selectionRect()->setPen(QPen(m_theme.accent()));
    QColor fill = m_theme.accent();
    fill.setAlphaF(0.15f);
    m_plot->selectionRect()->setBrush(fill);

    QPalette colors = m_readout->palette();
    colors.setColor(QPalette::Window, Theme::mix(m_theme.surface(), m_theme.window(), 0.8));
    colors.setColor(QPalette::WindowText, m_theme.text());
    m_readout->setPalette(colors);
    m_readout->setFont(small);
    QPalette quiet = m_empty->palette();
    quiet.setColor(QPalette::WindowText, text);
    m_empty->setPalette(quiet);
    QPalette card = m_frame->palette();
    card.setColor(QPalette::Window, m_theme.surface());
    m_frame->setPalette(card);
    m_frame->setAutoFillBackground(true);
    m_legend->restyle();
    m_log->setFont(small);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    QMetaObject::invokeMethod(
        this,
        [this] {
            restyle();
            dataChanged();
        },
        Qt::QueuedConnection);
}

// Title, legend and switches stand in one line, whatever their own heights.
int Chart::headHeight() const {
    return fontMetrics().height() + 6;
}

void Chart::setTitle(const QString& title) {
    m_title->setText(title);
    m_title->setVisible(!title.isEmpty());
    setAccessibleName(title);
}

QString Chart::title() const {
    return m_title->text();
}

void Chart::setXAxis(const QString& title, AxisText text, bool integers) {
    m_plot->xAxis->setLabel(title);
    m_xText = std::move(text);
    m_xTicker->setText(m_xText);
    m_xTicker->setIntegers(integers);
}

void Chart::setYAxis(const QString& title, AxisText text) {
    m_plot->yAxis->setLabel(title);
    m_yText = std::move(text);
    m_yTicker->setText(m_yText);
}

void Chart::hideRightAxis() {
    m_rightShown = false;
    m_plot->yAxis2->setVisible(false);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void Chart::setRightAxis(const QString& title, AxisText text) {
    m_plot->yAxis2->setLabel(title);
    m_rightText = std::move(text);
    m_rightTicker->setText(m_rightText);
    m_plot->yAxis2->setVisible(true);
    m_rightShown = true;
}

void Chart::setEmptyText(const QString& text) {
    m_empty->setText(text);
}

void Chart::setLegendVisible(bool visible) {
    m_legendWanted = visible;
    legendChanged();
}

void Chart::setLogSwitchVisible(bool visible) {
    m_logWanted = visible;
    m_log->setVisible(visible);
}

void Chart::addHeaderWidget(QWidget* widget) {
    widget->setFixedHeight(headHeight());
    m_head->insertWidget(m_head->count() - 1, widget, 0, Qt::AlignTop);
}

void Chart::setLogY(bool on) {
    if (m_logY == on) return;
    m_logY = on;
    m_log->setChecked(on);
    m_plot->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_yTicker->setLogarithmic(on);
    m_autoY = true;
    dataChanged();
    Q_EMIT logYChanged(on);
}

void Chart::setLogX(bool on) {
    m_logX = on;
    m_plot->xAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_xTicker->setLogarithmic(on);
    dataChanged();
}

void Chart::legendChanged() {
    m_legend->clear();
    for (const LegendEntry& entry : legendEntries())
        m_legend->add(entry.id, entry.name, entry.style, entry.shown);
    m_legend->setVisible(m_legendWanted);
}

void Chart::dataChanged() {
    const bool empty = isEmpty();
    m_stack->setCurrentIndex(empty ? 0 : 1);
    m_log->setVisible(m_logWanted && !empty);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

int Chart::plotWidth() const {
    return std::max(m_plot->width() - 60, 50);
}

void Chart::beforeReplot() {
    // Of the widget, as the axes themselves are laid out only after this.
    const QSize size = m_plot->size() - QSize(80, 45);
    const QFontMetrics metrics(m_plot->xAxis->tickLabelFont());
    const int label = metrics.horizontalAdvance(m_xText(std::round(m_plot->xAxis->range().upper), 1));
    m_xTicker->setTickCount(std::clamp(size.width() / std::max(label + 36, 60), 2, 12));
    m_yTicker->setTickCount(std::clamp(size.height() / 36, 3, 10));
    m_rightTicker->setTickCount(std::clamp(size.height() / 36, 3, 10));
    applyAutoRange();
}

void Chart::applyAutoRange() {
    if (m_autoX) {
        const Range x = dataXRange();
        if (x.valid && m_logX && x.lower > 0) {
            const double margin = std::max(std::pow(x.upper / x.lower, 0.08), 1.15);
            m_plot->xAxis->setRange(x.lower / margin, x.upper * margin);
        } else if (x.valid) {
            const double margin = x.upper > x.lower ? (x.upper - x.lower) * 0.01 : 0.5;
            m_plot->xAxis->setRange(x.lower - margin, x.upper + margin);
        }
    }
    prepare();
    const auto fitAxis = [&](QCPAxis* axis, const Range& y, bool logarithmic) {
        if (!y.valid) return;
        if (logarithmic && y.lower > 0) {
            const double margin = std::max(std::pow(y.upper / y.lower, 0.06), 1.02);
            axis->setRange(y.lower / margin, y.upper * margin);
            return;
        }
        double margin = (y.upper - y.lower) * 0.08;
        if (margin <= 0) margin = y.upper != 0 ? std::abs(y.upper) * 0.1 : 1;
        axis->setRange(y.lower >= 0 ? std::max(0.0, y.lower - margin) : y.lower - margin, y.upper + margin);
    };
    if (m_autoY) {
        fitAxis(m_plot->yAxis, dataYRange(false), m_logY);
        if (m_rightShown) fitAxis(m_plot->yAxis2, dataYRange(true), false);
    }
}

void Chart::fit() {
    m_autoX = m_autoY = true;
    dataChanged();
}

void Chart::setXRange(double lower, double upper) {
    m_autoX = false;
    m_plot->xAxis->setRange(lower, upper);
    dataChanged();
}

std::pair<double, double> Chart::xRange() const {
    const QCPRange range = m_plot->xAxis->range();
    return {range.lower, range.upper};
}

std::pair<double, double> Chart::yRange() const {
    const QCPRange range = m_plot->yAxis->range();
    return {range.lower, range.upper};
}

}  // namespace ui
