#include "ui/pages/experiment/matrix_card.h"

#include "ui/presenters/experiment_presenter.h"
#include "ui/theme/theme.h"
#include "ui/widgets/matrix_grid.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

MatrixCard::MatrixCard(const Theme& theme, ExperimentPresenter& presenter, QWidget* parent)
    : Card(theme, tr("Matrices to adapt"), parent),
      m_presenter(presenter),
      m_grid(new MatrixGrid(theme, this)),
      m_hint(makeHint(theme, tr("Rows are layers. Click, drag, or Shift + click for a range"), this)) {
    setObjectName(QStringLiteral("matrixCard"));
    m_hint->setWordWrap(true);
    body().addWidget(m_grid, 1);
    body().addWidget(m_hint);
    buildUndo(theme);

    connect(&m_grid->model(), &MatrixModel::targetsChanged, this, [this] {
        m_presenter.edit([this](auto& spec) { spec.lora.targets = m_grid->model().targets(); });
    });
    connect(&presenter, &ExperimentPresenter::modelChanged, this, &MatrixCard::showModel);
    connect(&presenter, &ExperimentPresenter::specReplaced, this,
            [this] { m_grid->model().setTargets(m_presenter.spec().lora.targets); });
    connect(&presenter, &ExperimentPresenter::specChanged, this,
            [this] { m_grid->model().setRank(m_presenter.spec().lora.rank); });
    showModel();
}

void MatrixCard::buildUndo(const Theme& theme) {
    QUndoStack& stack = m_grid->model().undoStack();
    const auto add = [&](QAction* action, const QString& icon, QKeySequence::StandardKey key,
                         const QString& name) {
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        m_grid->addAction(action);
        auto* button = new QToolButton(this);
        button->setObjectName(name);
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonIconOnly);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::NoFocus);
        header().addWidget(button);
        const auto paint = [action, icon, &theme] { action->setIcon(theme.icon(icon)); };
        paint();
        connect(&theme, &Theme::changed, action, paint);
    };
    add(stack.createUndoAction(this, tr("Undo")), QStringLiteral("undo"), QKeySequence::Undo,
        QStringLiteral("undoTicks"));
    add(stack.createRedoAction(this, tr("Redo")), QStringLiteral("redo"), QKeySequence::Redo,
        QStringLiteral("redoTicks"));
}

void MatrixCard::showModel() {
    const auto& model = m_presenter.model();
    m_grid->model().setModel(model ? *model : engine::ModelInfo{});
    m_grid->model().setRank(m_presenter.spec().lora.rank);
    m_grid->model().setTargets(m_presenter.spec().lora.targets);
    m_grid->setVisible(model.has_value());
    // The card may grow until every layer is seen, and no further.
    const int others = sizeHint().height() - m_grid->sizeHint().height();
    setMaximumHeight(model ? m_grid->maximumHeight() + others : QWIDGETSIZE_MAX);
    m_hint->setText(model ? tr("Rows are layers. Click, drag, or Shift + click for a range")
                          : tr("The matrices of the model appear here"));
}

}  // namespace ui
