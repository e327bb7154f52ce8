#include "ui/widgets/adapter_details.h"

#include "ui/format/metrics.h"
#include "ui/format/parameters.h"
#include "ui/format/units.h"
#include "ui/theme/theme.h"
#include "ui/widgets/charts/line_chart.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QEvent>
#include <QFormLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QStyle>
#include <QTimer>
#include <QToolButton>
#include <QUrl>

#include <utility>

namespace ui {
namespace {

constexpr int kTypingPause = 800;          // ms until a note is stored
constexpr std::size_t kCurvePoints = 400;  // the small curve has no more pixels

QStringList splitTags(const QString& text) {
    QStringList tags;
    for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts))
        if (!part.trimmed().isEmpty()) tags << part.trimmed();
    return tags;
}

QString joinTags(const std::vector<std::string>& tags) {
    QStringList list;
    for (const std::string& tag : tags) list << QString::fromStdString(tag);
    return list.join(QStringLiteral(", "));
}

}  // namespace

AdapterDetails::AdapterDetails(const AppContext& context, QWidget* parent)
    : QScrollArea(parent),
      m_context(context),
      m_load(context.tasks),
      m_stack(new QStackedWidget),
      m_summary(new QLabel),
      m_notesTimer(new QTimer(this)) {
    setObjectName(QStringLiteral("adapterDetails"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_summary->setAlignment(Qt::AlignCenter);
    m_summary->setWordWrap(true);
    m_summary->setObjectName(QStringLiteral("selectionSummary"));
    m_stack->addWidget(m_summary);
    m_stack->addWidget(buildPanel());
    setWidget(m_stack);
    // Nothing is cut off when the scroll bar takes its room.
    setMinimumWidth(m_stack->minimumSizeHint().width() + style()->pixelMetric(QStyle::PM_ScrollBarExtent));
    m_notesTimer->setSingleShot(true);
    m_notesTimer->setInterval(kTypingPause);
    connect(m_notesTimer, &QTimer::timeout, this, &AdapterDetails::flush);
    connect(&context.theme, &Theme::changed, this, &AdapterDetails::restyle);
    restyle();
    show({});
}

AdapterDetails::~AdapterDetails() {
    flush();
}

QLabel* AdapterDetails::addRow(const QString& label) {
    auto* value = new QLabel;
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    value->setWordWrap(true);
    value->setMinimumWidth(40);
    auto* caption = new QLabel(label);
    m_labels << caption;
    m_form->addRow(caption, value);
    return value;
}

QWidget* AdapterDetails::buildPanel() {
    auto* panel = new QWidget;
    auto* all = new QVBoxLayout(panel);
    all->setContentsMargins(8, 0, 0, 0);
    all->setSpacing(8);

    m_name = new QLineEdit;
    m_name->setObjectName(QStringLiteral("adapterName"));
    m_name->setAccessibleName(tr("Name"));
    QFont bold = m_name->font();
    bold.setWeight(QFont::DemiBold);
    m_name->setFont(bold);
    connect(m_name, &QLineEdit::editingFinished, this, [this] {
        const QString name = m_name->text().trimmed();
        if (name.isEmpty()) return m_name->setText(QString::fromStdString(m_adapter.name));
        if (name.toStdString() == m_adapter.name) return;
        Q_EMIT nameEdited(QString::fromStdString(m_adapter.id), name);
    });
    all->addWidget(m_name);

    m_curve = new LineChart(m_context.theme);
    m_curve->setObjectName(QStringLiteral("adapterCurve"));
    m_curve->setXAxis({}, axis_text::integer(), true);
    m_curve->setYAxis({}, axis_text::loss());
    m_curve->setTitle(tr("Loss"));
    m_curve->setLogSwitchVisible(false);
    m_curve->addSeries({tr("train"), {0, Qt::SolidLine, Marker::None}, false, {}});
    m_curve->addSeries({tr("evaluation"), {3, Qt::SolidLine, Marker::Circle}, false, {}});
    m_curve->setEmptyText(tr("No curve was recorded for this adapter."));
    m_curve->setFixedHeight(136);
    connect(m_curve, &Chart::saveFailed, this, &AdapterDetails::saveFailed);
    all->addWidget(m_curve);

    m_form = new QFormLayout;
    m_form->setHorizontalSpacing(12);
    m_form->setVerticalSpacing(3);
    m_form->setLabelAlignment(Qt::AlignLeft);
    m_model = addRow(tr("Model"));
    m_targets = addRow(tr("Matrices"));
    m_rank = addRow(tr("Rank"));
    m_params = addRow(tr("Parameters"));
    m_eval = addRow(tr("Evaluation loss"));
    m_score = addRow(tr("Score"));
    m_train = addRow(tr("Training loss"));
    m_steps = addRow(tr("Steps"));
    m_size = addRow(tr("Size"));
    m_created = addRow(tr("Created"));
    all->addLayout(m_form);

    auto* links = new QHBoxLayout;
    links->setSpacing(4);
    const auto link = [&](const char* name, const QString& text) {
        auto* button = new QToolButton;
        button->setObjectName(QString::fromLatin1(name));
        button->setText(text);
        links->addWidget(button);
        return button;
    };
    m_run = link("openRun", tr("Show run"));
    m_openFolder = link("openFolder", tr("Folder"));
    m_copyPath = link("copyPath", tr("Copy path"));
    links->addStretch(1);
    connect(m_run, &QToolButton::clicked, this,
            [this] { Q_EMIT runRequested(QString::fromStdString(m_adapter.run_id)); });
    connect(m_openFolder, &QToolButton::clicked, this, [this] {
        QDesktopServices::openUrl(QUrl::fromLocalFile(QString::fromStdString(m_adapter.path)));
    });
    connect(m_copyPath, &QToolButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(QString::fromStdString(m_adapter.path)); });
    all->addLayout(links);

    auto* tagsLabel = new QLabel(tr("&Tags"));
    m_tags = new QLineEdit;
    m_tags->setObjectName(QStringLiteral("adapterTags"));
    m_tags->setPlaceholderText(tr("separated by commas"));
    tagsLabel->setBuddy(m_tags);
    connect(m_tags, &QLineEdit::editingFinished, this, [this] {
        const QStringList tags = splitTags(m_tags->text());
        if (tags != splitTags(joinTags(m_adapter.tags)))
            Q_EMIT tagsEdited(QString::fromStdString(m_adapter.id), tags);
    });
    auto* notesLabel = new QLabel(tr("&Notes"));
    m_notes = new QPlainTextEdit;
    m_notes->setObjectName(QStringLiteral("adapterNotes"));
    m_notes->setPlaceholderText(tr("What you want to remember of this adapter"));
    m_notes->setTabChangesFocus(true);
    m_notes->setMinimumHeight(64);
    m_notes->installEventFilter(this);
    notesLabel->setBuddy(m_notes);
    connect(m_notes, &QPlainTextEdit::textChanged, this, [this] {
        m_notesTyped = true;
        m_notesTimer->start();
    });
    m_labels << tagsLabel << notesLabel;
    for (QWidget* widget : std::initializer_list<QWidget*>{tagsLabel, m_tags, notesLabel})
        all->addWidget(widget);
    all->addWidget(m_notes, 1);
    return panel;
}

void AdapterDetails::restyle() {
    for (QLabel* label : std::as_const(m_labels) + QList<QLabel*>{m_summary}) {
        QPalette colors = label->palette();
        colors.setColor(QPalette::WindowText, m_context.theme.secondaryText());
        label->setPalette(colors);
    }
}

bool AdapterDetails::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_notes && event->type() == QEvent::FocusOut) flush();
    return QScrollArea::eventFilter(watched, event);
}

