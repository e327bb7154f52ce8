#include "ui/widgets/card.h"

#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {

Card::Card(const Theme& theme, const QString& title, QWidget* parent)
    : QWidget(parent), m_theme(theme), m_header(new QHBoxLayout), m_body(new QVBoxLayout) {
    auto* label = new QLabel(title, this);
    QFont bold = label->font();
    bold.setWeight(QFont::DemiBold);
    label->setFont(bold);
    setAccessibleName(title);

    m_header->setSpacing(6);
    m_header->addWidget(label);
    m_header->addStretch(1);
    m_body->setSpacing(8);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(12, 10, 12, 12);
    all->setSpacing(8);
    all->addLayout(m_header);
    all->addLayout(m_body, 1);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Card::setHighlighted(bool on) {
    if (m_highlighted == on) return;
    m_highlighted = on;
    update();
}

void Card::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(m_theme.surface());
    painter.setPen(m_highlighted ? QPen(m_theme.accent(), 2) : QPen(m_theme.border(), 1));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
}

QString joinFacts(QStringList facts) {
    for (QString& fact : facts) fact.replace(QLatin1Char(' '), QChar(QChar::Nbsp));
    return facts.join(QStringLiteral("  ·  "));
}

void styleAsHint(const Theme& theme, QLabel* label) {
    QFont font = label->font();
    font.setPointSizeF(font.pointSizeF() * 0.9);
    label->setFont(font);
    const auto paint = [label, &theme] {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme.secondaryText());
        label->setPalette(palette);
    };
    paint();
    QObject::connect(&theme, &Theme::changed, label, paint);
}

QLabel* makeHint(const Theme& theme, const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    styleAsHint(theme, label);
    return label;
}

}  // namespace ui
