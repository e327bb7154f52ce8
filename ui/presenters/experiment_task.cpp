// ExperimentPresenter: what is learned, and which tasks a model and a data file go with.
#include "ui/format/units.h"
#include "ui/presenters/experiment_presenter.h"

#include <QSettings>

#include <algorithm>

namespace ui {

using engine::Task;

std::optional<Task> ExperimentPresenter::taskOfModel() const {
    if (!m_model) return {};
    const Task task = engine::task_from(m_model->task).value();
    if (!m_model->new_head) return task;
    // A head that is still to be trained fits any labels.
    if (m_data) return m_data->labels_suit.value_or(task);
    return m_spec.task == Task::causal_lm ? task : m_spec.task;
}

QString ExperimentPresenter::taskProblem(Task task) const {
    if (!m_model) return {};
    const QString name = QString::fromStdString(m_model->name);
    const bool encoder = m_model->task != engine::name_of(Task::causal_lm);
    if (task == Task::causal_lm)
        return encoder ? tr("%1 puts texts into classes; it has no head that predicts the next token.").arg(name)
                       : QString();
    const bool headStays = m_model->labels > 0 && !m_model->new_head;
    if (headStays && task == Task::regression && m_model->labels != 1)
        return tr("The head of %1 has %2 labels; a regression gives one number.")
            .arg(name, units::count(m_model->labels));
    if (headStays && task == Task::classification && m_model->labels == 1)
        return tr("The head of %1 gives one number, so there are no classes to tell apart.").arg(name);
    if (!m_data || !m_data->labels_suit) return {};
    const Task suits = *m_data->labels_suit;
    if (suits == Task::multi_label && task != suits) return tr("The labels of this file are lists.");
    if (suits != Task::multi_label && task == Task::multi_label)
        return tr("The labels of this file are no lists, so each row has one label.");
    if (suits == Task::regression && task == Task::classification)
        return tr("The labels of this file are numbers with fractions, which are no classes.");
    return {};
}

engine::DataFacts ExperimentPresenter::dataFacts() const {
    if (!m_data) return {};
    const bool whole = m_data->tokenized && (m_heldOut || m_spec.data.eval_path.empty());
    return {.labels = static_cast<int64_t>(m_data->labels.size()),
            .longest_row = whole ? std::max(m_data->longest_row, m_heldOut ? m_heldOut->longest_row : 0) : 0};
}

void ExperimentPresenter::chooseTask(std::optional<Task> task) {
    m_taskFollows = !task;
    m_taskOpen = false;
    m_context.settings.setValue(taskFollowsKey(), m_taskFollows);
    if (task)
        setTask(*task);
    else
        followTask();
    Q_EMIT specChanged();
}

// Called whenever model or data are known anew.
void ExperimentPresenter::followTask() {
    const auto wanted = taskOfModel();
    if (!wanted) return;
    if (std::exchange(m_taskOpen, false)) {
        m_taskFollows = *wanted == m_spec.task;
        m_context.settings.setValue(taskFollowsKey(), m_taskFollows);
    }
    const bool impossible = m_model->task != engine::name_of(Task::causal_lm) && m_spec.task == Task::causal_lm;
    if (m_taskFollows || impossible) setTask(*wanted);
}

void ExperimentPresenter::setTask(Task task) {
    if (task != m_spec.task) edit([&](auto& spec) { spec.task = task; });
}

}  // namespace ui
