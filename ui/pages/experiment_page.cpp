#include "ui/pages/experiment_page.h"

#include "ui/format/units.h"
#include "ui/navigator.h"
#include "ui/pages/experiment/data_card.h"
#include "ui/pages/experiment/matrix_card.h"
#include "ui/pages/experiment/model_card.h"
#include "ui/pages/experiment/plan_card.h"
#include "ui/pages/experiment/training_form.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/theme/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/primary_button.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QVBoxLayout>

namespace ui {

namespace {

const QString ranksKey = QStringLiteral("experiment/ranks");
const QString defaultRanks = QStringLiteral("1, 2, 4, 8, 16");

// Widths at which the cards still stand comfortably side by side.
constexpr int threeColumns = 1020;
constexpr int twoColumns = 640;

}  // namespace

ExperimentPage::ExperimentPage(const AppContext& context, Machine& machine, QWidget* parent)
    : Page(context, tr("Experiment"), parent),
      m_presenter(new ExperimentPresenter(context, machine, this)),
      m_modelCard(new ModelCard(context.theme, context.workbench, *m_presenter, this)),
      m_dataCard(new DataCard(context.theme, context.workbench, *m_presenter, this)),
      m_matrixCard(new MatrixCard(context.theme, *m_presenter, this)),
      m_form(new TrainingForm(context.theme, context.settings, machine, *m_presenter, this)),
      m_planCard(new PlanCard(context.theme, *m_presenter, this)),
      m_scroll(new QScrollArea(this)),
      m_columns(new QWidget),
      m_hint(new QLabel(this)),
      m_ranks(new QLineEdit(this)),
      m_rankStudy(new QPushButton(tr("Train at these ranks"), this)),
      m_start(new PrimaryButton(context.theme, tr("Start"), this)) {
    setObjectName(QStringLiteral("experimentPage"));
    setAcceptDrops(true);

    m_scroll->setObjectName(QStringLiteral("experimentScroll"));
    m_scroll->setWidget(m_columns);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->viewport()->setAutoFillBackground(false);
    m_columns->setAutoFillBackground(false);
    contentArea().addWidget(m_scroll, 1);
    contentArea().addWidget(buildFooter());
    arrange(3);

    connect(m_presenter, &ExperimentPresenter::planChanged, this, &ExperimentPage::showBlocker);
    connect(m_presenter, &ExperimentPresenter::specChanged, this, &ExperimentPage::showBlocker);
    connect(m_presenter, &ExperimentPresenter::dataChanged, this, &ExperimentPage::showBlocker);
    connect(m_presenter, &ExperimentPresenter::startingChanged, this, &ExperimentPage::showBlocker);
    connect(m_presenter, &ExperimentPresenter::queued, this, &ExperimentPage::showQueued);
    connect(m_presenter, &ExperimentPresenter::failed, this,
            [this](const engine::Error& error) { messageBar().showError(error); });
    connect(&context.theme, &Theme::changed, this, &ExperimentPage::showBlocker);
    showBlocker();
}

QWidget* ExperimentPage::buildFooter() {
    auto* footer = new QWidget(this);
    m_hint->setObjectName(QStringLiteral("startHint"));
    m_hint->setWordWrap(true);
    m_hint->setMinimumWidth(1);  // a long path must not widen the page
    m_ranks->setObjectName(QStringLiteral("ranksField"));
    m_ranks->setText(context().settings.value(ranksKey, defaultRanks).toString());
    m_ranks->setMaximumWidth(150);
    m_ranks->setAccessibleName(tr("Ranks"));
    m_rankStudy->setObjectName(QStringLiteral("startRanks"));
    m_start->setObjectName(QStringLiteral("startButton"));
    m_start->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));

    auto* row = new QHBoxLayout(footer);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(m_hint, 1);
    auto* ranksLabel = new QLabel(tr("Ran&ks"), this);
    ranksLabel->setBuddy(m_ranks);
    row->addWidget(ranksLabel);
    row->addWidget(m_ranks);
    row->addWidget(m_rankStudy);
    row->addSpacing(8);
    row->addWidget(m_start);

    connect(m_start, &QPushButton::clicked, this, &ExperimentPage::start);
    connect(m_rankStudy, &QPushButton::clicked, this, &ExperimentPage::startRanks);
    connect(m_ranks, &QLineEdit::returnPressed, m_rankStudy, &QPushButton::click);
    connect(m_ranks, &QLineEdit::textChanged, this, [this](const QString& text) {
        context().settings.setValue(ranksKey, text);
        showBlocker();
    });
    return footer;
}

