#include "ui/pages/export_page.h"

#include "ui/format/units.h"
#include "ui/models/exports_model.h"
#include "ui/theme/theme.h"
#include "ui/widgets/adapter_picker.h"
#include "ui/widgets/card.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/primary_button.h"
#include "ui/widgets/table_view.h"
#include "ui/widgets/target_card.h"
#include "ui/widgets/verdict_card.h"

#include <engine/runtime.h>

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>

#include <algorithm>
#include <mutex>

namespace ui {
namespace {

const QString kAdapterKey = QStringLiteral("export/adapter");
const QString kParentKey = QStringLiteral("export/parent");
const QString kTargetKey = QStringLiteral("export/target");
const QString kDtypeKey = QStringLiteral("export/dtype");

}  // namespace

// Written by the exporting thread, read by a timer of the window.
struct ExportPage::Progress {
    std::mutex mutex;
    double fraction = 0;
    std::string what;
};

ExportPage::ExportPage(const AppContext& context, QWidget* parent)
    : Page(context, tr("Export"), parent),
      m_prediction(context.tasks),
      m_suggestion(context.tasks),
      m_folderCheck(context.tasks),
      m_loadExports(context.tasks),
      m_watcher(context.tasks, context.workbench.paths().catalog_file()),
      m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(context.theme, QStringLiteral("export"), this)),
      m_progressTimer(new QTimer(this)),
      m_exports(new ExportsModel(this)) {
    auto* page = new QWidget(this);
    auto* columns = new QHBoxLayout(page);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(16);
    columns->addWidget(buildForm(), 1);
    columns->addWidget(buildOutcome(), 1);
    m_empty->setText(
        tr("Nothing to export yet"),
        tr("Once an adapter has been trained, it can be written here as a PEFT folder or merged into its "
           "base model, with a test of what was written."));
    m_empty->setAction(tr("Open the catalog"));
    connect(m_empty, &EmptyState::actionRequested, this, &ExportPage::catalogPageRequested);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(page);
    contentArea().addWidget(m_stack);

    m_progressTimer->setInterval(100);
    connect(m_progressTimer, &QTimer::timeout, this, &ExportPage::showProgress);
    connect(&m_watcher, &CatalogWatcher::changed, this, &ExportPage::refresh);
    m_picker->setCurrentId(context.settings.value(kAdapterKey).toString());
    updateButton();
    refresh();
}

ExportPage::~ExportPage() {
    m_stop.request_stop();
}

// ---- layout

QWidget* ExportPage::buildForm() {
    auto* form = new QWidget;
    m_picker = new AdapterPicker(context(), form);
    m_picker->setObjectName(QStringLiteral("exportAdapterPicker"));
    m_picker->setAccessibleName(tr("Adapter"));
    m_picker->lineEdit()->setPlaceholderText(tr("Choose an adapter"));
    m_about = makeHint(context().theme, {}, form);
    m_about->setObjectName(QStringLiteral("exportAbout"));
    m_about->setWordWrap(true);
    auto* adapter = new Card(context().theme, tr("Adapter"), form);
    adapter->body().addWidget(m_picker);
    adapter->body().addWidget(m_about);
    connect(m_picker, &AdapterPicker::chosen, this, &ExportPage::adapterChosen);
    connect(m_picker, &AdapterPicker::loaded, this, &ExportPage::pickerLoaded);
    connect(m_picker, &AdapterPicker::failed, this,
            [this](const engine::Error& e) { messageBar().showError(e); });

    m_export = new PrimaryButton(context().theme, tr("&Export"), form);
    m_export->setObjectName(QStringLiteral("startExport"));
    m_cancel = new QPushButton(tr("&Cancel"), form);
    m_cancel->setObjectName(QStringLiteral("cancelExport"));
    m_progress = new QProgressBar(form);
    m_progress->setObjectName(QStringLiteral("exportProgress"));
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(6);
    m_progressText = makeHint(context().theme, {}, form);
    m_progressText->setObjectName(QStringLiteral("exportProgressText"));
    for (QWidget* widget : std::initializer_list<QWidget*>{m_cancel, m_progress, m_progressText})
        widget->hide();
    connect(m_export, &QPushButton::clicked, this, &ExportPage::start);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_stop.request_stop();
        m_cancel->setEnabled(false);
        m_progressText->setText(tr("Cancelling…"));
    });
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_progressText, 1);
    buttons->addStretch();
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_export);

    auto* all = new QVBoxLayout(form);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(12);
    all->addWidget(adapter);
    all->addWidget(buildTargets());
    all->addWidget(buildDestination());
    all->addWidget(m_progress);
    all->addLayout(buttons);
    all->addStretch(1);

    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(form);
    return scroll;
}

