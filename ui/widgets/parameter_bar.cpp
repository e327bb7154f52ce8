#include "ui/widgets/parameter_bar.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace ui {

ParameterBar::ParameterBar(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setFixedHeight(8);
    setObjectName(QStringLiteral("parameterBar"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ParameterBar::setValue(qint64 trainable, qint64 total) {
    m_share =
        total > 0 ? std::clamp(static_cast<double>(trainable) / static_cast<double>(total), 0.0, 1.0) : 0;
    setToolTip(tr("%1 of %2 parameters are trained").arg(units::count(trainable), units::count(total)));
    setAccessibleName(toolTip());
    update();
}

void ParameterBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.grid());
    painter.drawRoundedRect(rect(), 4, 4);
    if (m_share <= 0) return;
    painter.setBrush(m_theme.accent());
    painter.drawRoundedRect(QRectF(0, 0, std::max(4.0, m_share * width()), height()), 4, 4);
}

}  // namespace ui