void ExperimentPage::arrange(int columns) {
    if (columns == m_columnCount) return;
    m_columnCount = columns;
    const std::vector<std::vector<QWidget*>> plan =
        columns == 3 ? std::vector<std::vector<QWidget*>>{{m_modelCard, m_dataCard},
                                                          {m_matrixCard, m_planCard},
                                                          {m_form}}
        : columns == 2
            ? std::vector<std::vector<QWidget*>>{{m_modelCard, m_dataCard, m_planCard},
                                                 {m_matrixCard, m_form}}
            : std::vector<std::vector<QWidget*>>{{m_modelCard, m_dataCard, m_matrixCard, m_form, m_planCard}};
    delete m_columns->layout();
    auto* across = new QHBoxLayout(m_columns);
    across->setContentsMargins(0, 0, 0, 0);
    across->setSpacing(12);
    for (const auto& cards : plan) {
        auto* column = new QVBoxLayout;
        column->setSpacing(12);
        bool grows = false;
        for (QWidget* card : cards) {
            grows = grows || card == m_dataCard;  // its preview has use for any room
            column->addWidget(card, card == m_dataCard || card == m_matrixCard ? 100 : 0);
        }
        if (!grows) column->addStretch(1);  // what the matrices leave, once all layers are seen
        across->addLayout(column, 1);
    }
}

void ExperimentPage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    const int width = contentsRect().width() - 32;
    arrange(width >= threeColumns ? 3 : width >= twoColumns ? 2 : 1);
}

void ExperimentPage::showBlocker() {
    const QString blocker = m_presenter->blocker();
    m_start->setEnabled(blocker.isEmpty());
    m_start->setToolTip(blocker.isEmpty() ? tr("Train this experiment (Ctrl+Return)") : blocker);

    QString rankProblem;
    const QList<qint64> ranks =
        ExperimentPresenter::parseRanks(m_ranks->text(), m_presenter->largestRank(), &rankProblem);
    const bool ranksGood = !ranks.isEmpty();
    m_rankStudy->setEnabled(blocker.isEmpty() && ranksGood);
    m_rankStudy->setToolTip(
        !blocker.isEmpty() ? blocker
        : !ranksGood       ? rankProblem
                     : tr("One run for each of these ranks, the scaling kept at %1; all else as in the form")
                           .arg(units::number(m_presenter->spec().lora.scaling())));
    m_ranks->setToolTip(ranksGood ? tr("Ranks to train at once, over one base") : rankProblem);

    const bool reading = m_presenter->modelPending() || m_presenter->dataPending() || m_presenter->starting();
    const QString hint = !blocker.isEmpty() ? blocker : rankProblem;
    m_hint->setText(hint);
    m_hint->setToolTip(hint);
    QPalette ink = m_hint->palette();
    ink.setColor(QPalette::WindowText, reading ? context().theme.secondaryText() : context().theme.warning());
    m_hint->setPalette(ink);
}

void ExperimentPage::start() {
    if (!m_start->isEnabled()) return;
    messageBar().clear();
    m_presenter->start();
}

void ExperimentPage::startRanks() {
    QString problem;
    const auto ranks = ExperimentPresenter::parseRanks(m_ranks->text(), m_presenter->largestRank(), &problem);
    messageBar().clear();
    m_presenter->startAtRanks(ranks);
}

void ExperimentPage::showQueued(const QStringList& runIds) {
    Q_EMIT context().navigator.runRequested(runIds.constFirst());
}

void ExperimentPage::useSpec(const engine::ExperimentSpec& spec) {
    m_presenter->replace(spec);
    messageBar().show(MessageBar::Kind::Info,
                      tr("The form holds a copy of that experiment; change what you like and start it."));
}

void ExperimentPage::openModel() {
    m_modelCard->browse();
}
void ExperimentPage::openData() {
    m_dataCard->browse();
}
void ExperimentPage::savePreset() {
    m_form->savePreset();
}
void ExperimentPage::refresh() {
    m_presenter->reload();
}

static QString droppedPath(const QMimeData& data) {
    return data.urls().size() == 1 && data.urls().constFirst().isLocalFile()
               ? data.urls().constFirst().toLocalFile()
               : QString();
}

void ExperimentPage::dragEnterEvent(QDragEnterEvent* event) {
    const QString path = droppedPath(*event->mimeData());
    if (path.isEmpty()) return;
    (QFileInfo(path).isDir() ? static_cast<Card*>(m_modelCard) : m_dataCard)->setHighlighted(true);
    event->acceptProposedAction();
}

void ExperimentPage::dragLeaveEvent(QDragLeaveEvent*) {
    m_modelCard->setHighlighted(false);
    m_dataCard->setHighlighted(false);
}

void ExperimentPage::dropEvent(QDropEvent* event) {
    dragLeaveEvent(nullptr);
    const QString path = droppedPath(*event->mimeData());
    if (path.isEmpty()) return;
    event->acceptProposedAction();
    messageBar().clear();
    if (QFileInfo(path).isDir())
        m_presenter->chooseModel(path);
    else
        m_presenter->chooseData(path);
}

}  // namespace ui
