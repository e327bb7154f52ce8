// ExportPage: the form on the left, the outcome on the right.
#include "ui/models/exports_model.h"
#include "ui/pages/export_page.h"
#include "ui/theme/theme.h"
#include "ui/widgets/adapter_picker.h"
#include "ui/widgets/card.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/primary_button.h"
#include "ui/widgets/table_view.h"
#include "ui/widgets/target_card.h"
#include "ui/widgets/verdict_card.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>

#include <algorithm>

namespace ui {
namespace {

const QString kTargetKey = QStringLiteral("export/target");
const QString kDtypeKey = QStringLiteral("export/dtype");

}  // namespace

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
    const auto saved = engine::export_format_from(context().settings.value(kTargetKey).toString().toStdString());
    const engine::ExportFormat last = saved ? *saved : engine::ExportFormat::hf;
    const auto target = [&](const char* name, engine::ExportFormat format, const QString& description) {
        auto* made = new TargetCard(context().theme, exportTitle(format), description, card);
        made->setObjectName(QLatin1String(name));
        made->setChecked(format == last);
        connect(made, &QAbstractButton::toggled, this, [this, format](bool chosen) {
            if (!chosen) return;
            context().settings.setValue(kTargetKey, QLatin1String(engine::name_of(format)));
            fillDtypes();
            predict();
            suggest();
            updateButton();
        });
        return made;
    };
    m_merged = target("targetMerged", engine::ExportFormat::hf,
                      tr("A Hugging Face folder with the adapter added to the weights. Runs wherever the base "
                         "model runs."));
    m_peft = target("targetPeft", engine::ExportFormat::peft,
                    tr("Only the adapter, for software that loads it beside its base model."));
    m_gguf = target("targetGguf", engine::ExportFormat::gguf,
                    tr("One file with merged weights and tokenizer, for llama.cpp and what is built on it."));
    m_ggufAdapter = target("targetGgufAdapter", engine::ExportFormat::gguf_adapter,
                           tr("Only the adapter as one file, for llama.cpp beside the base model's GGUF."));
    auto* cards = new QGridLayout;
    cards->setSpacing(8);
    cards->addWidget(m_merged, 0, 0);
    cards->addWidget(m_peft, 0, 1);
    cards->addWidget(m_gguf, 1, 0);
    cards->addWidget(m_ggufAdapter, 1, 1);

    m_dtype = new QComboBox(card);
    m_dtype->setObjectName(QStringLiteral("exportDtype"));
    fillDtypes();
    m_dtypeLabel = new QLabel(tr("&Weights stored as"), card);
    m_dtypeLabel->setBuddy(m_dtype);
    auto* row = new QHBoxLayout;
    row->addWidget(m_dtypeLabel);
    row->addWidget(m_dtype, 1);
    card->body().addLayout(cards);
    card->body().addLayout(row);
    connect(m_dtype, &QComboBox::currentIndexChanged, this, [this] {
        context().settings.setValue(kDtypeKey, m_dtype->currentData());
        predict();
    });
    return card;
}

// The types that the chosen format can store, the one chosen last selected where it is among them.
void ExportPage::fillDtypes() {
    const QSignalBlocker quiet(m_dtype);
    const auto add = [this](const QString& text, engine::StoredDtype type) { m_dtype->addItem(text, static_cast<int>(type)); };
    m_dtype->clear();
    add(tr("as the base model"), engine::StoredDtype::as_base);
    add(tr("f32, exact"), engine::StoredDtype::f32);
    add(tr("f16"), engine::StoredDtype::f16);
    add(tr("bf16"), engine::StoredDtype::bf16);
    if (m_gguf->isChecked()) add(tr("q8_0, 8 bits a weight"), engine::StoredDtype::q8_0);
    m_dtype->setCurrentIndex(std::max(0, m_dtype->findData(context().settings.value(kDtypeKey, 0).toInt())));
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

}  // namespace ui
