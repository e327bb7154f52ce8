#include "ui/widgets/target_card.h"

#include "ui/theme/theme.h"

#include <QPainter>

namespace ui {
namespace {
constexpr int kPad = 12, kGap = 4, kRadio = 16;
}

TargetCard::TargetCard(const Theme& theme, const QString& title, const QString& description, QWidget* parent)
    : QAbstractButton(parent), m_theme(theme), m_description(description) {
    setText(title);
    setCheckable(true);
    setAutoExclusive(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleDescription(description);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void TargetCard::setSize(const QString& size) {
    if (m_size == size) return;
    m_size = size;
    update();
}

void TargetCard::setObstacle(const QString& reason) {
    if (m_obstacle == reason) return;
    m_obstacle = reason;
    setAccessibleDescription(shownText());
    updateGeometry();
    update();
}

QFont TargetCard::titleFont() const {
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    return bold;
}

QFont TargetCard::smallFont() const {
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    return small;
}

int TargetCard::heightForWidth(int width) const {
    const int room = width - 2 * kPad;
    const QRect text =
        QFontMetrics(smallFont()).boundingRect(QRect(0, 0, room, 1000), Qt::TextWordWrap, shownText());
    return 2 * kPad + QFontMetrics(titleFont()).height() + kGap + text.height() + 2 * kGap +
           fontMetrics().height();
}

QSize TargetCard::sizeHint() const {
    return {210, heightForWidth(210)};
}

void TargetCard::enterEvent(QEnterEvent* event) {
    QAbstractButton::enterEvent(event);
    update();
}

void TargetCard::leaveEvent(QEvent* event) {
    QAbstractButton::leaveEvent(event);
    update();
}

void TargetCard::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor accent = m_theme.accent();
    const QColor fill = isChecked()    ? Theme::mix(m_theme.surface(), accent, 0.08)
                        : underMouse() ? Theme::mix(m_theme.surface(), m_theme.text(), 0.03)
                                       : m_theme.surface();
    painter.setBrush(fill);
    painter.setPen(QPen(isChecked() ? accent : m_theme.border(), isChecked() ? 1.6 : 1));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 8, 8);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(accent, 1, Qt::DotLine));
        painter.drawRoundedRect(QRectF(rect()).adjusted(4, 4, -4, -4), 6, 6);
    }

    const QRect inner = rect().adjusted(kPad, kPad, -kPad, -kPad);
    const int titleHeight = QFontMetrics(titleFont()).height();
    const QRectF radio(inner.right() - kRadio + 0.5, inner.top() + (titleHeight - kRadio) / 2.0 + 0.5,
                       kRadio - 1, kRadio - 1);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(isChecked() ? accent : m_theme.secondaryText(), 1.4));
    painter.drawEllipse(radio);
    if (isChecked()) {
        painter.setBrush(accent);
        painter.setPen(Qt::NoPen);
        painter.drawEllipse(radio.adjusted(4, 4, -4, -4));
    }
    painter.setFont(titleFont());
    const QColor ink = isPossible() ? m_theme.text() : m_theme.secondaryText();
    painter.setPen(ink);
    painter.drawText(QRect(inner.left(), inner.top(), inner.width() - kRadio - kGap, titleHeight),
                     Qt::AlignLeft | Qt::AlignVCenter, text());
    painter.setFont(smallFont());
    painter.setPen(m_theme.secondaryText());
    painter.drawText(inner.adjusted(0, titleHeight + kGap, 0, 0),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, shownText());
    painter.setFont(font());
    painter.setPen(ink);
    painter.drawText(inner, Qt::AlignLeft | Qt::AlignBottom, m_size.isEmpty() ? QStringLiteral("–") : m_size);
}

}  // namespace ui
