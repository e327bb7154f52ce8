#include "ui/pages/experiment/training_form.h"

#include "ui/format/units.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/presenters/machine.h"
#include "ui/presenters/presets.h"
#include "ui/theme/theme.h"
#include "ui/widgets/device_combo.h"
#include "ui/widgets/number_field.h"

#include <QComboBox>
#include <QGridLayout>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ui {

using engine::ExperimentSpec;

namespace {

constexpr double noLimit = 1e9;
constexpr int sliderSteps = 120;

// The slider runs along log(rank), so that 1, 2, 4, 8 ... lie equally far apart.
int sliderOf(double rank, double largest) {
    return largest <= 1 ? 0 : static_cast<int>(std::lround(std::log(rank) / std::log(largest) * sliderSteps));
}
double rankOf(int position, double largest) {
    return std::clamp(std::round(std::exp(std::log(largest) * position / sliderSteps)), 1.0, largest);
}

}  // namespace

TrainingForm::TrainingForm(const Theme& theme, QSettings& settings, Machine& machine,
                           ExperimentPresenter& presenter, QWidget* parent)
    : Card(theme, tr("Training"), parent),
      m_theme(theme),
      m_settings(settings),
      m_presenter(presenter),
      m_presets(new QMenu(this)),
      m_grid(new QGridLayout),
      m_device(new DeviceCombo(this)) {
    setObjectName(QStringLiteral("trainingForm"));
    auto* presets = new QPushButton(this);
    presets->setObjectName(QStringLiteral("presets"));
    presets->setText(tr("Presets"));
    presets->setToolTip(tr("Fill the form with known values, the paper's among them; model and data stay"));
    presets->setMenu(m_presets);
    m_presets->setToolTipsVisible(true);
    header().addWidget(presets);

    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(7);
    m_grid->setColumnStretch(1, 1);
    body().addLayout(m_grid);
    body().addStretch(1);
    buildAdapterRows();
    buildOptimizerRows();
    buildBatchRows();
    buildMachineRows();
    buildMoreRows();

    connect(m_presets, &QMenu::aboutToShow, this, &TrainingForm::fillPresets);
    connect(&presenter, &ExperimentPresenter::specReplaced, this, &TrainingForm::showSpec);
    connect(&presenter, &ExperimentPresenter::specChanged, this, &TrainingForm::showConsequences);
    connect(&presenter, &ExperimentPresenter::dataChanged, this, &TrainingForm::showConsequences);
    connect(&presenter, &ExperimentPresenter::modelChanged, this, &TrainingForm::showConsequences);
    const auto showDevices = [this, &machine] {
        m_device->setDevices(machine.info().devices);
        m_deviceReason->setText(m_device->reason());
        m_deviceReason->setVisible(!m_device->reason().isEmpty());
    };
    connect(&machine, &Machine::changed, this, showDevices);
    showDevices();
    fillPresets();
    showSpec();
}

NumberField* TrainingForm::field(const char* name, const QString& toolTip, bool whole, double least,
                                 double most, Read read, Write write) {
    auto* number =
        new NumberField(whole ? NumberField::Kind::Integer : NumberField::Kind::Real, least, most, this);
    number->setObjectName(QLatin1String(name));
    number->setToolTip(toolTip);
    connect(number, &NumberField::edited, this, [this, write](double value) {
        m_presenter.edit([&](ExperimentSpec& spec) { write(spec, value); });
    });
    m_readers.push_back([number, read](const ExperimentSpec& spec) { number->setValue(read(spec)); });
    return number;
}

QComboBox* TrainingForm::choice(const char* name, const QString& toolTip, const QStringList& texts, Read read,
                                Write write) {
    auto* combo = new QComboBox(this);
    combo->setObjectName(QLatin1String(name));
    combo->setToolTip(toolTip);
    combo->addItems(texts);
    connect(combo, &QComboBox::activated, this, [this, write](int index) {
        m_presenter.edit([&](ExperimentSpec& spec) { write(spec, index); });
    });
    m_readers.push_back(
        [combo, read](const ExperimentSpec& spec) { combo->setCurrentIndex(static_cast<int>(read(spec))); });
    return combo;
}

QLabel* TrainingForm::hint(const QString& text) {
    return makeHint(m_theme, text, this);
}

