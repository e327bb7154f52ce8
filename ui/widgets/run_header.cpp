#include "ui/widgets/run_header.h"

#include "ui/format/metrics.h"
#include "ui/format/units.h"
#include "ui/models/run_table_model.h"
#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

const QString kDash = QStringLiteral("–");

QString lossText(const std::optional<double>& loss) {
    return loss ? units::loss(*loss) : kDash;
}

bool isLive(catalog::RunState state) {
    return state == catalog::RunState::running || state == catalog::RunState::paused;
}

}  // namespace

RunHeader::RunHeader(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      m_theme(theme),
      m_name(new QLabel(this)),
      m_state(new QLabel(this)),
      m_progress(new QProgressBar(this)) {
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_name->setFont(bold);
    m_name->setObjectName(QStringLiteral("runName"));
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_state->setObjectName(QStringLiteral("runState"));
    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(m_name, 1);
    top->addWidget(m_state);

    auto* figures = m_figures = new QHBoxLayout;
    figures->setSpacing(12);
    m_step = addFigure(*figures, QStringLiteral("runStep"), tr("step"));
    m_loss = addFigure(*figures, QStringLiteral("runLoss"), tr("smoothed loss"));
    m_evalLoss = addFigure(*figures, QStringLiteral("runEvalLoss"), tr("evaluation loss"));
    m_score = addFigure(*figures, QStringLiteral("runScore"), tr("accuracy"));
    m_speed = addFigure(*figures, QStringLiteral("runSpeed"), tr("tokens/s"));
    m_time = addFigure(*figures, QStringLiteral("runTime"), tr("time left"));
    m_memory = addFigure(*figures, QStringLiteral("runMemory"), tr("memory"));

    m_progress->setObjectName(QStringLiteral("runProgress"));
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(6);
    m_progress->setAccessibleName(tr("Progress of the run"));

    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(4);
    all->addLayout(top);
    all->addLayout(figures);
    all->addWidget(m_progress);
    connect(&theme, &Theme::changed, this, &RunHeader::restyle);
    restyle();
    clear();
}

RunHeader::Figure RunHeader::addFigure(QHBoxLayout& row, const QString& name, const QString& caption) {
    Figure figure{new QLabel(kDash, this), new QLabel(caption, this)};
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.3);
    large.setWeight(QFont::DemiBold);
    figure.value->setFont(large);
    figure.value->setObjectName(name);
    figure.caption->setObjectName(name + QStringLiteral("Caption"));
    figure.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.88);
    figure.caption->setFont(small);
    // Figures share the width evenly, so that they do not dance when a number grows.
    for (QLabel* label : {figure.value, figure.caption})
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    column->addWidget(figure.value);
    column->addWidget(figure.caption);
    row.addLayout(column, 1);
    figure.column = column;
    return figure;
}

void RunHeader::restyle() {
    for (QLabel* label : {m_state, m_step.caption, m_loss.caption, m_evalLoss.caption, m_score.caption, m_speed.caption,
                          m_time.caption, m_memory.caption}) {
        QPalette colors = label->palette();
        colors.setColor(QPalette::WindowText, m_theme.secondaryText());
        label->setPalette(colors);
    }
}

void RunHeader::clear() {
    m_runId.clear();
    m_totalSteps = 0;
    m_name->clear();
    m_state->clear();
    for (const Figure& f : {m_step, m_loss, m_evalLoss, m_score, m_speed, m_time, m_memory})
        f.value->setText(kDash);
    showMemoryFloor(0);
    showScore({}, {});
    m_progress->setValue(0);
}

void RunHeader::setSteps(std::int64_t done) {
    m_step.value->setText(
        m_totalSteps > 0 ? units::count(done) + QStringLiteral(" / ") + units::count(m_totalSteps) : kDash);
    m_progress->setValue(
        m_totalSteps > 0
            ? static_cast<int>(1000 * std::clamp(done, std::int64_t{0}, m_totalSteps) / m_totalSteps)
            : 0);
}