QWidget* ExportPage::buildTargets() {
    auto* card = new Card(context().theme, tr("Target"), this);
    m_merged = new TargetCard(
        context().theme, tr("Merged model"),
        tr("A Hugging Face folder with the adapter added to the weights. Runs wherever the base "
           "model runs."),
        card);
    m_merged->setObjectName(QStringLiteral("targetMerged"));
    m_peft = new TargetCard(context().theme, tr("PEFT adapter"),
                            tr("Only the adapter, for software that loads it beside its base model."), card);
    m_peft->setObjectName(QStringLiteral("targetPeft"));
    (context().settings.value(kTargetKey).toString() == QLatin1String("peft") ? m_peft : m_merged)
        ->setChecked(true);
    auto* cards = new QHBoxLayout;
    cards->setSpacing(8);
    cards->addWidget(m_merged);
    cards->addWidget(m_peft);

    m_dtype = new QComboBox(card);
    m_dtype->setObjectName(QStringLiteral("exportDtype"));
    m_dtype->addItem(tr("as the base model"), static_cast<int>(engine::StoredDtype::as_base));
    m_dtype->addItem(tr("f32, exact"), static_cast<int>(engine::StoredDtype::f32));
    m_dtype->addItem(tr("f16"), static_cast<int>(engine::StoredDtype::f16));
    m_dtype->addItem(tr("bf16"), static_cast<int>(engine::StoredDtype::bf16));
    m_dtype->setCurrentIndex(std::max(0, m_dtype->findData(context().settings.value(kDtypeKey, 0).toInt())));
    m_dtypeLabel = new QLabel(tr("&Weights stored as"), card);
    m_dtypeLabel->setBuddy(m_dtype);
    auto* row = new QHBoxLayout;
    row->addWidget(m_dtypeLabel);
    row->addWidget(m_dtype, 1);
    card->body().addLayout(cards);
    card->body().addLayout(row);
    connect(m_merged, &QAbstractButton::toggled, this, [this] {
        context().settings.setValue(kTargetKey,
                                    m_peft->isChecked() ? QStringLiteral("peft") : QStringLiteral("hf"));
        suggest();
        updateButton();
    });
    connect(m_dtype, &QComboBox::currentIndexChanged, this, [this] {
        context().settings.setValue(kDtypeKey, m_dtype->currentData());
        predict();
    });
    return card;
}

QWidget* ExportPage::buildDestination() {
    auto* card = new Card(context().theme, tr("Destination"), this);
    m_folder = new QLineEdit(card);
    m_folder->setObjectName(QStringLiteral("exportFolder"));
    m_folder->setAccessibleName(tr("Destination folder"));
    m_folder->setPlaceholderText(tr("New or empty folder"));
    m_browse = new QPushButton(tr("&Browse…"), card);
    m_folderHint = makeHint(context().theme, {}, card);
    m_folderHint->setObjectName(QStringLiteral("folderHint"));
    m_folderHint->setWordWrap(true);
    auto* row = new QHBoxLayout;
    row->addWidget(m_folder, 1);
    row->addWidget(m_browse);
    card->body().addLayout(row);
    card->body().addWidget(m_folderHint);
    connect(m_folder, &QLineEdit::textEdited, this,
            [this](const QString& text) { m_folderTyped = !text.isEmpty(); });
    connect(m_folder, &QLineEdit::textChanged, this, &ExportPage::checkFolder);
    connect(m_browse, &QPushButton::clicked, this, &ExportPage::browse);
    return card;
}

QWidget* ExportPage::buildOutcome() {
    auto* column = new QWidget(this);
    m_verdict = new VerdictCard(context().theme, column);
    m_verdict->setObjectName(QStringLiteral("verdictCard"));
    auto* former = new Card(context().theme, tr("Exports of this adapter"), column);
    m_exportsView = makeTextTable(m_exports, former);
    m_exportsView->setObjectName(QStringLiteral("formerExports"));
    m_exportsView->setSelectionMode(QAbstractItemView::SingleSelection);
    auto* none = makeHint(context().theme, tr("This adapter has not been exported yet."), former);
    none->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_exportsStack = new QStackedWidget(former);
    m_exportsStack->addWidget(none);
    m_exportsStack->addWidget(m_exportsView);
    former->body().addWidget(m_exportsStack);
    connect(m_exportsView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& index) {
                if (const auto* record = m_exports->record(index)) m_verdict->setVerdict(verdictOf(*record));
            });
    auto* all = new QVBoxLayout(column);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(12);
    all->addWidget(m_verdict);
    all->addWidget(former, 1);
    return column;
}

