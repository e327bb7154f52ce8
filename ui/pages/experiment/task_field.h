// What is learned: follows the model unless somebody chooses; a task that model or data rule out says why.
#pragma once

#include <QComboBox>

namespace ui {

class ExperimentPresenter;

class TaskField : public QComboBox {
    Q_OBJECT

  public:
    explicit TaskField(ExperimentPresenter& presenter, QWidget* parent = nullptr);

    // What the rows mean to the chosen task, one sentence; empty when there is nothing to say.
    QString note() const;

  private:
    void refresh();

    ExperimentPresenter& m_presenter;
};

}  // namespace ui