void RunHeader::setRun(const catalog::RunRecord& run) {
    const QString id = QString::fromStdString(run.id);
    // The catalog lags behind the live figures of the run that is shown already.
    const bool keepLive = id == m_runId && isLive(run.state);
    if (id != m_runId) clear();
    m_runId = id;
    m_totalSteps = run.total_steps;
    const QString name = QString::fromStdString(run.name);
    m_name->setText(name);
    m_name->setToolTip(name);
    QString state = RunTableModel::stateText(run.state);
    if (!run.error_message.empty() && run.state == catalog::RunState::failed)
        state += QStringLiteral(": ") + QString::fromStdString(run.error_message);
    m_state->setText(m_state->fontMetrics().elidedText(state, Qt::ElideRight, 420));
    m_state->setToolTip(state);
    m_time.caption->setText(isLive(run.state) ? tr("time left") : tr("time taken"));
    m_evalLoss.value->setText(lossText(run.eval_loss));
    m_evalLoss.value->setToolTip(
        run.best_eval_loss && run.best_step
            ? tr("Lowest %1 at step %2").arg(units::loss(*run.best_eval_loss), units::count(*run.best_step))
            : QString());
    const QString best =
        run.best_eval_metrics.empty() || !run.best_step
            ? QString()
            : tr("At the lowest loss, step %1: %2")
                  .arg(units::count(*run.best_step), metricsText(run.best_eval_metrics));
    if (!keepLive || !run.eval_metrics.empty()) showScore(run.eval_metrics, best);
    showMemoryFloor(isLive(run.state) || run.peak_memory_bytes == 0 ? 0 : run.memory_floor_bytes);
    if (keepLive) return;
    setSteps(run.global_step);
    m_loss.value->setText(lossText(run.train_loss));
    m_speed.value->setText(run.tokens_per_second ? units::count(std::llround(*run.tokens_per_second))
                                                 : kDash);
    m_memory.value->setText(run.peak_memory_bytes > 0 ? units::memory(run.peak_memory_bytes) : kDash);
    const bool ended = !isLive(run.state) && run.started_at > 0 && run.finished_at > run.started_at;
    m_time.value->setText(ended ? units::duration(run.finished_at - run.started_at) : kDash);
}

void RunHeader::setStep(const engine::StepMetrics& step) {
    setSteps(step.global_step);
    m_loss.value->setText(units::loss(step.loss_smooth));
    m_speed.value->setText(units::count(std::llround(step.tokens_per_second)));
    m_time.value->setText(units::duration(step.eta_s));
    m_memory.value->setText(units::memory(step.device_bytes > 0 ? step.device_bytes : step.rss_bytes));
}

void RunHeader::setEvaluation(const engine::EvalMetrics& evaluation) {
    m_evalLoss.value->setText(units::loss(evaluation.loss));
    catalog::Metrics metrics;
    for (const engine::NamedValue& metric : evaluation.metrics) metrics.push_back({metric.name, metric.value});
    showScore(metrics, m_score.value->toolTip());
}

void RunHeader::showMemoryFloor(std::int64_t bytes) {
    const bool known = bytes > 0;
    m_memory.caption->setText(known ? tr("peak, least %1").arg(units::memory(bytes)) : tr("memory"));
    const QString meaning =
        known ? tr("The most memory this run took. Its model, rows and precision need %1 at least, with every layer "
                   "computed twice instead of kept.")
                    .arg(units::memory(bytes))
              : QString();
    for (QLabel* label : {m_memory.value, m_memory.caption}) label->setToolTip(meaning);
}

void RunHeader::showScore(const catalog::Metrics& metrics, const QString& toolTip) {
    const bool any = !metrics.empty();
    for (QLabel* label : {m_score.value, m_score.caption}) label->setVisible(any);
    m_figures->setStretchFactor(m_score.column, any);  // a figure that is not there takes no share of the width
    if (!any) return;
    m_score.value->setText(units::loss(metrics.front().value));
    m_score.value->setToolTip(toolTip.isEmpty() ? metricsText(metrics) : toolTip);
    m_score.caption->setText(metricName(metrics.front().name));
    m_score.caption->setToolTip(metricMeaning(metrics.front().name));
}

}  // namespace ui