QLabel* TrainingForm::row(const QString& label, QWidget* buddy, std::initializer_list<QWidget*> widgets) {
    const int at = m_grid->rowCount();
    auto* name = new QLabel(label, this);
    name->setBuddy(buddy);
    m_grid->addWidget(name, at, 0);
    auto* line = new QHBoxLayout;
    line->setSpacing(6);
    bool stretches = false;
    for (QWidget* widget : widgets) {
        const bool wide = widget->sizePolicy().horizontalPolicy() == QSizePolicy::Expanding;
        stretches = stretches || wide;
        line->addWidget(widget, wide ? 1 : 0);
    }
    if (!stretches) line->addStretch(1);
    m_grid->addLayout(line, at, 1);
    return name;
}

void TrainingForm::buildAdapterRows() {
    auto* method = choice(
        "methodCombo",
        tr("LoRA scales ΔW by α/r; rsLoRA by α/√r, which keeps large ranks lively; DoRA trains the length m of each "
           "row apart from its direction"),
        {tr("LoRA, ΔW = α/r · B·A"), tr("rsLoRA, ΔW = α/√r · B·A"), tr("DoRA, W = m · (W₀+ΔW) / ‖W₀+ΔW‖"),
         tr("DoRA with rsLoRA's α/√r")},
        [](const ExperimentSpec& s) { return (s.lora.use_rslora ? 1 : 0) + (s.lora.use_dora ? 2 : 0); },
        [](ExperimentSpec& s, double v) {
            const int way = int(v);
            s.lora.use_rslora = way % 2 == 1;
            s.lora.use_dora = way >= 2;
        });
    method->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    row(tr("&Method"), method, {method});

    m_rank = field(
        "rankField", tr("Rank r: the width of B·A; any value up to the smaller side of the ticked matrices"),
        true, 1, noLimit, [](const ExperimentSpec& s) { return double(s.lora.rank); },
        [](ExperimentSpec& s, double v) { s.lora.rank = int64_t(v); });
    m_rank->setSteps(NumberField::Steps::Ladder);
    m_slider = new QSlider(Qt::Horizontal, this);
    m_slider->setObjectName(QStringLiteral("rankSlider"));
    m_slider->setRange(0, sliderSteps);
    m_slider->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_slider->setAccessibleName(tr("Rank"));
    connect(m_slider, &QSlider::valueChanged, this, [this](int position) {
        const double rank = rankOf(position, m_rank->maximum());
        m_rank->setValue(rank);
        m_presenter.edit([&](ExperimentSpec& spec) { spec.lora.rank = int64_t(rank); });
    });
    row(tr("&Rank r"), m_rank, {m_rank, m_slider});

    auto* alpha = field(
        "alphaField", tr("α: how strongly ΔW counts"), false, 1e-6, noLimit,
        [](const ExperimentSpec& s) { return s.lora.alpha; },
        [](ExperimentSpec& s, double v) { s.lora.alpha = v; });
    alpha->setSteps(NumberField::Steps::Ladder);
    m_scaling = new QLabel(this);
    m_scaling->setObjectName(QStringLiteral("scaling"));
    row(tr("&Alpha α"), alpha, {alpha, m_scaling});

    auto* dropout = field(
        "dropoutField", tr("Dropout on the input of A only"), false, 0, 0.95,
        [](const ExperimentSpec& s) { return s.lora.dropout; },
        [](ExperimentSpec& s, double v) { s.lora.dropout = v; });
    dropout->setSteps(NumberField::Steps::Additive, 0.05);
    row(tr("Dr&opout"), dropout, {dropout});
}

