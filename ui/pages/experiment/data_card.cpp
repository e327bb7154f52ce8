#include "ui/pages/experiment/data_card.h"

#include "ui/format/units.h"
#include "ui/pages/experiment/bad_rows_dialog.h"
#include "ui/pages/experiment/task_field.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/histogram.h"
#include "ui/widgets/label_bars.h"
#include "ui/widgets/number_field.h"
#include "ui/widgets/token_preview.h"
#include "workbench/workbench.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>

namespace ui {

QString escaped(const QString& text) {
    QString out = text;
    return out.replace(QLatin1Char('\\'), QStringLiteral("\\\\"))
        .replace(QLatin1Char('\n'), QStringLiteral("\\n"))
        .replace(QLatin1Char('\t'), QStringLiteral("\\t"));
}

QString unescaped(const QString& text) {
    QString out;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar next = i + 1 < text.size() ? text[i + 1] : QChar();
        if (text[i] != QLatin1Char('\\') ||
            (next != QLatin1Char('n') && next != QLatin1Char('t') && next != QLatin1Char('\\'))) {
            out += text[i];
            continue;
        }
        out += next == QLatin1Char('n')   ? QLatin1Char('\n')
               : next == QLatin1Char('t') ? QLatin1Char('\t')
                                          : QLatin1Char('\\');
        ++i;
    }
    return out;
}

DataCard::DataCard(const Theme& theme, workbench::Workbench& workbench, ExperimentPresenter& presenter,
                   QWidget* parent)
    : Card(theme, tr("Data"), parent),
      m_theme(theme),
      m_workbench(workbench),
      m_presenter(presenter),
      m_choose(new QPushButton(this)),
      m_menu(new QMenu(this)),
      m_file(new ElidedLabel(this)),
      m_facts(makeHint(theme, {}, this)),
      m_warning(new QLabel(this)),
      m_look(new QPushButton(tr("Look"), this)),
      m_labels(new LabelBars(theme, this)),
      m_histogram(new LengthHistogram(theme, this)),
      m_task(new TaskField(presenter, this)),
      m_taskNote(makeHint(theme, {}, this)),
      m_templateLabel(new QLabel(tr("&Template"), this)),
      m_template(new QLineEdit(this)),
      m_heldOut(new NumberField(NumberField::Kind::Real, 0, 50, this)),
      m_heldOutUnit(makeHint(theme, tr("% of the rows, or"), this)),
      m_heldOutFile(new ElidedLabel(this)),
      m_heldOutChoose(new QToolButton(this)),
      m_legend(makeHint(theme, {}, this)),
      m_preview(new TokenPreview(theme, this)) {
    setObjectName(QStringLiteral("dataCard"));
    m_choose->setObjectName(QStringLiteral("chooseData"));
    m_choose->setText(tr("Change"));
    m_choose->setToolTip(
        tr("Choose a sample or a file: JSON lines with prompt and completion or with text, or plain text; for "
           "a classifier JSON lines, TSV or CSV with text and label; a file can also be dropped here"));
    m_choose->setMenu(m_menu);
    header().addWidget(m_choose);

    m_file->setObjectName(QStringLiteral("dataFile"));
    m_facts->setObjectName(QStringLiteral("dataFacts"));
    m_warning->setObjectName(QStringLiteral("dataWarning"));
    m_look->setObjectName(QStringLiteral("lookAtBadRows"));
    m_facts->setWordWrap(true);
    m_warning->setWordWrap(true);
    m_taskNote->setObjectName(QStringLiteral("taskNote"));
    m_legend->setObjectName(QStringLiteral("previewLegend"));
    m_taskNote->setWordWrap(true);
    m_legend->setWordWrap(true);
    for (QLabel* label : {m_facts, m_warning, m_taskNote, m_legend})
        label->setMinimumWidth(1);  // a long name must not widen the page
    auto* warningRow = new QHBoxLayout;
    warningRow->addWidget(m_warning, 1);
    warningRow->addWidget(m_look, 0, Qt::AlignTop);

    body().addWidget(m_file);
    body().addWidget(m_facts);
    body().addLayout(warningRow);
    body().addWidget(m_labels);
    body().addWidget(m_histogram);
    buildFields();
    body().addWidget(m_legend);
    body().addWidget(m_preview, 1);
    m_preview->setMinimumHeight(96);

    connect(m_menu, &QMenu::aboutToShow, this, &DataCard::fillMenu);
    connect(m_look, &QPushButton::clicked, this, &DataCard::showBadRows);
    connect(&presenter, &ExperimentPresenter::specReplaced, this, &DataCard::showSpec);
    connect(&presenter, &ExperimentPresenter::dataChanged, this, &DataCard::showReport);
    connect(&presenter, &ExperimentPresenter::specChanged, this, &DataCard::showTask);
    connect(&presenter, &ExperimentPresenter::dataChanged, this, &DataCard::showTask);
    connect(&presenter, &ExperimentPresenter::modelChanged, this, &DataCard::showTask);
    connect(&theme, &Theme::changed, this, &DataCard::showReport);
    fillMenu();
    showSpec();
    showReport();
    showTask();
}

