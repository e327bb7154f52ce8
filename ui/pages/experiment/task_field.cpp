#include "ui/pages/experiment/task_field.h"

#include "ui/format/units.h"
#include "ui/presenters/experiment_presenter.h"

#include <QStandardItemModel>

#include <algorithm>

namespace ui {

using engine::Task;

namespace {

// In the order of the list, behind the one that follows the model.
constexpr Task kTasks[] = {Task::causal_lm, Task::classification, Task::multi_label, Task::regression};

QString nameOf(Task task) {
    switch (task) {
        case Task::causal_lm:
            return TaskField::tr("Language model");
        case Task::classification:
            return TaskField::tr("Classification");
        case Task::multi_label:
            return TaskField::tr("Several labels");
        case Task::regression:
            return TaskField::tr("Regression");
    }
    return {};
}

QString meaningOf(Task task) {
    switch (task) {
        case Task::causal_lm:
            return TaskField::tr("Learns to write on: the next token of a text");
        case Task::classification:
            return TaskField::tr("Learns which one of the classes a text, or a pair of texts, belongs to");
        case Task::multi_label:
            return TaskField::tr("Learns which of the labels a text has; it may have any number of them");
        case Task::regression:
            return TaskField::tr("Learns a number for a text, or for a pair of texts");
    }
    return {};
}

}  // namespace

TaskField::TaskField(ExperimentPresenter& presenter, QWidget* parent)
    : QComboBox(parent), m_presenter(presenter) {
    setObjectName(QStringLiteral("taskCombo"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(14);
    addItem({});
    for (const Task task : kTasks) addItem(nameOf(task));
    connect(this, &QComboBox::activated, this, [this](int index) {
        m_presenter.chooseTask(index == 0 ? std::nullopt : std::optional(kTasks[index - 1]));
    });
    connect(&presenter, &ExperimentPresenter::specChanged, this, &TaskField::refresh);
    connect(&presenter, &ExperimentPresenter::modelChanged, this, &TaskField::refresh);
    connect(&presenter, &ExperimentPresenter::dataChanged, this, &TaskField::refresh);
    refresh();
}

void TaskField::refresh() {
    const auto ofModel = m_presenter.taskOfModel();
    setItemText(0, ofModel ? tr("From the model: %1").arg(nameOf(*ofModel).toLower()) : tr("From the model"));
    setItemData(0, tr("What the head of the model is for; a head that starts anew takes what the labels are"),
                Qt::ToolTipRole);
    auto* items = qobject_cast<QStandardItemModel*>(model());
    for (int i = 0; i < static_cast<int>(std::size(kTasks)); ++i) {
        const QString problem = m_presenter.taskProblem(kTasks[i]);
        items->item(i + 1)->setEnabled(problem.isEmpty());
        setItemData(i + 1, problem.isEmpty() ? meaningOf(kTasks[i]) : problem, Qt::ToolTipRole);
    }
    const Task task = m_presenter.spec().task;
    const auto* place = std::find(std::begin(kTasks), std::end(kTasks), task);
    setCurrentIndex(m_presenter.taskFollowsModel() ? 0 : static_cast<int>(place - std::begin(kTasks)) + 1);
    const QString problem = m_presenter.taskProblem(task);
    setToolTip(problem.isEmpty() ? meaningOf(task) : problem);
}

QString TaskField::note() const {
    const Task task = m_presenter.spec().task;
    if (const QString problem = m_presenter.taskProblem(task); !problem.isEmpty()) return problem;
    const auto& model = m_presenter.model();
    const auto& data = m_presenter.data();
    if (task == Task::causal_lm)
        return data && data->labels_suit && *data->labels_suit != Task::causal_lm
                   ? tr("The rows have labels, which a language model does not learn; choose “%1” for that.")
                         .arg(nameOf(*data->labels_suit))
                   : QString();
    if (!model) return {};
    if (model->labels == 0 || model->new_head)
        return tr("A head for these labels is made and trained whole, beside the adapter.");
    return tr("The head of the model is trained whole, beside the adapter.");
}

}  // namespace ui