void TrainingForm::buildOptimizerRows() {
    auto* rate = field(
        "learningRateField", tr("Learning rate at the top of the schedule, for example 2e-4"), false, 1e-9,
        10, [](const ExperimentSpec& s) { return s.optimizer.learning_rate; },
        [](ExperimentSpec& s, double v) { s.optimizer.learning_rate = v; });
    rate->setSteps(NumberField::Steps::Ladder);
    auto* decay = field(
        "weightDecayField", tr("Weight decay of AdamW, decoupled"), false, 0, 10,
        [](const ExperimentSpec& s) { return s.optimizer.weight_decay; },
        [](ExperimentSpec& s, double v) { s.optimizer.weight_decay = v; });
    decay->setSteps(NumberField::Steps::Additive, 0.01);
    row(tr("&Learning rate"), rate, {rate, hint(tr("decay")), decay});

    auto* schedule = choice(
        "scheduleCombo", tr("How the learning rate goes on after the warm-up"),
        {tr("constant"), tr("linear"), tr("cosine")},
        [](const ExperimentSpec& s) { return double(int(s.optimizer.schedule)); },
        [](ExperimentSpec& s, double v) { s.optimizer.schedule = engine::Schedule(int(v)); });
    auto* warmup = field(
        "warmupField", tr("Warm-up, in percent of all steps"), false, 0, 100,
        [](const ExperimentSpec& s) { return s.optimizer.warmup * 100; },
        [](ExperimentSpec& s, double v) { s.optimizer.warmup = v / 100; });
    row(tr("S&chedule"), schedule, {schedule, warmup, hint(tr("% warm-up"))});

    auto* clip = field(
        "clipField", tr("Largest gradient norm; 0 clips nothing"), false, 0, 1e6,
        [](const ExperimentSpec& s) { return s.optimizer.max_grad_norm; },
        [](ExperimentSpec& s, double v) { s.optimizer.max_grad_norm = v; });
    clip->setSteps(NumberField::Steps::Additive, 0.1);
    row(tr("Gradient cl&ip"), clip, {clip});
}

void TrainingForm::buildBatchRows() {
    auto* batch = field(
        "batchField", tr("Rows in one forward pass"), true, 1, 65536,
        [](const ExperimentSpec& s) { return double(s.batch_size); },
        [](ExperimentSpec& s, double v) { s.batch_size = int64_t(v); });
    batch->setSteps(NumberField::Steps::Ladder);
    auto* accumulate = field(
        "accumulateField", tr("Passes whose gradients are added up before one optimiser step"), true, 1,
        65536, [](const ExperimentSpec& s) { return double(s.grad_accum); },
        [](ExperimentSpec& s, double v) { s.grad_accum = int64_t(v); });
    accumulate->setSteps(NumberField::Steps::Ladder);
    row(tr("&Batch"), batch, {batch, hint(tr("× accumulate")), accumulate});

    auto* length = field(
        "lengthField", tr("Tokens a row may have; longer rows are cut"), true, 2, 1 << 20,
        [](const ExperimentSpec& s) { return double(s.data.seq_len); },
        [](ExperimentSpec& s, double v) { s.data.seq_len = int64_t(v); });
    length->setSteps(NumberField::Steps::Ladder);
    row(tr("Len&gth"), length, {length, hint(tr("tokens"))});

    auto* unit = choice(
        "amountUnit", tr("How long to train"), {tr("epochs"), tr("steps")},
        [](const ExperimentSpec& s) { return s.steps > 0 ? 1 : 0; },
        [this](ExperimentSpec& s, double v) {
            // The same amount in the other unit, as far as it is known.
            if (v == 0)
                s.steps = 0;
            else if (s.steps == 0)
                s.steps = std::max<qint64>(1, m_presenter.totalSteps());
            m_amount->setValue(double(s.steps > 0 ? s.steps : s.epochs));
        });
    m_amount = field(
        "amountField", tr("How long to train"), true, 1, noLimit,
        [](const ExperimentSpec& s) { return double(s.steps > 0 ? s.steps : s.epochs); },
        [](ExperimentSpec& s, double v) { (s.steps > 0 ? s.steps : s.epochs) = int64_t(v); });
    m_steps = hint({});
    m_steps->setObjectName(QStringLiteral("stepCount"));
    row(tr("&Train for"), m_amount, {m_amount, unit, m_steps});

    auto* seed = field(
        "seedField", tr("The same seed and form give the same adapter, byte for byte"), true, 0, 9.0e15,
        [](const ExperimentSpec& s) { return double(s.seed); },
        [](ExperimentSpec& s, double v) { s.seed = uint64_t(v); });
    row(tr("S&eed"), seed, {seed});
}

