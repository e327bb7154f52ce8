// What the experiment would cost, live: exact parameter counts, adapter size, memory by part with remedies,
// time.
#pragma once

#include "ui/widgets/card.h"

class QLabel;
class QPushButton;

namespace ui {

class ExperimentPresenter;
class MemoryBar;
class ParameterBar;

class PlanCard : public Card {
    Q_OBJECT

  public:
    PlanCard(const Theme& theme, ExperimentPresenter& presenter, QWidget* parent = nullptr);

  private:
    void refresh();
    void showMemory();
    void showRemedies();

    const Theme& m_theme;
    ExperimentPresenter& m_presenter;
    QLabel* m_trainable;
    QLabel* m_share;
    ParameterBar* m_parameters;
    QLabel* m_memory;
    MemoryBar* m_memoryBar;
    QWidget* m_remedyRow;
    QStringList m_remedyTexts;  // what the buttons show now
    QLabel* m_time;
    QPushButton* m_measure;
};

}  // namespace ui
