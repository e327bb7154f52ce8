#include "engine/time_probe.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "engine/bench.h"
#include "io/file.h"
#include "runtime/guard.h"

namespace engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t timed_steps = 2, warm_up = 1;
constexpr int64_t usual_evaluations = 10;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Gone with whatever was written into it.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "lwb-probe-XXXXXX").string();
        if (!mkdtemp(pattern.data())) fail_io("No temporary folder could be made for the measurement in '" + pattern + "'.");
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Takes the time of everything that a run tells, and ends it when enough is known.
class Stopwatch : public RunObserver {
  public:
    explicit Stopwatch(RunControl& control) : control_(control) {}

    void on_event(const Event& event) override {
        std::visit([this](const auto& value) { take(value); }, event);
    }

    TimeProbe probe;
    double step_seconds = 0, step_tokens = 0;  // of the steps that count

  private:
    void take(const RunStarted& event) {
        probe.setup_seconds = seconds_since(mark_);
        probe.steps = event.total_steps;
        probe.tokens_per_step = event.tokens_per_step;
        mark_ = Clock::now();
    }
    void take(const StateChanged&) { mark_ = Clock::now(); }
    void take(const EvalMetrics&) { probe.seconds_per_evaluation = seconds_since(mark_); }
    void take(const CheckpointSaved&) { probe.seconds_per_save = seconds_since(mark_); }
    void take(const StepMetrics& event) {
        if (event.global_step > warm_up) {
            step_seconds += seconds_since(mark_);
            step_tokens += event.tokens;
        }
        if (event.global_step >= warm_up + timed_steps) control_.stop();
        mark_ = Clock::now();
    }
    void take(const DeltaNorms&) {}
    void take(const RunMessage&) {}

    RunControl& control_;
    Clock::time_point mark_ = Clock::now();
};

}  // namespace

int64_t evaluations_of(int64_t steps, int64_t interval) {
    if (steps < 1) return 0;
    if (interval < 1) interval = std::max<int64_t>(1, (steps + usual_evaluations - 1) / usual_evaluations);
    return 1 + (steps + interval - 1) / interval;
}

Result<TimeProbe> probe_time(const TrainRequest& request, std::stop_token stop) {
    return guard([&] {
        const TemporaryFolder folder;
        TrainRequest work = request;
        work.run_dir = folder.path() / "run";
        work.resume = false;
        ExperimentSpec& spec = work.spec;
        spec.log_interval = 1;
        spec.eval_interval = spec.checkpoint_interval = std::numeric_limits<int32_t>::max();  // none between the steps
        if (spec.steps > 0) spec.steps = std::max(spec.steps, warm_up + timed_steps + 1);
        RunControl control;
        Stopwatch watch(control);
        const std::stop_callback on_stop(stop, [&] { control.stop(); });
        const auto trained = train(work, watch, control);
        if (!trained) throw Failure(trained.error());
        if (stop.stop_requested()) throw Failure(ErrorCode::interrupted, "The measurement was stopped.");
        if (watch.step_tokens <= 0) {
            fail_input("A run of " + std::to_string(watch.probe.steps) +
                       " steps is too short to be measured; it takes at least " + std::to_string(warm_up + timed_steps) + ".");
        }
        TimeProbe probe = watch.probe;
        if (request.spec.steps > 0) probe.steps = request.spec.steps;
        probe.seconds_per_step = watch.step_seconds * probe.tokens_per_step / watch.step_tokens;
        const int64_t evaluations = evaluations_of(probe.steps, request.spec.eval_interval);
        if (probe.seconds_per_evaluation > 0) probe.evaluations = evaluations;
        probe.saves = 2 * evaluations;  // the last state, and mostly the best one
        return probe;
    });
}

Result<TimeProbe> probe_time_of_shape(const std::string& shape, const ExperimentSpec& spec) {
    TrainBenchRequest request;
    request.shape = shape;
    request.targets.clear();
    for (const auto& [kind, layers] : spec.lora.targets) request.targets += (request.targets.empty() ? "" : ",") + kind;
    request.rank = spec.lora.rank;
    request.batch_size = spec.batch_size;
    request.seq_len = spec.data.seq_len;
    request.steps = timed_steps;
    request.method = spec.method;
    request.precision = spec.precision;
    request.base_type = spec.base_type;
    request.device = spec.device;
    const auto measured = bench_train(request);
    if (!measured) return measured.error();
    TimeProbe probe;
    probe.seconds_per_step = static_cast<double>(spec.grad_accum) * measured->step_ms / 1000;
    probe.tokens_per_step = static_cast<double>(spec.grad_accum * spec.batch_size * spec.data.seq_len);
    probe.steps = spec.steps;
    return probe;
}

}  // namespace engine
