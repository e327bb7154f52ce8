#include "ui/widgets/memory_bar.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>

namespace ui {

namespace {
constexpr int barHeight = 12;
constexpr int gap = 8;
}  // namespace

MemoryBar::MemoryBar(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("memoryBar"));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    setFont(small);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

MemoryBar::Fit MemoryBar::fitOf(const engine::MemoryForecast& forecast) {
    if (forecast.available <= 0) return Fit::Unknown;
    const double share = static_cast<double>(forecast.total) / static_cast<double>(forecast.available);
    return share > 1 ? Fit::TooMuch : share > 0.85 ? Fit::Tight : Fit::Good;
}

void MemoryBar::setForecast(const engine::MemoryForecast& forecast) {
    m_forecast = forecast;
    m_parts = {{tr("weights"), forecast.weights, tr("the frozen base model")},
               {tr("adapters"), forecast.adapters, tr("trainable values and their gradients")},
               {tr("optimiser"), forecast.optimizer, tr("two moments for every trainable value")},
               {tr("activations"), forecast.activations, tr("kept from the forward for the backward pass")},
               {tr("logits"), forecast.logits, tr("scores of the vocabulary for the trained tokens")},
               {tr("evaluation"), forecast.evaluation, tr("what an evaluation needs on top")},
               {tr("program"), forecast.overhead, tr("this program and its libraries")}};
    QStringList spoken;
    for (const Part& part : m_parts) spoken << tr("%1 %2").arg(part.name, units::memory(part.bytes));
    setAccessibleName(tr("Memory forecast: %1").arg(spoken.join(QStringLiteral(", "))));
    updateGeometry();
    update();
}

int MemoryBar::layLegend(int width, QPainter* painter) const {
    const int line = fontMetrics().height() + 4;
    int x = 0;
    int y = barHeight + gap;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const Part& part = m_parts[i];
        if (part.bytes <= 0) continue;
        const QString value = units::memory(part.bytes);
        const int nameWidth = fontMetrics().horizontalAdvance(part.name + QLatin1Char(' '));
        const int all = 14 + nameWidth + fontMetrics().horizontalAdvance(value);
        if (x > 0 && x + all > width) {
            x = 0;
            y += line;
        }
        if (painter) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(m_theme.seriesColor(static_cast<int>(i)));
            painter->drawRoundedRect(x, y + (line - 9) / 2, 9, 9, 2, 2);
            painter->setPen(m_theme.secondaryText());
            painter->drawText(QRect(x + 14, y, nameWidth, line), Qt::AlignVCenter, part.name);
            painter->setPen(m_theme.text());
            painter->drawText(QRect(x + 14 + nameWidth, y, all, line), Qt::AlignVCenter, value);
        }
        x += all + 14;
    }
    return y + line;
}

QSize MemoryBar::sizeHint() const {
    return {260, heightForWidth(260)};
}

int MemoryBar::heightForWidth(int width) const {
    return layLegend(width, nullptr);
}

void MemoryBar::resizeEvent(QResizeEvent*) {
    updateGeometry();
}

void MemoryBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF bar(0, 0, width(), barHeight);
    QPainterPath outline;
    outline.addRoundedRect(bar, 4, 4);
    painter.fillPath(outline, m_theme.grid());
    const double scale = static_cast<double>(std::max({m_forecast.total, m_forecast.available, int64_t{1}}));
    painter.save();
    painter.setClipPath(outline);
    double x = 0;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const double w = static_cast<double>(m_parts[i].bytes) / scale * width();
        if (w <= 0) continue;
        painter.fillRect(QRectF(x, 0, w, barHeight), m_theme.seriesColor(static_cast<int>(i)));
        x += w;
    }
    painter.restore();
    if (fitOf(m_forecast) == Fit::TooMuch) {
        const double limit = static_cast<double>(m_forecast.available) / scale * width();
        painter.fillRect(QRectF(limit - 1.5, -1, 3, barHeight + 2), m_theme.danger());
    }
    layLegend(width(), &painter);
}

bool MemoryBar::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    QStringList lines;
    for (const Part& part : m_parts)
        if (part.bytes > 0) lines << tr("%1: %2, %3").arg(part.name, units::memory(part.bytes), part.meaning);
    QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), lines.join(QLatin1Char('\n')), this);
    return true;
}

}  // namespace ui
