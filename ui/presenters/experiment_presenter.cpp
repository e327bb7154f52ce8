#include "ui/presenters/experiment_presenter.h"

#include "ui/bridge/run_bridge.h"
#include "ui/format/units.h"
#include "ui/presenters/machine.h"

#include <QRegularExpression>
#include <QSettings>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {

namespace {
const QString specKey = QStringLiteral("experiment/spec");

constexpr int dataDelayMs = 250;
constexpr int64_t previewRows = 8;

struct Reports {
    engine::DataReport train;
    std::optional<engine::Result<engine::DataReport>> heldOut;  // of an evaluation file
};
}  // namespace

ExperimentPresenter::ExperimentPresenter(const AppContext& context, Machine& machine, QObject* parent)
    : QObject(parent),
      m_context(context),
      m_machine(machine),
      m_modelTask(context.tasks),
      m_exportsTask(context.tasks),
      m_dataTask(context.tasks),
      m_speedTask(context.tasks),
      m_timeTask(context.tasks) {
    m_dataDelay.setSingleShot(true);
    m_dataDelay.setInterval(dataDelayMs);
    connect(&m_dataDelay, &QTimer::timeout, this, &ExperimentPresenter::askData);
    connect(&machine, &Machine::changed, this, &ExperimentPresenter::replan);
    connect(&context.bridge, &RunBridge::runEnded, this, &ExperimentPresenter::askSpeed);

    const auto saved = engine::spec_from_json(context.settings.value(specKey).toString().toStdString());
    m_spec = saved ? *saved : context.workbench.first_experiment();
    m_dataPending = !m_spec.data.train_path.empty();
    m_taskFollows = context.settings.value(taskFollowsKey(), true).toBool();
    askModel();
}

void ExperimentPresenter::resetToFirstExperiment() {
    replace(m_context.workbench.first_experiment());
}

void ExperimentPresenter::reload() {
    askModel();
}

void ExperimentPresenter::adopt(engine::ExperimentSpec spec, bool replaced) {
    if (spec == m_spec && !replaced) return;
    const engine::ExperimentSpec before = std::exchange(m_spec, std::move(spec));
    m_context.settings.setValue(specKey, QString::fromStdString(engine::to_json(m_spec)));
    if (replaced && m_spec.task != before.task) m_taskOpen = true;
    if (m_spec.model != before.model || (replaced && !m_model)) {
        askModel();  // the data follow, with the new tokenizer
    } else if (m_spec.data.train_path != before.data.train_path ||
               m_spec.data.eval_path != before.data.eval_path ||
               m_spec.data.prompt_template != before.data.prompt_template ||
               m_spec.data.chat_template != before.data.chat_template ||
               m_spec.data.seq_len != before.data.seq_len || m_spec.task != before.task ||
               (replaced && !m_data)) {
        m_dataPending = true;
        m_dataDelay.start();
        Q_EMIT dataChanged();
    }
    if (m_spec.task != before.task) askExports();
    if (m_spec.model == before.model) followTask();
    replan();
    if (replaced) Q_EMIT specReplaced();
    Q_EMIT specChanged();
}

void ExperimentPresenter::chooseModel(const QString& ref) {
    auto next = m_spec;
    next.model = ref.toStdString();
    replace(std::move(next));
}

void ExperimentPresenter::chooseData(const QString& trainPath, const QString& heldOutPath) {
    auto next = m_spec;
    next.data.train_path = trainPath.toStdString();
    next.data.eval_path = heldOutPath.toStdString();
    replace(std::move(next));
}

void ExperimentPresenter::askModel() {
    const std::string ref = m_spec.model;
    m_modelPending = true;
    m_modelTask.ask(
        this, [&workbench = m_context.workbench, ref] { return workbench.inspect(ref); },
        [this](const engine::Result<engine::ModelInfo>& answer) {
            m_modelPending = false;
            m_model.reset();
            m_modelProblem.clear();
            m_exports.clear();
            if (answer)
                m_model = *answer;
            else
                m_modelProblem = QString::fromStdString(answer.error().message);
            Q_EMIT modelChanged();
            followTask();
            askExports();
            askSpeed();
            askData();
            replan();
        });
}

