#include "ui/widgets/message_bar.h"

#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

namespace ui {

namespace {
constexpr int fadeAfterMs = 12'000;
}

MessageBar::MessageBar(const Theme& theme, QWidget* parent)
    : QFrame(parent),
      m_theme(theme),
      m_icon(new QLabel(this)),
      m_text(new QLabel(this)),
      m_action(new QPushButton(this)),
      m_close(new QToolButton(this)),
      m_timer(new QTimer(this)) {
    setObjectName(QStringLiteral("messageBar"));
    m_text->setObjectName(QStringLiteral("messageText"));
    m_text->setWordWrap(true);
    m_text->setMinimumWidth(1);  // a long path must not widen the window
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_action->setObjectName(QStringLiteral("messageAction"));
    m_close->setObjectName(QStringLiteral("messageClose"));
    m_close->setAutoRaise(true);
    m_close->setToolTip(tr("Close this message"));
    m_close->setAccessibleName(m_close->toolTip());

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(10, 6, 6, 6);
    row->setSpacing(8);
    row->addWidget(m_icon, 0, Qt::AlignTop);
    row->addWidget(m_text, 1);
    row->addWidget(m_action, 0, Qt::AlignTop);
    row->addWidget(m_close, 0, Qt::AlignTop);

    m_timer->setSingleShot(true);
    m_timer->setInterval(fadeAfterMs);
    connect(m_timer, &QTimer::timeout, this, [this] {
        // It waits for the person to come back.
        if (isActiveWindow())
            clear();
        else
            m_timer->start();
    });
    connect(m_close, &QToolButton::clicked, this, &MessageBar::clear);
    connect(m_action, &QPushButton::clicked, this, [this] {
        const auto callback = m_callback;  // the action may show the next message
        clear();
        if (callback) callback();
    });
    connect(&theme, &Theme::changed, this, &MessageBar::restyle);
    clear();
}

void MessageBar::show(Kind kind, const QString& text) {
    show(kind, text, {}, {});
}

void MessageBar::show(Kind kind, const QString& text, const QString& actionText,
                      std::function<void()> action) {
    m_kind = kind;
    m_callback = std::move(action);
    m_text->setText(text);
    setAccessibleName(text);
    m_action->setText(actionText);
    m_action->setVisible(m_callback != nullptr);
    restyle();
    setVisible(true);
    if (kind == Kind::Info || kind == Kind::Success)
        m_timer->start();
    else
        m_timer->stop();
}

void MessageBar::showError(const engine::Error& error) {
    show(Kind::Error, QString::fromStdString(error.message));
    m_text->setToolTip(QString::fromStdString(error.detail));
}

void MessageBar::clear() {
    m_timer->stop();
    m_callback = nullptr;
    m_text->clear();
    m_text->setToolTip({});
    setVisible(false);
}

QString MessageBar::text() const {
    return m_text->text();
}

void MessageBar::restyle() {
    const QColor color = m_kind == Kind::Error     ? m_theme.danger()
                         : m_kind == Kind::Warning ? m_theme.warning()
                         : m_kind == Kind::Success ? m_theme.success()
                                                   : m_theme.accent();
    const QString icon = m_kind == Kind::Error || m_kind == Kind::Warning ? QStringLiteral("warning")
                         : m_kind == Kind::Success                        ? QStringLiteral("check")
                                                                          : QStringLiteral("info");
    m_icon->setPixmap(m_theme.icon(icon, color).pixmap(20, 20));
    m_close->setIcon(m_theme.icon(QStringLiteral("close")));
    m_ground = Theme::mix(m_theme.surface(), color, m_theme.isDark() ? 0.16 : 0.09);
    m_edge = Theme::mix(m_theme.surface(), color, 0.55);
    update();
}

void MessageBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(m_ground);
    painter.setPen(m_edge);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

}  // namespace ui
