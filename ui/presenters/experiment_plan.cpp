// ExperimentPresenter: what the experiment takes, memory and time, and what to do about it.
#include "ui/format/units.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/presenters/machine.h"

#include <algorithm>
#include <cmath>

namespace ui {

// How fast the last run on this model was; the best forecast there is, and none before the first run.
void ExperimentPresenter::askSpeed() {
    const std::string ref = m_spec.model;
    m_speedTask.ask(
        this,
        [&workbench = m_context.workbench, ref] {
            catalog::RunFilter filter;
            filter.states = {catalog::RunState::finished, catalog::RunState::stopped};
            filter.limit = 200;
            for (const auto& run : workbench.catalog().runs(filter))
                if (run.model_ref == ref && run.tokens_per_second.value_or(0) > 0)
                    return *run.tokens_per_second;
            return 0.0;
        },
        [this](const engine::Result<double>& answer) {
            m_tokensPerSecond = answer ? *answer : 0;
            Q_EMIT planChanged();
        });
}

qint64 ExperimentPresenter::freeBytes() const {
    const auto* device = m_machine.device(m_spec.device);
    return device ? device->free_bytes : 0;
}

void ExperimentPresenter::replan() {
    m_plan.reset();
    m_planProblem.clear();
    m_remedies.clear();
    if (m_model) {
        const auto plan = engine::plan(*m_model, m_spec, freeBytes(), dataFacts());
        if (plan)
            m_plan = *plan;
        else
            m_planProblem = QString::fromStdString(plan.error().message);
        if (m_plan) findRemedies();
    }
    Q_EMIT planChanged();
}

void ExperimentPresenter::findRemedies() {
    const auto& memory = m_plan->memory;
    if (memory.available <= 0 ||
        static_cast<double>(memory.total) < 0.85 * static_cast<double>(memory.available))
        return;
    const auto offer = [&](const QString& what, engine::ExperimentSpec spec) {
        const auto plan = engine::plan(*m_model, spec, memory.available, dataFacts());
        if (plan && plan->memory.total < memory.total)
            m_remedies.push_back(
                {tr("%1 → %2").arg(what, units::memory(plan->memory.total)), std::move(spec)});
    };
    if (m_spec.batch_size > 1) {
        auto spec = m_spec;
        spec.grad_accum *= 2;
        spec.batch_size = (spec.batch_size + 1) / 2;
        offer(tr("Batch %1 × %2").arg(spec.batch_size).arg(spec.grad_accum), spec);
    }
    if (m_spec.data.seq_len >= 32) {
        auto spec = m_spec;
        const int64_t longest = dataFacts().longest_row;
        spec.data.seq_len = (longest > 0 ? std::min(spec.data.seq_len, longest) : spec.data.seq_len) / 2;
        offer(tr("Length %1").arg(spec.data.seq_len), spec);
    }
    if (m_spec.precision != engine::Precision::bf16) {
        auto spec = m_spec;
        spec.precision = engine::Precision::bf16;
        offer(tr("bf16 weights"), spec);
    }
}

qint64 ExperimentPresenter::totalSteps() const {
    if (m_spec.steps > 0) return m_spec.steps;
    if (!m_data || m_data->rows == 0) return 0;
    double rows = static_cast<double>(m_data->rows);
    if (m_spec.data.eval_path.empty()) rows *= 1 - m_spec.data.held_out;
    const double batches = std::ceil(rows / static_cast<double>(std::max<int64_t>(1, m_spec.batch_size)));
    return static_cast<qint64>(std::ceil(batches * static_cast<double>(m_spec.epochs) /
                                         static_cast<double>(std::max<int64_t>(1, m_spec.grad_accum))));
}

void ExperimentPresenter::measureTime() {
    if (measuringTime() || !blocker().isEmpty()) return;
    m_timeTask.ask(
        this,
        [&workbench = m_context.workbench, spec = m_spec](std::stop_token stop) {
            return workbench.probe_time(spec, std::move(stop));
        },
        [this, spec = m_spec](const engine::Result<engine::TimeProbe>& answer) {
            if (answer)
                m_measured = Measured{spec, *answer};
            else
                Q_EMIT failed(answer.error());
            Q_EMIT planChanged();
        });
    Q_EMIT planChanged();
}

const engine::TimeProbe* ExperimentPresenter::measuredTime() const {
    if (!m_measured) return nullptr;
    // What the time of a step does not depend on.
    auto then = m_measured->spec;
    then.name = m_spec.name;
    then.optimizer = m_spec.optimizer;
    then.lora.alpha = m_spec.lora.alpha;
    then.epochs = m_spec.epochs;
    then.steps = m_spec.steps;
    then.seed = m_spec.seed;
    then.eval_interval = m_spec.eval_interval;
    return then == m_spec ? &m_measured->time : nullptr;
}

double ExperimentPresenter::expectedSeconds() const {
    if (const auto* measured = measuredTime(); measured && totalSteps() > 0) {
        auto time = *measured;
        time.steps = totalSteps();
        const qint64 evaluations = engine::evaluations_of(time.steps, m_spec.eval_interval);
        if (time.evaluations > 0) time.evaluations = evaluations;
        time.saves = 2 * evaluations;
        return time.estimated_seconds();
    }
    if (m_tokensPerSecond <= 0 || !m_data || !m_data->tokenized || m_data->rows == 0) return 0;
    const double tokensPerRow = static_cast<double>(m_data->total_tokens - m_data->truncated_tokens) /
                                static_cast<double>(m_data->rows);
    const double rows = static_cast<double>(totalSteps() * m_spec.batch_size * m_spec.grad_accum);
    return rows * tokensPerRow / m_tokensPerSecond;
}

QString ExperimentPresenter::expectedSecondsOrigin() const {
    if (const auto* measured = measuredTime())
        return tr("By the first steps of this experiment: %1 a step, %2 an evaluation")
            .arg(units::duration(measured->seconds_per_step), units::duration(measured->seconds_per_evaluation));
    return tr("At %1 tokens/s, the speed of the last run on this model").arg(units::rate(m_tokensPerSecond));
}

}  // namespace ui