void ExperimentPresenter::askExports() {
    if (!m_model || m_model->path.empty()) return m_exportsTask.cancel();
    m_exportsTask.ask(
        this, [path = m_model->path, task = m_spec.task] { return engine::possible_exports(path, {}, task); },
        [this](const engine::Result<std::vector<engine::ExportChoice>>& answer) {
            if (!answer) return;  // what is wrong with the model is told already
            m_exports = *answer;
            Q_EMIT exportsChanged();
        });
}

void ExperimentPresenter::askData() {
    m_dataDelay.stop();
    if (m_spec.data.train_path.empty()) {
        m_dataTask.cancel();
        m_data.reset();
        m_heldOut.reset();
        m_dataPending = false;
        m_dataProblem = tr("No data file is chosen.");
        Q_EMIT dataChanged();
        replan();
        return;
    }
    engine::DataRequest request;
    request.file = m_spec.data.train_path;
    if (m_model && !m_model->tokenizer.empty()) request.model = m_model->path;
    request.prompt_template = m_spec.data.prompt_template;
    request.chat_template = m_spec.data.chat_template;
    request.seq_len = m_spec.data.seq_len;
    request.preview_rows = previewRows;
    request.task = m_spec.task;
    m_dataPending = true;
    m_dataTask.ask(
        this,
        [request, heldOutPath = m_spec.data.eval_path](std::stop_token stop) -> engine::Result<Reports> {
            const auto train = engine::inspect_data(request, stop);
            if (!train) return train.error();
            Reports reports{*train, std::nullopt};
            if (!heldOutPath.empty()) {
                engine::DataRequest heldOut = request;
                heldOut.file = heldOutPath;
                heldOut.preview_rows = 0;
                reports.heldOut = engine::inspect_data(heldOut, std::move(stop));
            }
            return reports;
        },
        [this](const engine::Result<Reports>& answer) {
            m_dataPending = false;
            m_data.reset();
            m_heldOut.reset();
            m_dataProblem.clear();
            if (answer) m_data = answer->train;
            if (answer && answer->heldOut && *answer->heldOut) m_heldOut = **answer->heldOut;
            const engine::Error* error = nullptr;
            if (!answer)
                error = &answer.error();
            else if (answer->heldOut && !*answer->heldOut)
                error = &answer->heldOut->error();
            if (error) m_dataProblem = QString::fromStdString(error->message);
            Q_EMIT dataChanged();
            followTask();
            replan();
        });
    Q_EMIT dataChanged();
}

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

