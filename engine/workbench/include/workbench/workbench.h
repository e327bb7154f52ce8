// The product without a face: models by reference, experiments into the catalog, adapters out of it.
// lwb and the window are two users of this class. Thread-safe: every call opens or reuses a catalog connection of its
// own thread; results are values. Calls that train, export or hash block their thread; the rest takes milliseconds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "engine/compute.h"
#include "engine/data.h"
#include "engine/export.h"
#include "engine/model_info.h"
#include "engine/plan.h"
#include "engine/time_probe.h"
#include "engine/runtime.h"
#include "engine/train.h"
#include "workbench/paths.h"

namespace workbench {

struct ModelEntry {
    std::string ref;   // builtin:tiny, or a folder
    std::string name;  // ORG/NAME for a model of the Hugging Face cache
    std::filesystem::path path;
    bool builtin = false;
    double last_used = 0;  // unix seconds; 0 when never used
    bool cached = false;   // lies in the machine's Hugging Face cache
};

struct SampleData {  // shipped in resources/samples
    std::string title;  // "Table to text"
    std::filesystem::path train;
    std::filesystem::path held_out;
};

// An adapter named by catalog id, unique name, id prefix or PEFT folder.
struct ResolvedAdapter {
    std::filesystem::path path;
    std::optional<catalog::AdapterRecord> record;     // when it comes from the catalog
    std::optional<engine::ExperimentSpec> spec;       // of the run that made it
};

struct RunOutcome {
    std::string run_id;
    std::string adapter_id;  // empty when the run was stopped before its first step, or a model was trained
    engine::RunResult result;
};

// One of several runs to execute at once.
struct RunToExecute {
    std::string run_id;
    engine::RunObserver& observer;
    engine::RunControl& control;
};
// Called once for each, by its index, as soon as it has ended and is recorded, on the thread that trains; must not throw.
using RunExecuted = std::function<void(std::size_t run, engine::Result<RunOutcome> outcome)>;

// engine::train_together, or what stands in for it in a test: a function like engine::train, which then takes run after run.
class TrainFunction {
  public:
    TrainFunction() : train_(engine::train_together) {}
    template <class One>
        requires std::is_invocable_r_v<engine::Result<engine::RunResult>, One&, const engine::TrainRequest&,
                                       engine::RunObserver&, engine::RunControl&>
    TrainFunction(One one)
        : train_([one](const std::vector<engine::TrainMember>& members, const engine::MemberEnded& ended) mutable {
              for (std::size_t i = 0; i < members.size(); ++i)
                  ended(i, one(members[i].request, members[i].observer, members[i].control));
          }) {}

    void operator()(const std::vector<engine::TrainMember>& members, const engine::MemberEnded& ended) const {
        train_(members, ended);
    }

  private:
    std::function<void(const std::vector<engine::TrainMember>&, const engine::MemberEnded&)> train_;
};

class Workbench {
  public:
    // Runs whose program died since the last opening become interrupted.
    static engine::Result<std::unique_ptr<Workbench>> open(Paths paths, TrainFunction train = {});
    ~Workbench();

    const Paths& paths() const { return paths_; }
    catalog::Catalog& catalog();  // this thread's connection; throws catalog::Error

    // Models.
    std::vector<ModelEntry> models();  // built-in ones, those used lately, then the rest of the Hugging Face cache
    // A reference, a folder, or ORG/NAME of the Hugging Face cache.
    engine::Result<std::filesystem::path> resolve_model(const std::string& ref) const;
    engine::Result<engine::ModelInfo> inspect(const std::string& ref) const;  // also shape:NAME
    void remember_model(const std::string& ref);
    std::vector<SampleData> samples() const;

    // Experiments.
    engine::ExperimentSpec first_experiment() const;  // builtin:tiny on a shipped sample, under a minute on two cores
    // With data it reads them, for the lengths of their rows: about 20 MB/s and core.
    engine::Result<engine::Plan> plan(const engine::ExperimentSpec& spec) const;
    // How long the experiment would take, by its first steps (engine/time_probe.h); blocks until they are done. Without data, or
    // for shape:NAME, by steps of full rows on random weights.
    engine::Result<engine::TimeProbe> probe_time(const engine::ExperimentSpec& spec, std::stop_token stop = {}) const;
    // Everything that can be refused before a run exists: model, targets, data, device. The one gate for lwb and window.
    engine::Status check(const engine::ExperimentSpec& spec) const;

    // Checks, then makes a run row in state queued; its spec (paths absolute, name filled in, precision decided and the
    // measurement in its log) is the one used for ever after.
    engine::Result<std::string> create_run(const engine::ExperimentSpec& spec);
    // Trains run_id (queued, stopped, interrupted or failed with saved state) on this thread; keeps the catalog row
    // and its metric series up to date, forwards every event to observer, registers the adapter.
    engine::Result<RunOutcome> execute_run(const std::string& run_id, engine::RunObserver& observer,
                                           engine::RunControl& control);
    // The same for several runs at once, which share what they can (engine::train_together).
    void execute_runs(const std::vector<RunToExecute>& runs, const RunExecuted& executed);
    // Removes a run that is not running, its curves and its folder; its adapters stay.
    engine::Status remove_run(const std::string& run_id);

    // Adapters.
    engine::Result<ResolvedAdapter> resolve_adapter(const std::string& ref);
    // Fills in model, template and name from the catalog; stores the verdict. model_ref empty: the adapter's own base.
    engine::Result<engine::ExportReport> export_adapter(const std::string& adapter_ref, engine::ExportRequest request,
                                                        const std::string& model_ref = {},
                                                        const std::function<void(double, const std::string&)>& progress = {},
                                                        std::stop_token stop = {});
    // Removes trashed adapters for ever, with those of their files that lie in the data folder. All of them when no id is
    // given; returns how many.
    engine::Result<int64_t> empty_trash(const std::string& adapter_id = {});

  private:
    Workbench(Paths paths, TrainFunction train);
    Paths paths_;
    TrainFunction train_;
    std::uint64_t serial_;  // tells this object's connections from those of another one
};

}  // namespace workbench
