#include "ui/pages/export_page.h"

#include "ui/format/metrics.h"
#include "ui/format/units.h"
#include "ui/models/exports_model.h"
#include "ui/widgets/adapter_picker.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/target_card.h"
#include "ui/widgets/verdict_card.h"

#include <engine/runtime.h>

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>

#include <mutex>

namespace ui {
namespace {

const QString kAdapterKey = QStringLiteral("export/adapter");
const QString kParentKey = QStringLiteral("export/parent");

constexpr engine::ExportFormat exportFormats[] = {engine::ExportFormat::hf, engine::ExportFormat::peft,
                                                  engine::ExportFormat::gguf, engine::ExportFormat::gguf_adapter};

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
    m_empty->setAction(tr("Set up an experiment"));
    connect(m_empty, &EmptyState::actionRequested, this, &ExportPage::experimentPageRequested);
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

// ---- what is chosen

engine::ExportFormat ExportPage::format() const {
    for (const auto format : exportFormats)
        if (card(format)->isChecked()) return format;
    return engine::ExportFormat::hf;
}

TargetCard* ExportPage::card(engine::ExportFormat format) const {
    switch (format) {
        case engine::ExportFormat::peft: return m_peft;
        case engine::ExportFormat::hf: return m_merged;
        case engine::ExportFormat::gguf: return m_gguf;
        case engine::ExportFormat::gguf_adapter: return m_ggufAdapter;
    }
    return nullptr;
}

bool ExportPage::takesDtype() const {
    return format() == engine::ExportFormat::hf || format() == engine::ExportFormat::gguf;
}

engine::StoredDtype ExportPage::dtype() const {
    return takesDtype() ? static_cast<engine::StoredDtype>(m_dtype->currentData().toInt())
                        : engine::StoredDtype::as_base;
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
    m_outlook = {};
    m_verdict->clear();
    if (m_adapter) {
        const auto& a = *m_adapter;
        const QString loss =
            !a.metrics.empty() ? QStringLiteral(" · ") + metricText(a.metrics.front())
            : a.eval_loss ? tr(" · evaluation loss %1").arg(units::loss(*a.eval_loss)) : QString();
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
        m_outlook = {};
        showOutlook();
        return m_prediction.cancel();
    }
    m_prediction.ask(
        this,
        [&workbench = context().workbench, adapter = *m_adapter, stored = dtype()] {
            return exportOutlook(workbench, adapter, stored);
        },
        [this](engine::Result<ExportOutlook> outlook) {
            m_outlook = outlook ? *outlook : ExportOutlook{{}, {}, QString::fromStdString(outlook.error().message)};
            showOutlook();
            checkFolder();
        });
}

void ExportPage::showOutlook() {
    for (const auto format : exportFormats) {
        const auto bytes = m_outlook.bytesOf(format);
        card(format)->setSize(bytes ? units::bytes(*bytes) : QString());
        card(format)->setObstacle(m_outlook.reason(format));
        card(format)->setToolTip(m_outlook.notes(format));
    }
    if (!card(format())->isPossible()) m_merged->setChecked(true);
    updateButton();
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
    const auto bytes = m_outlook.bytesOf(format());
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
    m_dtype->setEnabled(takesDtype() && !running);
    m_dtypeLabel->setEnabled(takesDtype() && !running);
    m_dtype->setToolTip(takesDtype() ? QString() : tr("The adapter is kept as it was trained"));
    for (QWidget* widget : std::initializer_list<QWidget*>{m_picker, m_folder, m_browse})
        widget->setEnabled(!running);
    for (const auto format : exportFormats) card(format)->setEnabled(!running && card(format)->isPossible());
    QString why;
    if (running)
        why = tr("An export is under way.");
    else if (!m_adapter)
        why = tr("Choose an adapter.");
    else if (!m_outlook.problem.isEmpty())
        why = m_outlook.problem;
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
    request.dtype = dtype();
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