qint64 ExperimentPresenter::largestRank() const {
    if (!m_model) return std::numeric_limits<int>::max();
    qint64 largest = 0;
    for (const auto& matrix : m_model->matrices) {
        const auto found = m_spec.lora.targets.find(matrix.kind);
        if (found == m_spec.lora.targets.end()) continue;
        const auto& layers = found->second;
        if (!layers.empty() && std::find(layers.begin(), layers.end(), matrix.layer) == layers.end())
            continue;
        const qint64 here = std::min(matrix.in_features, matrix.out_features);
        largest = largest == 0 ? here : std::min(largest, here);
    }
    return largest == 0 ? m_model->hidden_size : largest;
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

QString ExperimentPresenter::blocker() const {
    if (m_starting) return tr("The experiment is being checked.");
    // What is known is of the model and the data before, and so is the task that follows from them.
    if (m_modelPending) return tr("The model is being read.");
    if (!m_modelProblem.isEmpty()) return m_modelProblem;
    if (!m_model) return tr("The model is being read.");
    if (!m_model->has_weights)
        return tr("%1 has no weights, only a shape; choose a model folder.")
            .arg(QString::fromStdString(m_model->name));
    if (m_model->tokenizer.empty())
        return tr("This model cannot be trained on text: %1")
            .arg(QString::fromStdString(m_model->tokenizer_problem));
    if (m_spec.method == engine::Method::lora && m_spec.lora.targets.empty())
        return tr("No matrix is ticked; tick at least one in the grid.");
    if (!m_planProblem.isEmpty()) return m_planProblem;
    if (const QString problem = taskProblem(m_spec.task); !problem.isEmpty()) return problem;
    if (m_model->max_positions > 0 && m_spec.data.seq_len > m_model->max_positions)
        return tr("Rows of %1 tokens do not fit this model, whose context is %2 tokens; set the length to that or less.")
            .arg(units::count(m_spec.data.seq_len), units::count(m_model->max_positions));
    if (!m_dataProblem.isEmpty()) return m_dataProblem;
    if (!m_data || m_dataPending) return tr("The data file is being read.");
    if (!m_data->bad_rows.empty())
        return tr("The data file has %Ln row(s) that cannot be used.", nullptr,
                  static_cast<int>(m_data->bad_rows.size()));
    if (m_data->rows == 0) return tr("The data file has no rows.");
    if (m_heldOut && !m_heldOut->bad_rows.empty())
        return tr("The evaluation file has %Ln row(s) that cannot be used.", nullptr,
                  static_cast<int>(m_heldOut->bad_rows.size()));
    if (m_heldOut && m_heldOut->rows == 0) return tr("The evaluation file has no rows.");
    if (const auto status = engine::validate(m_spec); !status)
        return QString::fromStdString(status.error().message);
    const auto* device = m_machine.device(m_spec.device);
    if (m_machine.known() && (!device || !device->usable))
        return tr("The device %1 is not there; choose another one.")
            .arg(QString::fromStdString(m_spec.device));
    return {};
}

void ExperimentPresenter::start() {
    enqueue({m_spec});
}

void ExperimentPresenter::startAtRanks(const QList<qint64>& ranks) {
    std::vector<engine::ExperimentSpec> specs;
    for (const qint64 rank : ranks) {
        auto spec = m_spec;
        spec.lora.rank = rank;
        // The same scaling at every rank, so that the ranks differ in nothing else.
        const double factor = static_cast<double>(rank) / static_cast<double>(m_spec.lora.rank);
        spec.lora.alpha = m_spec.lora.alpha * (m_spec.lora.use_rslora ? std::sqrt(factor) : factor);
        if (!spec.name.empty()) spec.name += " r" + std::to_string(rank);
        specs.push_back(std::move(spec));
    }
    enqueue(std::move(specs));
}

void ExperimentPresenter::enqueue(std::vector<engine::ExperimentSpec> specs) {
    if (!blocker().isEmpty() || specs.empty()) return;
    m_starting = true;
    Q_EMIT startingChanged();
    m_context.tasks.run(
        this,
        [&queue = m_context.queue, specs = std::move(specs)]() -> engine::Result<QStringList> {
            const auto made = queue.enqueue_study(specs);
            if (!made) return made.error();
            QStringList ids;
            for (const std::string& id : *made) ids << QString::fromStdString(id);
            return ids;
        },
        [this](const engine::Result<QStringList>& ids) {
            m_starting = false;
            m_context.bridge.announceQueueChanged();
            Q_EMIT startingChanged();
            if (ids)
                Q_EMIT queued(*ids);
            else
                Q_EMIT failed(ids.error());
        });
}

QList<qint64> ExperimentPresenter::parseRanks(const QString& text, qint64 largest, QString* problem) {
    static const QRegularExpression separators(QStringLiteral("[\\s,;]+"));
    QList<qint64> ranks;
    for (const QString& part : text.split(separators, Qt::SkipEmptyParts)) {
        bool ok = false;
        const qint64 rank = part.toLongLong(&ok);
        if (!ok || rank < 1 || rank > largest) {
            *problem = tr("“%1” is not a rank from 1 to %2.").arg(part, units::count(largest));
            return {};
        }
        if (!ranks.contains(rank)) ranks << rank;
    }
    if (ranks.isEmpty()) *problem = tr("Write the ranks to train, for example 1, 2, 4, 8, 16.");
    return ranks;
}

}  // namespace ui
