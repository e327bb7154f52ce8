// TrainingForm: what few experiments need, folded away below the rest.
#include "ui/format/units.h"
#include "ui/pages/experiment/training_form.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/presenters/whole_modules.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>

namespace ui {

using engine::ExperimentSpec;
using engine::TrainBias;

namespace {

// In the order of the list on the form.
constexpr TrainBias kBiases[] = {TrainBias::none, TrainBias::lora_only, TrainBias::all};

bool usesMore(const engine::LoraConfig& lora) {
    return lora.bias != TrainBias::none || !lora.modules_to_save.empty();
}

}  // namespace

void TrainingForm::buildMoreRows() {
    m_more = new QToolButton(this);
    m_more->setObjectName(QStringLiteral("moreFields"));
    m_more->setText(tr("More"));
    m_more->setToolTip(tr("Biases and whole modules trained beside the adapter"));
    m_more->setAutoRaise(true);
    m_more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_grid->addWidget(m_more, m_grid->rowCount(), 0, 1, 2, Qt::AlignLeft);
    connect(m_more, &QToolButton::clicked, this, [this] { unfoldMore(!m_moreOpen); });

    const auto wide = [](QWidget* widget) {
        widget->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        return widget;
    };
    const auto explanation = [this](const char* name) {
        QLabel* label = hint({});
        label->setObjectName(QLatin1String(name));
        label->setWordWrap(true);
        label->setMinimumWidth(1);
        m_grid->addWidget(label, m_grid->rowCount(), 1);
        return label;
    };

    auto* biases = choice(
        "biasCombo", tr("Biases b of y = W·x + b that are trained and stored beside A and B"),
        {tr("none"), tr("of the ticked matrices"), tr("all of the model")},
        [](const ExperimentSpec& s) {
            return double(std::find(std::begin(kBiases), std::end(kBiases), s.lora.bias) -
                          std::begin(kBiases));
        },
        [](ExperimentSpec& s, double v) { s.lora.bias = kBiases[int(v)]; });
    QLabel* biasLabel = row(tr("Bia&ses"), biases, {wide(biases)});
    m_biasHint = explanation("biasHint");

    m_modules = new QLineEdit(this);
    m_modules->setObjectName(QStringLiteral("modulesField"));
    m_modules->setPlaceholderText(tr("none"));
    m_modules->setToolTip(
        tr("Names of modules, separated by commas; a name stands for every module that ends with it"));
    connect(m_modules, &QLineEdit::textEdited, this, [this](const QString& text) {
        m_presenter.edit([&](ExperimentSpec& spec) { spec.lora.modules_to_save = parseModules(text); });
    });
    m_readers.push_back([this](const ExperimentSpec& spec) {
        if (parseModules(m_modules->text()) != spec.lora.modules_to_save)
            m_modules->setText(joinModules(spec.lora.modules_to_save));
        if (usesMore(spec.lora)) unfoldMore(true);
    });
    m_moduleMenu = new QMenu(this);
    auto* choose = new QPushButton(this);
    choose->setObjectName(QStringLiteral("chooseModules"));
    choose->setText(tr("Choose"));
    choose->setMenu(m_moduleMenu);
    connect(m_moduleMenu, &QMenu::aboutToShow, this, &TrainingForm::fillModules);
    QLabel* modulesLabel = row(tr("Train &whole"), m_modules, {wide(m_modules), choose});
    m_modulesHint = explanation("modulesHint");

    m_moreRows = {biasLabel, biases, m_biasHint, modulesLabel, m_modules, choose, m_modulesHint};
    connect(&m_presenter, &ExperimentPresenter::planChanged, this, &TrainingForm::showMore);
    unfoldMore(false);
}

void TrainingForm::unfoldMore(bool open) {
    m_moreOpen = open;
    m_more->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
    for (QWidget* widget : m_moreRows) widget->setVisible(open);
    showMore();
}

void TrainingForm::showMore() {
    const engine::LoraConfig& lora = m_presenter.spec().lora;
    const auto& plan = m_presenter.plan();
    // Folded, it still says what is in use.
    QStringList used;
    if (lora.bias != TrainBias::none) used << tr("biases");
    if (!lora.modules_to_save.empty()) used << joinModules(lora.modules_to_save);
    m_more->setText(m_moreOpen || used.isEmpty()
                        ? tr("More")
                        : tr("More: %1 trained, too").arg(used.join(QStringLiteral(", "))));

    if (lora.bias == TrainBias::none)
        m_biasHint->setText(tr("The vectors b of y = W·x + b stay frozen, as in the paper."));
    else if (plan && plan->bias_params == 0)
        m_biasHint->setText(tr("This model has none there; nothing is added."));
    else
        m_biasHint->setText(
            plan ? tr("Adds %1 values; merging needs them, too.").arg(units::count(plan->bias_params))
                 : QString());
    if (lora.modules_to_save.empty())
        m_modulesHint->setText(tr("Every weight of these modules is trained and stored with the adapter."));
    else
        m_modulesHint->setText(
            plan ? tr("Adds %1 values, stored whole with the adapter.").arg(units::count(plan->saved_params))
                 : m_presenter.planProblem());
}

void TrainingForm::fillModules() {
    m_moduleMenu->clear();
    const auto& model = m_presenter.model();
    const auto modules = model ? wholeModules(*model) : std::vector<WholeModule>{};
    if (modules.empty()) {
        m_moduleMenu->addAction(tr("The modules of this model are not known"))->setEnabled(false);
        return;
    }
    const auto& chosen = m_presenter.spec().lora.modules_to_save;
    for (const WholeModule& module : modules) {
        auto* action = m_moduleMenu->addAction(
            tr("%1\t%2 values").arg(QString::fromStdString(module.entry), units::count(module.values)));
        action->setCheckable(true);
        action->setChecked(std::find(chosen.begin(), chosen.end(), module.entry) != chosen.end());
        connect(action, &QAction::toggled, this, [this, entry = module.entry](bool on) {
            auto list = m_presenter.spec().lora.modules_to_save;
            if (on)
                list.push_back(entry);
            else
                std::erase(list, entry);
            m_modules->setText(joinModules(list));
            m_presenter.edit([&](ExperimentSpec& spec) { spec.lora.modules_to_save = list; });
        });
    }
}

}  // namespace ui
