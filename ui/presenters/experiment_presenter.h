// The experiment that is being set up, and everything that follows from it: the model's description, the data
// report, exact counts, memory, steps, time, and why it cannot start yet. Widgets write through edit() and
// read on signals. Slow questions run on the pool; a late answer to an older question is dropped. GUI thread
// only.
#pragma once

#include "engine/data.h"
#include "engine/experiment_spec.h"
#include "engine/export.h"
#include "engine/model_info.h"
#include "engine/plan.h"
#include "engine/time_probe.h"
#include "ui/bridge/task_runner.h"
#include "ui/context.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <optional>
#include <vector>

namespace ui {

class Machine;

class ExperimentPresenter : public QObject {
    Q_OBJECT

  public:
    // A change that would make the experiment fit, with what it would then need.
    struct Remedy {
        QString text;
        engine::ExperimentSpec spec;
    };

    ExperimentPresenter(const AppContext& context, Machine& machine, QObject* parent = nullptr);

    const engine::ExperimentSpec& spec() const { return m_spec; }
    // From a field: changes the spec and whatever follows from it. Remembered across restarts.
    template <class Change>
    void edit(Change change) {
        engine::ExperimentSpec next = m_spec;
        change(next);
        adopt(std::move(next), false);
    }
    // From elsewhere (preset, catalog, remedy): every widget shows the new values.
    void replace(engine::ExperimentSpec spec) { adopt(std::move(spec), true); }
    void chooseModel(const QString& ref);
    void chooseData(const QString& trainPath, const QString& heldOutPath = {});
    void resetToFirstExperiment();
    void reload();  // model and data are read again

    const std::optional<engine::ModelInfo>& model() const { return m_model; }
    QString modelProblem() const { return m_modelProblem; }
    // What this model can be exported as; empty until it is known, or when there is no model.
    const std::vector<engine::ExportChoice>& exports() const { return m_exports; }
    const std::optional<engine::DataReport>& data() const { return m_data; }
    bool modelPending() const { return m_modelPending; }
    bool dataPending() const { return m_dataPending; }
    QString dataProblem() const { return m_dataProblem; }
    const std::optional<engine::Plan>& plan() const { return m_plan; }
    QString planProblem() const { return m_planProblem; }
    const std::vector<Remedy>& remedies() const { return m_remedies; }
    qint64 largestRank() const;      // min(in, out) over the ticked matrices
    qint64 totalSteps() const;       // 0 while not known; held-out rows are an estimate
    double expectedSeconds() const;  // 0 while not known
    QString expectedSecondsOrigin() const;
    // Makes the first steps of this experiment for its time; planChanged when it is known, failed when it cannot be.
    void measureTime();
    bool measuringTime() const { return m_timeTask.pending(); }

    // What is learned. Unless it was chosen it follows the head of the model and, for a head that training starts
    // anew, the labels of the data.
    void chooseTask(std::optional<engine::Task> task);  // nothing: follow the model
    bool taskFollowsModel() const { return m_taskFollows; }
    std::optional<engine::Task> taskOfModel() const;  // nothing while the model is not known
    QString taskProblem(engine::Task task) const;     // why it cannot be chosen, one sentence; empty when it can

    // Why Start is not possible, one sentence; empty when it is.
    QString blocker() const;

    // Enqueue; the outcome comes as queued or failed. Ranks: one run each, at once, alpha / rank kept as it is.
    void start();
    void startAtRanks(const QList<qint64>& ranks);
    bool starting() const { return m_starting; }
    // "1, 2,4 8" -> 1 2 4 8; empty and a sentence in problem when something in it is no rank.
    static QList<qint64> parseRanks(const QString& text, qint64 largest, QString* problem);

  Q_SIGNALS:
    void specReplaced();
    void specChanged();  // also after specReplaced
    void modelChanged();
    void exportsChanged();
    void dataChanged();
    void planChanged();
    void startingChanged();
    void queued(const QStringList& runIds);
    void failed(const engine::Error& error);

  private:
    void askExports();
    static QString taskFollowsKey() { return QStringLiteral("experiment/taskFollowsModel"); }
    void followTask();
    void setTask(engine::Task task);
    engine::DataFacts dataFacts() const;  // nothing while not known
    void adopt(engine::ExperimentSpec spec, bool replaced);
    void askModel();
    void askData();
    void askSpeed();
    void replan();
    void findRemedies();
    void enqueue(std::vector<engine::ExperimentSpec> specs);
    qint64 freeBytes() const;
    const engine::TimeProbe* measuredTime() const;  // of this experiment, whatever its number of steps

    AppContext m_context;
    Machine& m_machine;
    engine::ExperimentSpec m_spec;

    LatestTask m_modelTask, m_exportsTask;
    LatestTask m_dataTask;
    LatestTask m_speedTask;
    LatestTask m_timeTask;
    QTimer m_dataDelay;  // typing a template must not read the file at every key
    std::optional<engine::ModelInfo> m_model;
    QString m_modelProblem;
    std::vector<engine::ExportChoice> m_exports;
    std::optional<engine::DataReport> m_data, m_heldOut;  // m_heldOut: of an evaluation file
    QString m_dataProblem;
    bool m_modelPending = false;  // m_model is still that of the choice before
    bool m_dataPending = false;
    std::optional<engine::Plan> m_plan;
    QString m_planProblem;
    std::vector<Remedy> m_remedies;
    double m_tokensPerSecond = 0;  // of the last finished run on this model
    struct Measured {
        engine::ExperimentSpec spec;
        engine::TimeProbe time;
    };
    std::optional<Measured> m_measured;
    bool m_starting = false;
    bool m_taskFollows = true;  // the model
    bool m_taskOpen = false;    // it came with an experiment whose model is still to be read
};

}  // namespace ui