void DataCard::buildFields() {
    auto* fields = new QGridLayout;
    fields->setHorizontalSpacing(8);
    fields->setVerticalSpacing(6);
    fields->setColumnStretch(1, 1);

    auto* taskLabel = new QLabel(tr("Tas&k"), this);
    taskLabel->setBuddy(m_task);
    fields->addWidget(taskLabel, 0, 0);
    fields->addWidget(m_task, 0, 1);
    fields->addWidget(m_taskNote, 1, 1);

    fields->setColumnMinimumWidth(
        0, m_templateLabel->sizeHint().width() + 4);  // an underlined T is wider than it says
    m_template->setObjectName(QStringLiteral("templateField"));
    m_template->setToolTip(
        tr("What stands in front of the completion; {prompt} is the row's prompt, \\n a new line"));
    m_templateLabel->setBuddy(m_template);
    fields->addWidget(m_templateLabel, 2, 0);
    fields->addWidget(m_template, 2, 1);

    auto* heldOutLabel = new QLabel(tr("&Held out"), this);
    m_heldOut->setObjectName(QStringLiteral("heldOutField"));
    m_heldOut->setToolTip(tr("Rows kept back for evaluation; 0 evaluates nothing"));
    heldOutLabel->setBuddy(m_heldOut);
    m_heldOutChoose->setObjectName(QStringLiteral("chooseHeldOut"));
    m_heldOutFile->setObjectName(QStringLiteral("heldOutFile"));
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(m_heldOut);
    row->addWidget(m_heldOutUnit);
    row->addWidget(m_heldOutFile, 1);
    row->addWidget(m_heldOutChoose);
    row->addStretch(0);
    fields->addWidget(heldOutLabel, 3, 0);
    fields->addLayout(row, 3, 1);
    body().addLayout(fields);

    connect(m_template, &QLineEdit::textEdited, this, [this](const QString& text) {
        m_presenter.edit([&](auto& spec) { spec.data.prompt_template = unescaped(text).toStdString(); });
    });
    connect(m_heldOut, &NumberField::edited, this, [this](double percent) {
        m_presenter.edit([&](auto& spec) { spec.data.held_out = percent / 100; });
    });
    connect(m_heldOutChoose, &QToolButton::clicked, this, [this] {
        if (m_presenter.spec().data.eval_path.empty())
            browseHeldOut();
        else
            m_presenter.chooseData(QString::fromStdString(m_presenter.spec().data.train_path));
    });
}

void DataCard::browse() {
    const QString file = QFileDialog::getOpenFileName(window(), tr("Choose a data file"), {},
                                                      tr("Data (*.jsonl *.json *.txt *.tsv *.csv);;All files (*)"));
    if (!file.isEmpty()) m_presenter.chooseData(file);
}

void DataCard::browseHeldOut() {
    const QString file = QFileDialog::getOpenFileName(window(), tr("Choose a file to evaluate on"), {},
                                                      tr("Data (*.jsonl *.json *.txt *.tsv *.csv);;All files (*)"));
    if (!file.isEmpty())
        m_presenter.chooseData(QString::fromStdString(m_presenter.spec().data.train_path), file);
}

void DataCard::fillMenu() {
    m_menu->clear();
    m_menu->addSection(tr("Samples"));
    const auto samples = guarded([this] { return m_workbench.samples(); });
    for (const auto& sample : samples ? *samples : std::vector<workbench::SampleData>{}) {
        auto* action = m_menu->addAction(QString::fromStdString(sample.title));
        action->setToolTip(QString::fromStdString(sample.train.string()));
        action->setCheckable(true);
        action->setChecked(sample.train.string() == m_presenter.spec().data.train_path);
        connect(action, &QAction::triggered, this, [this, sample] {
            m_presenter.chooseData(QString::fromStdString(sample.train.string()),
                                   QString::fromStdString(sample.held_out.string()));
        });
    }
    m_menu->addSeparator();
    auto* open = m_menu->addAction(m_theme.icon(QStringLiteral("file")), tr("Open a file…"));
    connect(open, &QAction::triggered, this, &DataCard::browse);

    m_menu->setToolTipsVisible(true);
    if (m_presenter.spec().task != engine::Task::causal_lm) return;  // no template stands around labelled texts
    m_menu->addSection(tr("Conversations"));
    const QString chosen = QString::fromStdString(m_presenter.spec().data.chat_template);
    auto* own = m_menu->addAction(tr("The model's chat template"));
    own->setCheckable(true);
    own->setChecked(chosen.isEmpty());
    connect(own, &QAction::triggered, this, [this] { setChatTemplate({}); });
    auto* other = m_menu->addAction(chosen.isEmpty() ? tr("Another chat template…")
                                                     : tr("Chat template %1…").arg(QFileInfo(chosen).fileName()));
    other->setObjectName(QStringLiteral("chooseChatTemplate"));
    other->setCheckable(true);
    other->setChecked(!chosen.isEmpty());
    connect(other, &QAction::triggered, this, [this] {
        const QString file = QFileDialog::getOpenFileName(window(), tr("Choose a chat template"), {},
                                                          tr("Jinja templates (*.jinja);;All files (*)"));
        if (!file.isEmpty()) setChatTemplate(file);
    });
}

