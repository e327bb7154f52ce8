#include "ui/pages/experiment/plan_card.h"

#include "ui/format/units.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/theme/theme.h"
#include "ui/widgets/memory_bar.h"
#include "ui/widgets/parameter_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

namespace {

void setInk(QLabel* label, const QColor& color) {
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, color);
    label->setPalette(palette);
}

}  // namespace

PlanCard::PlanCard(const Theme& theme, ExperimentPresenter& presenter, QWidget* parent)
    : Card(theme, tr("What it takes"), parent),
      m_theme(theme),
      m_presenter(presenter),
      m_trainable(new QLabel(this)),
      m_share(makeHint(theme, {}, this)),
      m_parameters(new ParameterBar(theme, this)),
      m_memory(new QLabel(this)),
      m_memoryBar(new MemoryBar(theme, this)),
      m_remedyRow(new QWidget(this)),
      m_time(new QLabel(this)),
      m_measure(new QPushButton(this)) {
    setObjectName(QStringLiteral("planCard"));
    m_trainable->setObjectName(QStringLiteral("trainableCount"));
    m_share->setObjectName(QStringLiteral("trainableShare"));
    m_memory->setObjectName(QStringLiteral("memoryForecast"));
    m_remedyRow->setObjectName(QStringLiteral("remedies"));
    m_time->setObjectName(QStringLiteral("timeForecast"));
    QFont large = m_trainable->font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    m_trainable->setFont(large);
    for (QLabel* label : {m_trainable, m_share, m_memory, m_time}) {
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setWordWrap(true);
        label->setMinimumWidth(1);
    }
    auto* remedies = new QVBoxLayout(m_remedyRow);  // side by side they would widen the page
    remedies->setContentsMargins(0, 0, 0, 0);
    remedies->setSpacing(6);

    body().setSpacing(6);
    body().addWidget(m_trainable);
    body().addWidget(m_parameters);
    body().addWidget(m_share);
    body().addSpacing(4);
    body().addWidget(m_memory);
    body().addWidget(m_memoryBar);
    body().addWidget(m_remedyRow);
    body().addSpacing(4);
    auto* timeRow = new QHBoxLayout;
    timeRow->setSpacing(8);
    timeRow->addWidget(m_time, 1);
    timeRow->addWidget(m_measure, 0, Qt::AlignTop);
    body().addLayout(timeRow);
    m_measure->setObjectName(QStringLiteral("measureTime"));
    connect(m_measure, &QPushButton::clicked, &presenter, &ExperimentPresenter::measureTime);

    connect(&presenter, &ExperimentPresenter::planChanged, this, &PlanCard::refresh);
    connect(&presenter, &ExperimentPresenter::specChanged, this, &PlanCard::refresh);
    connect(&theme, &Theme::changed, this, &PlanCard::refresh);
    refresh();
}