// ---- what is chosen

engine::ExportFormat ExportPage::format() const {
    return m_peft->isChecked() ? engine::ExportFormat::peft : engine::ExportFormat::hf;
}

engine::StoredDtype ExportPage::dtype() const {
    return static_cast<engine::StoredDtype>(m_dtype->currentData().toInt());
}

void ExportPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    m_watcher.start();
}

void ExportPage::hideEvent(QHideEvent* event) {
    Page::hideEvent(event);
    m_watcher.stop();
}

void ExportPage::activated() {
    refresh();
}

void ExportPage::refresh() {
    m_picker->reload();
}

bool ExportPage::focusSearch() {
    m_picker->setFocus(Qt::ShortcutFocusReason);
    m_picker->lineEdit()->selectAll();
    return true;
}

void ExportPage::showAdapter(const QString& adapterId) {
    m_picker->setCurrentId(adapterId);
    adapterChosen(adapterId);
    m_picker->reload();
}

void ExportPage::adapterChosen(const QString& id) {
    if (m_adapter && id.toStdString() == m_adapter->id) return;
    context().settings.setValue(kAdapterKey, id);
    m_adapter = m_picker->current();
    m_folderTyped = false;
    m_sizes = {};
    m_verdict->clear();
    if (m_adapter) {
        const auto& a = *m_adapter;
        const QString loss =
            a.eval_loss ? tr(" · evaluation loss %1").arg(units::loss(*a.eval_loss)) : QString();
        m_about->setText(tr("%1 · %2 · rank %3 · %4 parameters")
                             .arg(QString::fromStdString(a.model_name), QString::fromStdString(a.targets),
                                  units::count(a.rank), units::shortCount(a.trainable_params)) +
                         loss);
    } else {
        m_about->clear();
    }
    predict();
    suggest();
    loadExports();
    updateButton();
}

void ExportPage::pickerLoaded() {
    m_stack->setCurrentIndex(m_picker->adapterCount() > 0 ? 1 : 0);
    if (m_picker->currentId().isEmpty() || !m_picker->current()) {
        if (m_adapter || m_picker->count() == 0) return adapterChosen({});
        // The newest adapter is what one most likely wants.
        m_picker->setCurrentId(m_picker->itemData(0).toString());
    }
    adapterChosen(m_picker->currentId());
    loadExports();
}

void ExportPage::predict() {
    if (!m_adapter) {
        m_merged->setSize({});
        m_peft->setSize({});
        return m_prediction.cancel();
    }
    m_prediction.ask(
        this,
        [&workbench = context().workbench, adapter = *m_adapter, stored = dtype()] {
            return predictSizes(workbench, adapter, stored);
        },
        [this](engine::Result<ExportSizes> sizes) {
            m_sizes = sizes ? *sizes : ExportSizes{{}, {}, QString::fromStdString(sizes.error().message)};
            const auto text = [](const std::optional<std::int64_t>& bytes) {
                return bytes ? units::bytes(*bytes) : QString();
            };
            m_merged->setSize(text(m_sizes.merged));
            m_peft->setSize(text(m_sizes.peft));
            checkFolder();
        });
}

void ExportPage::suggest() {
    if (m_folderTyped || !m_adapter) return;
    const QString usual = QString::fromStdString((context().workbench.paths().data_dir / "exports").string());
    m_suggestion.ask(
        this,
        [parent = context().settings.value(kParentKey, usual).toString(),
         name = QString::fromStdString(m_adapter->name),
         target = format()] { return suggestedFolder(parent, name, target); },
        [this](engine::Result<QString> folder) {
            if (folder && !m_folderTyped) m_folder->setText(*folder);
            checkFolder();
        });
}

void ExportPage::checkFolder() {
    const auto bytes = format() == engine::ExportFormat::peft ? m_sizes.peft : m_sizes.merged;
    m_folderCheck.ask(
        this, [folder = m_folder->text(), bytes] { return folderProblem(folder, bytes); },
        [this](engine::Result<QString> problem) {
            m_folderProblem = problem ? *problem : QString::fromStdString(problem.error().message);
            updateButton();
        });
    updateButton();
}

