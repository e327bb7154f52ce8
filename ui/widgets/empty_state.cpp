#include "ui/widgets/empty_state.h"

#include "ui/theme/theme.h"
#include "ui/widgets/primary_button.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

EmptyState::EmptyState(const Theme& theme, const QString& icon, QWidget* parent)
    : QWidget(parent),
      m_theme(theme),
      m_iconName(icon),
      m_icon(new QLabel(this)),
      m_headline(new QLabel(this)),
      m_explanation(new QLabel(this)),
      m_action(new PrimaryButton(theme, {}, this)) {
    setObjectName(QStringLiteral("emptyState"));
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    large.setWeight(QFont::DemiBold);
    m_headline->setFont(large);
    m_headline->setWordWrap(true);
    m_explanation->setWordWrap(true);
    m_explanation->setFixedWidth(420);
    m_action->setObjectName(QStringLiteral("emptyStateAction"));
    m_action->hide();
    for (QLabel* label : {m_icon, m_headline, m_explanation})
        label->setAlignment(Qt::AlignHCenter | Qt::AlignTop);

    auto* all = new QVBoxLayout(this);
    all->setSpacing(8);
    all->addStretch(2);
    all->addWidget(m_icon, 0, Qt::AlignHCenter);
    all->addSpacing(4);
    all->addWidget(m_headline);
    // In a row of its own, because an aligned label would not grow with its text.
    auto* line = new QHBoxLayout;
    line->addStretch(1);
    line->addWidget(m_explanation);
    line->addStretch(1);
    all->addLayout(line);
    all->addSpacing(8);
    all->addWidget(m_action, 0, Qt::AlignHCenter);
    all->addStretch(3);
    connect(m_action, &QPushButton::clicked, this, &EmptyState::actionRequested);
    connect(&theme, &Theme::changed, this, &EmptyState::restyle);
    restyle();
}

void EmptyState::setText(const QString& headline, const QString& explanation) {
    m_headline->setText(headline);
    m_explanation->setText(explanation);
}

void EmptyState::setAction(const QString& text) {
    m_action->setText(text);
    m_action->setMinimumWidth(m_action->fontMetrics().horizontalAdvance(text) + 48);
    m_action->setVisible(!text.isEmpty());
}

void EmptyState::restyle() {
    m_icon->setPixmap(
        m_theme.icon(m_iconName, m_theme.secondaryText()).pixmap(QSize(40, 40), devicePixelRatioF()));
    QPalette colors = m_explanation->palette();
    colors.setColor(QPalette::WindowText, m_theme.secondaryText());
    m_explanation->setPalette(colors);
}

}  // namespace ui
