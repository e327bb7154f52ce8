#include "ui/presenters/experiment_presenter.h"

#include "ui/bridge/run_bridge.h"
#include "ui/format/units.h"
#include "ui/presenters/machine.h"

#include <QRegularExpression>
#include <QSettings>

#include <algorithm>
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
