#include "ui/page.h"

#include "ui/widgets/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

Page::Page(const AppContext& context, const QString& title, QWidget* parent)
    : QWidget(parent),
      m_context(context),
      m_title(new QLabel(title, this)),
      m_actions(new QHBoxLayout),
      m_messageBar(new MessageBar(context.theme, this)),
      m_content(new QVBoxLayout) {
    QFont font = m_title->font();
    font.setPointSizeF(font.pointSizeF() * 1.5);
    font.setWeight(QFont::DemiBold);
    m_title->setFont(font);
    m_title->setObjectName(QStringLiteral("pageTitle"));

    m_actions->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(m_title);
    head->addStretch(1);
    head->addLayout(m_actions);

    m_content->setSpacing(12);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(16, 12, 16, 12);
    all->setSpacing(10);
    all->addLayout(head);
    all->addWidget(m_messageBar);
    all->addLayout(m_content, 1);
}

QString Page::title() const {
    return m_title->text();
}

void Page::setTitle(const QString& title) {
    m_title->setText(title);
}

}  // namespace ui