void TrainingForm::buildMachineRows() {
    m_device->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_device, &DeviceCombo::deviceChosen, this, [this](const QString& id) {
        m_presenter.edit([&](ExperimentSpec& spec) { spec.device = id.toStdString(); });
        m_deviceReason->setText(m_device->reason());
    });
    m_readers.push_back([this](const ExperimentSpec& spec) { m_device->setDevice(spec.device); });
    row(tr("&Device"), m_device, {m_device});
    m_deviceReason = hint({});
    m_deviceReason->setObjectName(QStringLiteral("deviceReason"));
    m_deviceReason->setWordWrap(true);
    m_grid->addWidget(m_deviceReason, m_grid->rowCount(), 1);

    auto* precision = choice(
        "precisionCombo", tr("Number format of the frozen weights and their products; the adapter is f32"),
        {tr("f32, exact"), tr("bf16, half the memory"), tr("auto, by measurement")},
        [](const ExperimentSpec& s) { return double(int(s.precision)); },
        [](ExperimentSpec& s, double v) { s.precision = engine::Precision(int(v)); });
    row(tr("D&type"), precision, {precision});
    m_precisionHint = hint(tr("Takes bf16 if its products are at least a tenth faster on this machine, else f32; "
                              "measured when the run is made and recorded with it."));
    m_precisionHint->setObjectName(QStringLiteral("precisionHint"));
    m_precisionHint->setWordWrap(true);
    m_precisionHint->setMinimumWidth(1);
    m_grid->addWidget(m_precisionHint, m_grid->rowCount(), 1);

    m_name = new QLineEdit(this);
    m_name->setObjectName(QStringLiteral("nameField"));
    m_name->setPlaceholderText(tr("named after matrices and rank"));
    m_name->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_name, &QLineEdit::textEdited, this, [this](const QString& text) {
        m_presenter.edit([&](ExperimentSpec& spec) { spec.name = text.trimmed().toStdString(); });
    });
    m_readers.push_back([this](const ExperimentSpec& spec) {
        const QString name = QString::fromStdString(spec.name);
        if (m_name->text().trimmed() != name) m_name->setText(name);
    });
    row(tr("&Name"), m_name, {m_name});
}

void TrainingForm::showSpec() {
    m_rank->setRange(1, noLimit);
    for (const auto& read : m_readers) read(m_presenter.spec());
    showConsequences();
}

void TrainingForm::showConsequences() {
    const ExperimentSpec& spec = m_presenter.spec();
    const double largest = double(m_presenter.largestRank());
    // A rank that is too large for new ticks stays as it was written; the plan says what is wrong with it.
    m_rank->setRange(1, std::max(largest, double(spec.lora.rank)));
    m_rank->setToolTip(tr("Rank r, from 1 to %1 for the ticked matrices").arg(units::count(qint64(largest))));
    {
        const QSignalBlocker quiet(m_slider);
        m_slider->setEnabled(largest > 1);
        m_slider->setValue(sliderOf(double(spec.lora.rank), m_rank->maximum()));
    }
    m_precisionHint->setVisible(spec.precision == engine::Precision::automatic);
    m_scaling->setText(tr("scaling %1 = %2")
                           .arg(spec.lora.use_rslora ? QStringLiteral("α/√r") : QStringLiteral("α/r"),
                                units::number(spec.lora.scaling())));
    const qint64 steps = m_presenter.totalSteps();
    if (spec.steps > 0)
        m_steps->setText({});
    else
        m_steps->setText(steps > 0 ? tr("≈ %1 steps").arg(units::count(steps)) : QString());
    showMore();
}

void TrainingForm::fillPresets() {
    m_presets->clear();
    const auto add = [this](const Preset& preset) {
        auto* action = m_presets->addAction(preset.name);
        action->setToolTip(preset.meaning);
        connect(action, &QAction::triggered, this, [this, preset] {
            const auto& model = m_presenter.model();
            m_presenter.replace(
                applyPreset(preset, m_presenter.spec(), model ? model->kinds : std::vector<std::string>{}));
        });
    };
    m_presets->addAction(tr("First experiment"), this, [this] { m_presenter.resetToFirstExperiment(); })
        ->setToolTip(tr("Model, data and form as at the very first start"));
    for (const Preset& preset : builtinPresets()) add(preset);
    const auto saved = savedPresets(m_settings);
    if (!saved.empty()) m_presets->addSection(tr("Saved"));
    for (const Preset& preset : saved) add(preset);
    m_presets->addSeparator();
    m_presets->addAction(tr("Save as a preset…\tCtrl+S"), this, &TrainingForm::savePreset);
    if (saved.empty()) return;
    auto* removal = m_presets->addMenu(tr("Remove"));
    for (const Preset& preset : saved)
        removal->addAction(preset.name, this, [this, preset] { removePreset(m_settings, preset.name); });
}

void TrainingForm::savePreset() {
    bool ok = false;
    const QString name =
        QInputDialog::getText(window(), tr("Save as a preset"), tr("Name"), QLineEdit::Normal, {}, &ok)
            .trimmed();
    if (ok && !name.isEmpty()) ui::savePreset(m_settings, name, m_presenter.spec());
}

}  // namespace ui