void ExportPage::browse() {
    const QString parent = QFileInfo(m_folder->text()).absolutePath();
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Export into"), parent);
    if (folder.isEmpty()) return;
    m_folderTyped = true;
    m_folder->setText(folder);
}

void ExportPage::updateButton() {
    const bool running = m_running != nullptr;
    const bool merged = format() == engine::ExportFormat::hf;
    m_dtype->setEnabled(merged && !running);
    m_dtypeLabel->setEnabled(merged && !running);
    m_dtype->setToolTip(merged ? QString() : tr("A PEFT folder keeps the adapter as it was trained"));
    for (QWidget* widget : std::initializer_list<QWidget*>{m_picker, m_peft, m_merged, m_folder, m_browse})
        widget->setEnabled(!running);
    QString why;
    if (running)
        why = tr("An export is under way.");
    else if (!m_adapter)
        why = tr("Choose an adapter.");
    else if (!m_sizes.problem.isEmpty())
        why = m_sizes.problem;
    else
        why = m_folderProblem;
    // An answer that is still on its way is no reason to tell, but one to wait.
    const bool waiting = m_prediction.pending() || m_suggestion.pending() || m_folderCheck.pending();
    m_export->setEnabled(why.isEmpty() && !waiting);
    m_export->setToolTip(why.isEmpty() && waiting ? tr("Looking at adapter and folder") : why);
    m_folderHint->setText(running || !m_adapter ? QString() : why);
    m_folderHint->setVisible(!m_folderHint->text().isEmpty());
}

void ExportPage::loadExports() {
    if (!m_adapter) {
        m_exports->setExports({});
        m_exportsStack->setCurrentIndex(0);
        return m_loadExports.cancel();
    }
    m_loadExports.ask(
        this,
        [&workbench = context().workbench, id = m_adapter->id] { return workbench.catalog().exports(id); },
        [this](engine::Result<std::vector<catalog::ExportRecord>> exports) {
            if (!exports) return messageBar().showError(exports.error());
            m_exports->setExports(std::move(exports).value());
            m_exportsStack->setCurrentIndex(m_exports->rowCount() > 0 ? 1 : 0);
            m_exportsView->resizeColumnsToContents();
        });
}

// ---- exporting

void ExportPage::start() {
    if (!m_adapter || m_running) return;
    engine::ExportRequest request;
    request.format = format();
    request.dtype = request.format == engine::ExportFormat::hf ? dtype() : engine::StoredDtype::as_base;
    request.out = m_folder->text().trimmed().toStdString();
    if (m_folderTyped)
        context().settings.setValue(kParentKey, QFileInfo(m_folder->text().trimmed()).absolutePath());

    m_running = std::make_shared<Progress>();
    messageBar().clear();
    m_verdict->clear();
    m_progress->setValue(0);
    m_progressText->setText(tr("Starting…"));
    m_cancel->setEnabled(true);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_cancel, m_progress, m_progressText})
        widget->show();
    m_export->hide();
    m_progressTimer->start();
    m_stop = context().tasks.run(
        this,
        [&workbench = context().workbench, id = m_adapter->id, request,
         progress = m_running](std::stop_token stop) {
            engine::prepare_compute_thread();
            const auto report = [progress](double fraction, const std::string& what) {
                const std::lock_guard lock(progress->mutex);
                progress->fraction = fraction;
                progress->what = what;
            };
            return workbench.export_adapter(id, request, {}, report, stop);
        },
        [this](engine::Result<engine::ExportReport> result) { finished(std::move(result)); });
    updateButton();
}

void ExportPage::showProgress() {
    if (!m_running || !m_cancel->isEnabled()) return;
    const std::lock_guard lock(m_running->mutex);
    m_progress->setValue(static_cast<int>(m_running->fraction * 1000));
    if (!m_running->what.empty()) m_progressText->setText(QString::fromStdString(m_running->what));
}

void ExportPage::finished(engine::Result<engine::ExportReport> report) {
    m_running.reset();
    m_progressTimer->stop();
    for (QWidget* widget : std::initializer_list<QWidget*>{m_cancel, m_progress, m_progressText})
        widget->hide();
    m_export->show();
    if (report) {
        m_verdict->setVerdict(verdictOf(*report));
        m_folderTyped = false;
        suggest();
    } else if (report.error().code == engine::ErrorCode::interrupted) {
        messageBar().show(MessageBar::Kind::Info, tr("The export was cancelled; nothing was left behind."));
    } else {
        messageBar().showError(report.error());
    }
    checkFolder();
    loadExports();
    updateButton();
}

}  // namespace ui