void PlanCard::refresh() {
    const auto& plan = m_presenter.plan();
    if (plan) {
        const qint64 head = plan->head_params;
        m_trainable->setText(head > 0 ? tr("%1 trainable, and %2 in the head")
                                            .arg(units::count(plan->trainable_params - head), units::count(head))
                                      : tr("%1 trainable").arg(units::count(plan->trainable_params)));
        QStringList facts = {
            tr("%1 of %2").arg(units::percent(plan->percent), units::shortCount(plan->total_params)),
            tr("%Ln matri(x|ces)", nullptr, static_cast<int>(plan->matrices)),
            tr("adapter file %1").arg(units::bytes(plan->adapter_bytes))};
        if (plan->saved_params > 0) facts << tr("%1 in saved modules").arg(units::count(plan->saved_params));
        if (plan->bias_params > 0) facts << tr("%1 in biases").arg(units::count(plan->bias_params));
        m_share->setText(joinFacts(facts));
        m_parameters->setValue(plan->trainable_params, plan->total_params);
    } else {
        m_trainable->setText(tr("Nothing to train yet"));
        m_share->setText(m_presenter.planProblem());
        m_parameters->setValue(0, 1);
    }
    setInk(m_trainable, plan ? m_theme.text() : m_theme.secondaryText());
    showMemory();
    showRemedies();

    const qint64 steps = m_presenter.totalSteps();
    const double seconds = m_presenter.expectedSeconds();
    m_time->setVisible(steps > 0);
    m_time->setText(seconds > 0
                        ? tr("Time about %1 for %2 steps").arg(units::duration(seconds), units::count(steps))
                        : tr("%1 steps; the time is known after a first run or a measurement").arg(units::count(steps)));
    m_time->setToolTip(seconds > 0 ? m_presenter.expectedSecondsOrigin() : QString());

    const bool measuring = m_presenter.measuringTime();
    const QString blocker = m_presenter.blocker();
    m_measure->setText(measuring ? tr("Measuring …") : tr("Measure"));
    m_measure->setEnabled(!measuring && blocker.isEmpty());
    m_measure->setToolTip(measuring             ? tr("The first three steps and one evaluation are being made.")
                          : !blocker.isEmpty() ? blocker
                                                : tr("Make the first three steps and one evaluation to learn how long it will "
                                                     "take; nothing of them is kept"));
}

void PlanCard::showMemory() {
    const auto& plan = m_presenter.plan();
    m_memory->setVisible(plan.has_value());
    m_memoryBar->setVisible(plan.has_value());
    if (!plan) return;
    const auto& forecast = plan->memory;
    m_memoryBar->setForecast(forecast);
    const auto fit = MemoryBar::fitOf(forecast);
    const QString need = units::memory(forecast.total);
    const QString free = units::memory(forecast.available);
    switch (fit) {
        case MemoryBar::Fit::Unknown:
            m_memory->setText(tr("Memory %1").arg(need));
            break;
        case MemoryBar::Fit::Good:
            m_memory->setText(tr("Memory %1 of %2 free").arg(need, free));
            break;
        case MemoryBar::Fit::Tight:
            m_memory->setText(tr("Memory %1 of %2 free: tight").arg(need, free));
            break;
        case MemoryBar::Fit::TooMuch:
            m_memory->setText(tr("Memory %1, more than the %2 that are free").arg(need, free));
            break;
    }
    if (plan->recomputed_layers > 0) {
        m_memory->setText(m_memory->text() + QLatin1Char('\n') +
                          tr("%Ln layer(s) computed twice to save memory; steps take longer", nullptr,
                             static_cast<int>(plan->recomputed_layers)));
    }
    setInk(m_memory, fit == MemoryBar::Fit::TooMuch ? m_theme.danger()
                     : fit == MemoryBar::Fit::Tight ? m_theme.warning()
                                                    : m_theme.text());
}

void PlanCard::showRemedies() {
    QStringList texts;
    for (const auto& remedy : m_presenter.remedies()) texts << remedy.text;
    m_remedyRow->setVisible(!texts.isEmpty());
    if (texts == m_remedyTexts) return;  // a button under the mouse must not be replaced by its twin
    m_remedyTexts = texts;
    QLayout* row = m_remedyRow->layout();
    while (QLayoutItem* item = row->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    for (int i = 0; i < texts.size(); ++i) {
        auto* button = new QPushButton(texts[i], m_remedyRow);
        button->setObjectName(QStringLiteral("remedy%1").arg(i));
        button->setToolTip(tr("Change the form so that it needs this much"));
        connect(button, &QPushButton::clicked, this, [this, i] {
            const auto& remedies = m_presenter.remedies();
            if (i < static_cast<int>(remedies.size()))
                m_presenter.replace(engine::ExperimentSpec(remedies[size_t(i)].spec));
        });
        static_cast<QVBoxLayout*>(row)->addWidget(button, 0, Qt::AlignLeft);
    }
}

}  // namespace ui
