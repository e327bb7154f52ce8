#include "ui/pages/experiment/model_card.h"

#include "ui/format/units.h"
#include "ui/presenters/export_facts.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/theme/theme.h"
#include "workbench/workbench.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

ModelCard::ModelCard(const Theme& theme, workbench::Workbench& workbench, ExperimentPresenter& presenter,
                     QWidget* parent)
    : Card(theme, tr("Base model"), parent),
      m_theme(theme),
      m_workbench(workbench),
      m_presenter(presenter),
      m_choose(new QPushButton(this)),
      m_menu(new QMenu(this)),
      m_name(new QLabel(this)),
      m_facts(new QLabel(this)),
      m_checks(new QLabel(this)),
      m_exports(new QLabel(this)) {
    setObjectName(QStringLiteral("modelCard"));
    m_choose->setObjectName(QStringLiteral("chooseModel"));
    m_choose->setText(tr("Change"));
    m_choose->setToolTip(
        tr("Choose a shipped or recent model, or a Hugging Face folder; a folder can also be dropped here"));
    m_choose->setMenu(m_menu);
    header().addWidget(m_choose);

    m_name->setObjectName(QStringLiteral("modelName"));
    QFont large = m_name->font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    m_name->setFont(large);
    m_name->setTextFormat(Qt::PlainText);
    m_facts->setObjectName(QStringLiteral("modelFacts"));
    m_checks->setObjectName(QStringLiteral("modelChecks"));
    m_exports->setObjectName(QStringLiteral("modelExports"));
    m_exports->setTextFormat(Qt::PlainText);
    for (QLabel* label : {m_name, m_facts, m_checks, m_exports}) {
        label->setWordWrap(true);
        label->setMinimumWidth(1);  // a long name must not widen the page
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        body().addWidget(label);
    }
    body().setSpacing(4);
    styleAsHint(theme, m_facts);
    styleAsHint(theme, m_checks);
    styleAsHint(theme, m_exports);

    connect(m_menu, &QMenu::aboutToShow, this, &ModelCard::fillMenu);
    connect(&presenter, &ExperimentPresenter::modelChanged, this, &ModelCard::refresh);
    connect(&presenter, &ExperimentPresenter::exportsChanged, this, &ModelCard::showExports);
    connect(&theme, &Theme::changed, this, &ModelCard::refresh);
    fillMenu();
    refresh();
}

void ModelCard::browse() {
    const QString folder =
        QFileDialog::getExistingDirectory(window(), tr("Choose a model folder"), {},
                                          QFileDialog::ShowDirsOnly | QFileDialog::DontResolveSymlinks);
    if (!folder.isEmpty()) m_presenter.chooseModel(folder);
}

void ModelCard::fillMenu() {
    m_menu->clear();
    bool recents = false, cached = false;
    const auto models = guarded([this] { return m_workbench.models(); });
    for (const auto& entry : models ? *models : std::vector<workbench::ModelEntry>{}) {
        if (!entry.builtin && entry.last_used > 0 && !recents) {
            recents = true;
            m_menu->addSection(tr("Recent"));
        }
        if (entry.cached && entry.last_used == 0 && !cached) {
            cached = true;
            m_menu->addSection(tr("In the Hugging Face cache"));
        }
        auto* action = m_menu->addAction(QString::fromStdString(entry.builtin ? entry.ref : entry.name));
        action->setToolTip(QString::fromStdString(entry.path.string()));
        action->setCheckable(true);
        action->setChecked(entry.ref == m_presenter.spec().model);
        connect(action, &QAction::triggered, this,
                [this, ref = QString::fromStdString(entry.ref)] { m_presenter.chooseModel(ref); });
    }
    m_menu->addSeparator();
    auto* browseAction = m_menu->addAction(m_theme.icon(QStringLiteral("folder")), tr("Open a folder…"));
    connect(browseAction, &QAction::triggered, this, &ModelCard::browse);
    m_menu->setToolTipsVisible(true);
}

// What an adapter of this model can become, and why not: known before an hour of training, not after it.
void ModelCard::showExports() {
    const auto& exports = m_presenter.exports();
    QStringList marks, reasons, notes;
    for (const engine::ExportChoice& choice : exports) {
        marks << (choice.possible ? tr("✓ %1") : tr("✗ %1")).arg(exportTitle(choice.format));
        const QString reason = QString::fromStdString(choice.reason);
        if (!reason.isEmpty() && !reasons.contains(reason)) reasons << reason;
        for (const std::string& note : choice.notes) notes << QString::fromStdString(note);
    }
    m_exports->setText((QStringList{tr("Exports: %1").arg(joinFacts(marks))} + reasons).join(QLatin1Char('\n')));
    m_exports->setToolTip(notes.join(QLatin1Char('\n')));
    m_exports->setVisible(!exports.empty());
}

void ModelCard::refresh() {
    showExports();
    const auto& model = m_presenter.model();
    QPalette ink = m_name->palette();
    const bool bad = !model && !m_presenter.modelProblem().isEmpty();
    ink.setColor(QPalette::WindowText, bad ? m_theme.danger() : m_theme.text());
    m_name->setPalette(ink);
    m_facts->setVisible(model.has_value());
    m_checks->setVisible(model.has_value());
    if (!model) {
        m_name->setText(bad ? m_presenter.modelProblem()
                            : tr("Reading %1 …").arg(QString::fromStdString(m_presenter.spec().model)));
        return;
    }
    m_name->setText(QString::fromStdString(model->name));
    m_name->setToolTip(QString::fromStdString(model->path.string()));
    m_facts->setText(joinFacts({QString::fromStdString(model->architecture),
                                tr("%1 parameters").arg(units::shortCount(model->total_params)),
                                tr("%n layer(s)", nullptr, static_cast<int>(model->layers)),
                                tr("width %1").arg(units::count(model->hidden_size)),
                                tr("%n head(s)", nullptr, static_cast<int>(model->heads)),
                                tr("context %1").arg(units::count(model->max_positions)),
                                QString::fromStdString(model->dtype)}));
    m_facts->setToolTip(tr("%1 parameters exactly").arg(units::count(model->total_params)));
    QStringList checks;
    checks << (model->tokenizer.empty()
                   ? tr("✗ tokenizer: %1").arg(QString::fromStdString(model->tokenizer_problem))
                   : tr("✓ %1").arg(QString::fromStdString(model->tokenizer)));
    checks << (model->has_weights ? tr("✓ weights %1").arg(units::bytes(model->weight_bytes))
                                  : tr("✗ no weights"));
    if (model->new_head) {
        checks << tr("✓ a head for the labels is made anew");
    } else if (model->labels > 0) {
        QStringList names;
        for (const std::string& name : model->label_names) names << QString::fromStdString(name);
        if (names.size() > 4) names = names.mid(0, 3) << QStringLiteral("…");
        checks << tr("✓ head of %Ln label(s)", nullptr, static_cast<int>(model->labels)) +
                      (names.isEmpty() ? QString() : QStringLiteral(": ") + names.join(QStringLiteral(", ")));
    }
    if (model->tied_embeddings) checks << tr("✓ tied embeddings");
    m_checks->setText(joinFacts(checks));
}

}  // namespace ui
