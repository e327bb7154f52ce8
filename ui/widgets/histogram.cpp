#include "ui/widgets/histogram.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace ui {

LengthHistogram::LengthHistogram(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("lengthHistogram"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.85);
    setFont(small);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void LengthHistogram::setBins(std::vector<engine::HistogramBin> bins, qint64 cutOff) {
    m_bins = std::move(bins);
    m_cutOff = cutOff;
    m_end = 1;
    m_most = 1;
    for (const auto& bin : m_bins) {
        m_end = std::max<qint64>(m_end, bin.to);
        m_most = std::max<qint64>(m_most, bin.rows);
    }
    setAccessibleName(
        tr("Row lengths up to %1 tokens, cut at %2").arg(units::count(m_end), units::count(cutOff)));
    update();
}

QRectF LengthHistogram::plotArea() const {
    return QRectF(rect()).adjusted(0.5, 4, -0.5, -(fontMetrics().height() + 4));
}

double LengthHistogram::xOf(double tokens) const {
    const QRectF area = plotArea();
    return area.left() + tokens / static_cast<double>(m_end) * area.width();
}

void LengthHistogram::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QRectF area = plotArea();
    painter.setPen(m_theme.secondaryText());
    if (m_bins.empty()) {
        painter.drawText(rect(), Qt::AlignCenter, tr("Row lengths in tokens appear here"));
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    for (const auto& bin : m_bins) {
        if (bin.rows == 0) continue;
        const double height =
            std::max(1.5, static_cast<double>(bin.rows) / static_cast<double>(m_most) * area.height());
        const double left = xOf(static_cast<double>(bin.from));
        const double right = xOf(static_cast<double>(bin.to));
        const QRectF bar(left, area.bottom() - height, std::max(1.0, right - left - 1), height);
        const bool cut = m_cutOff > 0 && bin.from >= m_cutOff;
        painter.fillRect(bar,
                         cut ? m_theme.warning() : Theme::mix(m_theme.surface(), m_theme.accent(), 0.75));
    }
    painter.setPen(QPen(m_theme.border(), 1));
    painter.drawLine(area.bottomLeft(), area.bottomRight());

    const QRectF labels(area.left(), area.bottom() + 2, area.width(), fontMetrics().height() + 2);
    painter.setPen(m_theme.secondaryText());
    painter.drawText(labels, Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("0"));
    const QString end = tr("%1 tokens").arg(units::count(m_end));
    painter.drawText(labels, Qt::AlignRight | Qt::AlignVCenter, end);
    if (m_cutOff <= 0 || m_cutOff > m_end) return;
    const double x = xOf(static_cast<double>(m_cutOff));
    painter.setPen(QPen(m_theme.danger(), 1.5, Qt::DashLine));
    painter.drawLine(QPointF(x, area.top() - 4), QPointF(x, area.bottom()));
    const QString text = tr("cut at %1").arg(units::count(m_cutOff));
    const double wide = fontMetrics().horizontalAdvance(text) + 2;
    const double room = area.right() - fontMetrics().horizontalAdvance(end) - 10;
    QRectF place(std::min(x - wide / 2, room - wide), labels.top(), wide, labels.height());
    if (place.left() < 12) return;  // no room beside the ends
    painter.setPen(m_theme.danger());
    painter.drawText(place, Qt::AlignCenter, text);
}

bool LengthHistogram::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    for (const auto& bin : m_bins) {
        if (help->pos().x() < xOf(static_cast<double>(bin.from)) ||
            help->pos().x() >= xOf(static_cast<double>(bin.to)))
            continue;
        QToolTip::showText(help->globalPos(),
                           tr("%1 to %2 tokens: %Ln row(s)", nullptr, static_cast<int>(bin.rows))
                               .arg(units::count(bin.from), units::count(bin.to - 1)),
                           this);
        return true;
    }
    QToolTip::hideText();
    return true;
}

}  // namespace ui
