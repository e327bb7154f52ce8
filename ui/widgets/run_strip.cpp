#include "ui/widgets/run_strip.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>

#include <algorithm>

namespace ui {

RunStrip::RunStrip(const Theme& theme, QWidget* parent)
    : QFrame(parent),
      m_theme(theme),
      m_name(new QLabel(this)),
      m_state(makeHint(theme, {}, this)),
      m_progress(new QProgressBar(this)),
      m_steps(new QLabel(this)),
      m_loss(new QLabel(this)),
      m_speed(new QLabel(this)),
      m_eta(new QLabel(this)),
      m_pause(new QToolButton(this)),
      m_stop(new QToolButton(this)) {
    setObjectName(QStringLiteral("runStrip"));
    setCursor(Qt::PointingHandCursor);
    setToolTip(tr("Show this run"));
    m_name->setObjectName(QStringLiteral("stripName"));
    m_steps->setObjectName(QStringLiteral("stripSteps"));
    m_loss->setObjectName(QStringLiteral("stripLoss"));
    m_eta->setObjectName(QStringLiteral("stripEta"));
    m_pause->setObjectName(QStringLiteral("stripPause"));
    m_stop->setObjectName(QStringLiteral("stripStop"));
    QFont bold = m_name->font();
    bold.setWeight(QFont::DemiBold);
    m_name->setFont(bold);
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(8);
    m_progress->setMinimumWidth(80);
    for (QToolButton* button : {m_pause, m_stop}) {
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setCursor(Qt::ArrowCursor);
    }
    m_stop->setText(tr("Stop and save"));
    m_stop->setToolTip(tr("End this run after the current step; its state is saved and it can be resumed"));

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 6, 12, 6);
    row->setSpacing(14);
    row->addWidget(m_name, 3);
    row->addWidget(m_state);
    row->addWidget(m_progress, 4);
    for (QLabel* label : {m_steps, m_loss, m_speed, m_eta}) {
        label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        row->addWidget(label);
    }
    row->addWidget(m_pause);
    row->addWidget(m_stop);

    connect(m_pause, &QToolButton::clicked, this, [this] {
        setPaused(!m_paused);
        Q_EMIT pauseToggled(m_paused);
    });
    connect(m_stop, &QToolButton::clicked, this, [this] {
        showStopping();
        Q_EMIT stopRequested();
    });
    connect(&theme, &Theme::changed, this, &RunStrip::restyle);
    restyle();
}

void RunStrip::begin(const QString& name, qint64 totalSteps) {
    m_name->setText(name);
    m_total = totalSteps;
    m_lastLoss = 0;
    m_progress->setRange(0, static_cast<int>(std::clamp<qint64>(totalSteps, 0, 1'000'000'000)));
    m_progress->setValue(0);
    m_steps->clear();
    m_loss->clear();
    m_speed->clear();
    m_eta->clear();
    m_stop->setEnabled(true);
    m_pause->setEnabled(true);
    setPaused(false);
    showState({});
}

void RunStrip::showStep(const engine::StepMetrics& step) {
    m_progress->setValue(static_cast<int>(step.global_step));
    m_steps->setText(tr("step %1 / %2").arg(units::count(step.global_step), units::count(m_total)));
    const QString trend = m_lastLoss == 0 || step.loss_smooth == m_lastLoss ? QString()
                          : step.loss_smooth < m_lastLoss                   ? QStringLiteral(" ↓")
                                                                            : QStringLiteral(" ↑");
    m_loss->setText(tr("loss %1%2").arg(units::loss(step.loss_smooth), trend));
    m_lastLoss = step.loss_smooth;
    m_speed->setText(tr("%1 tok/s").arg(units::rate(step.tokens_per_second)));
    m_eta->setText(tr("ETA %1").arg(units::duration(step.eta_s)));
}

void RunStrip::showState(const QString& state) {
    // The engine's words for what is going on; training is the normal case and needs none.
    const QString text = state == QLatin1String("preparing")    ? tr("preparing")
                         : state == QLatin1String("evaluating") ? tr("evaluating")
                         : state == QLatin1String("saving")     ? tr("saving")
                         : state == QLatin1String("paused")     ? tr("paused")
                                                                : QString();
    m_state->setText(text);
    m_state->setVisible(!text.isEmpty());
}

void RunStrip::setPaused(bool paused) {
    m_paused = paused;
    m_pause->setText(paused ? tr("Go on") : tr("Pause"));
    restyle();
}

void RunStrip::showStopping() {
    m_stop->setEnabled(false);
    m_pause->setEnabled(false);
    m_state->setText(tr("stopping"));
    m_state->setVisible(true);
}

void RunStrip::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && rect().contains(event->pos())) Q_EMIT opened();
}

void RunStrip::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    // The buttons' words and the speed are the first to go when it gets narrow.
    const bool narrow = width() < 900;
    m_speed->setVisible(width() >= 760);
    for (QToolButton* button : {m_pause, m_stop})
        button->setToolButtonStyle(narrow ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
}

void RunStrip::restyle() {
    m_pause->setIcon(m_theme.icon(m_paused ? QStringLiteral("play") : QStringLiteral("pause")));
    m_stop->setIcon(m_theme.icon(QStringLiteral("stop")));
    m_progress->setStyleSheet(
        QStringLiteral("QProgressBar { background: %1; border: none; border-radius: 4px; }"
                       "QProgressBar::chunk { background: %2; border-radius: 4px; }")
            .arg(m_theme.grid().name(), m_theme.accent().name()));
    update();
}

void RunStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.surface());
    painter.setPen(m_theme.border());
    painter.drawLine(rect().topLeft(), rect().topRight());
}

}  // namespace ui