void AdapterDetails::flush() {
    m_notesTimer->stop();
    if (!std::exchange(m_notesTyped, false)) return;
    const QString notes = m_notes->toPlainText();
    if (m_adapter.id.empty() || notes.toStdString() == m_adapter.notes) return;
    m_adapter.notes = notes.toStdString();
    Q_EMIT notesEdited(QString::fromStdString(m_adapter.id), notes);
}

void AdapterDetails::show(const std::vector<catalog::AdapterRecord>& selection) {
    if (selection.size() == 1) {
        fill(selection.front());
        m_stack->setCurrentIndex(1);
        return;
    }
    flush();
    m_adapter = {};
    if (selection.empty()) {
        m_summary->setText(tr("Choose an adapter to see its curve, figures and notes."));
    } else {
        std::int64_t bytes = 0;
        for (const auto& adapter : selection) bytes += adapter.size_bytes;
        m_summary->setText(
            tr("%n adapters selected, %1 on disk.", nullptr, static_cast<int>(selection.size()))
                .arg(units::bytes(bytes)));
    }
    m_stack->setCurrentIndex(0);
}

void AdapterDetails::fill(const catalog::AdapterRecord& a) {
    const bool same = a.id == m_adapter.id;
    if (!same) flush();
    m_adapter = a;
    // What is being typed is not overwritten by a fresh reading of the catalog.
    const auto may = [&](const QWidget* field) { return !same || !field->hasFocus(); };
    if (may(m_name)) m_name->setText(QString::fromStdString(a.name));
    if (may(m_name)) m_name->setCursorPosition(0);
    if (may(m_tags)) m_tags->setText(joinTags(a.tags));
    if (may(m_notes) && m_notes->toPlainText().toStdString() != a.notes) {
        const QSignalBlocker quiet(m_notes);
        m_notes->setPlainText(QString::fromStdString(a.notes));
    }
    const auto known = [](const std::optional<double>& v) {
        return v ? units::loss(*v) : QStringLiteral("–");
    };
    m_model->setText(QString::fromStdString(a.model_name));
    m_model->setToolTip(QString::fromStdString(a.model_ref));
    m_targets->setText(QString::fromStdString(a.targets));
    m_rank->setText(tr("%1, α %2, scaling %3")
                        .arg(units::count(a.rank), units::number(a.alpha, 6), units::number(a.scaling)));
    m_params->setText(adapterParameters(a));
    m_params->setToolTip(adapterParametersMeaning(a));
    m_eval->setText(known(a.eval_loss));
    m_score->setText(metricsText(a.metrics).replace(QStringLiteral(", "), QStringLiteral("\n")));
    m_form->setRowVisible(m_score, !a.metrics.empty());
    m_train->setText(known(a.train_loss));
    m_steps->setText(tr("%1, seed %2").arg(units::count(a.step)).arg(a.seed));
    m_size->setText(units::bytes(a.size_bytes));
    m_created->setText(units::dateTime(a.created_at));
    const QString path = QString::fromStdString(a.path);
    m_openFolder->setToolTip(tr("Open %1").arg(path));
    m_copyPath->setToolTip(path);
    m_run->setEnabled(!a.run_id.empty());
    m_run->setToolTip(a.run_id.empty() ? tr("This adapter was not trained here, or its run was deleted")
                                       : QString());
    loadCurve(QString::fromStdString(a.run_id));
}

void AdapterDetails::loadCurve(const QString& runId) {
    if (runId == m_curveRun && !m_curve->isEmpty()) return;
    m_curveRun = runId;
    m_curve->clearPoints();
    m_load.cancel();
    if (runId.isEmpty()) return;
    using Curves = std::pair<std::vector<QPointF>, std::vector<QPointF>>;
    m_load.ask(
        this,
        [&workbench = m_context.workbench, id = runId.toStdString()] {
            const auto read = [&](const char* key) {
                std::vector<QPointF> points;
                for (const auto& p : workbench.catalog().series(id, key, kCurvePoints))
                    points.emplace_back(static_cast<double>(p.step), p.value);
                return points;
            };
            return Curves{read("loss_smooth"), read("eval_loss")};
        },
        [this](engine::Result<Curves> curves) {
            if (!curves) return;  // the curve stays empty and says so
            m_curve->setPoints(0, curves->first);
            m_curve->setPoints(1, curves->second);
        });
}

}  // namespace ui