void DataCard::setChatTemplate(const QString& file) {
    m_presenter.edit([&](auto& spec) { spec.data.chat_template = file.toStdString(); });
}

void DataCard::showSpec() {
    const auto& data = m_presenter.spec().data;
    const QString path = QString::fromStdString(data.train_path);
    m_file->setText(path.isEmpty() ? tr("Drop a file here, or choose one") : QFileInfo(path).fileName());
    m_file->setToolTip(path);
    const QString prompt = escaped(QString::fromStdString(data.prompt_template));
    if (m_template->text() != prompt) m_template->setText(prompt);
    m_heldOut->setValue(data.held_out * 100);

    const QString evalPath = QString::fromStdString(data.eval_path);
    const bool own = !evalPath.isEmpty();
    m_heldOut->setVisible(!own);
    m_heldOutUnit->setVisible(!own);
    m_heldOutFile->setVisible(own);
    m_heldOutFile->setText(QFileInfo(evalPath).fileName());
    m_heldOutFile->setToolTip(evalPath);
    m_heldOutChoose->setText(own ? tr("Clear") : tr("a file…"));
    m_heldOutChoose->setToolTip(own ? tr("Keep back a part of the training rows instead")
                                    : tr("Evaluate on another file"));
}

// A classifier reads its texts as they are: there is nothing to put a template around.
void DataCard::showTask() {
    const bool writes = m_presenter.spec().task == engine::Task::causal_lm;
    m_templateLabel->setVisible(writes);
    m_template->setVisible(writes);
    const QString note = m_task->note();
    m_taskNote->setText(note);
    m_taskNote->setVisible(!note.isEmpty());
    m_legend->setText(writes ? tr("Tinted tokens are trained, grey ones are masked")
                             : tr("The label behind the arrow is trained; no template stands around the texts"));
}

void DataCard::showReport() {
    const auto& report = m_presenter.data();
    QStringList facts;
    QString warning;
    bool bad = false;
    if (report) {
        facts << QString::fromStdString(report->format)
              << tr("%Ln row(s)", nullptr, static_cast<int>(report->rows));
        if (report->tokenized && report->total_tokens > 0) {
            facts << tr("%1 tokens").arg(units::shortCount(report->total_tokens));
            if (m_presenter.spec().task == engine::Task::causal_lm)
                facts << tr("%1 trained")
                             .arg(units::percent(100.0 * static_cast<double>(report->trained_tokens) /
                                                 static_cast<double>(report->total_tokens)));
            if (report->has_conversations) facts << tr("the assistant's answers carry the loss");
        }
        if (!report->labels.empty())
            facts << tr("%Ln label(s)", nullptr, static_cast<int>(report->labels.size()));
        if (const auto& range = report->label_range)
            facts << tr("labels %1 to %2, mean %3")
                         .arg(units::number(range->least), units::number(range->most), units::number(range->mean));
        bad = !report->bad_rows.empty();
        if (bad)
            warning = tr("%Ln row(s) cannot be used.", nullptr, static_cast<int>(report->bad_rows.size()));
        else if (report->truncated_rows > 0)
            warning = tr("%Ln row(s) longer than %1 tokens will be cut.", nullptr,
                         static_cast<int>(report->truncated_rows))
                          .arg(units::count(m_presenter.spec().data.seq_len));
    } else if (m_presenter.dataPending()) {
        facts << tr("Reading …");
    } else {
        warning = m_presenter.dataProblem();
        bad = true;
    }
    m_facts->setText(joinFacts(facts));
    m_facts->setVisible(!facts.isEmpty());
    m_warning->setText(warning);
    m_warning->setVisible(!warning.isEmpty());
    QPalette ink = m_warning->palette();
    ink.setColor(QPalette::WindowText, bad ? m_theme.danger() : m_theme.warning());
    m_warning->setPalette(ink);
    m_look->setVisible(report && bad);

    m_labels->setLabels(report ? report->labels : std::vector<engine::DataReport::LabelCount>{},
                        report ? report->rows : 0);
    const bool lengths = report && report->tokenized;
    m_histogram->setBins(lengths ? report->length_histogram : std::vector<engine::HistogramBin>{},
                         m_presenter.spec().data.seq_len);
    if (lengths && !report->preview.empty())
        m_preview->setRows(report->preview);
    else if (!m_presenter.dataPending() || !report)
        m_preview->setHint(tr("The first rows appear here, token by token"));
}

void DataCard::showBadRows() {
    if (!m_presenter.data()) return;
    auto* dialog = new BadRowsDialog(QString::fromStdString(m_presenter.spec().data.train_path),
                                     m_presenter.data()->bad_rows, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

}  // namespace ui
