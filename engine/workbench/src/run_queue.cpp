#include "workbench/run_queue.h"

#include "guard.h"
#include "workbench/workbench.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace workbench {

namespace {

struct Waiting {
    std::string run_id;
    catalog::RunState before = catalog::RunState::queued;  // what cancelling gives back
    int study = 0;                                         // runs of one study go at once; 0: alone
};

class Forwarder : public engine::RunObserver {
  public:
    Forwarder(const RunQueue::Listener& listener, std::string run_id)
        : listener_(listener), run_id_(std::move(run_id)) {}
    void on_event(const engine::Event& event) override {
        if (listener_) listener_(run_id_, event);
    }

  private:
    const RunQueue::Listener& listener_;
    std::string run_id_;
};

struct Running {
    std::string run_id;
    std::unique_ptr<engine::RunControl> control;
};

bool may_wait(catalog::RunState state) {
    using catalog::RunState;
    return state == RunState::queued || state == RunState::stopped || state == RunState::failed ||
           state == RunState::interrupted;
}

}  // namespace

struct RunQueue::Impl {
    Impl(Workbench& workbench_, Listener listener_) : workbench(workbench_), listener(std::move(listener_)) {}

    void work(std::stop_token stop);
    void take_next();  // mutex must be held
    void run();
    void ended(const std::string& run_id, const engine::Result<RunOutcome>& outcome);
    void push(std::vector<Waiting> items);
    // The control of run_id while it runs, else null; mutex must be held.
    engine::RunControl* control_of(const std::string& run_id) const {
        for (const Running& each : running)
            if (each.run_id == run_id) return each.control.get();
        return nullptr;
    }
    std::vector<std::string> ids() const;

    Workbench& workbench;
    const Listener listener;

    mutable std::mutex mutex;  // guards everything below
    std::condition_variable_any wake;
    std::deque<Waiting> waiting;
    std::vector<Running> running;
    int studies = 0;  // made so far

    std::jthread thread;
};

void RunQueue::Impl::push(std::vector<Waiting> items) {
    {
        std::lock_guard lock(mutex);
        for (Waiting& item : items) waiting.push_back(std::move(item));
    }
    wake.notify_all();
}

std::vector<std::string> RunQueue::Impl::ids() const {
    std::vector<std::string> result;
    for (const auto& item : waiting) result.push_back(item.run_id);
    return result;
}

void RunQueue::Impl::work(std::stop_token stop) {
    while (true) {
        {
            std::unique_lock lock(mutex);
            if (!wake.wait(lock, stop, [this] { return !waiting.empty(); }) || stop.stop_requested()) return;
            take_next();
        }
        run();
    }
}

// The first that waits, and with it the rest of its study.
void RunQueue::Impl::take_next() {
    const int study = waiting.front().study;
    bool first = true;
    std::erase_if(waiting, [&](const Waiting& item) {
        const bool taken = first || (study != 0 && item.study == study);
        first = false;
        if (taken) running.push_back({item.run_id, std::make_unique<engine::RunControl>()});
        return taken;
    });
}

void RunQueue::Impl::run() {
    std::vector<std::unique_ptr<Forwarder>> forwarders;
    std::vector<RunToExecute> runs;
    {
        std::lock_guard lock(mutex);
        for (const Running& each : running) {
            forwarders.push_back(std::make_unique<Forwarder>(listener, each.run_id));
            runs.push_back({each.run_id, *forwarders.back(), *each.control});
        }
    }
    workbench.execute_runs(runs, [&](std::size_t i, engine::Result<RunOutcome> outcome) { ended(runs[i].run_id, outcome); });
}

void RunQueue::Impl::ended(const std::string& run_id, const engine::Result<RunOutcome>& outcome) {
    RunEnded ended;
    if (outcome) {
        ended.state = outcome->result.stopped ? "stopped" : "finished";
        ended.adapter_id = outcome->adapter_id;
    } else {
        const bool stopped = outcome.error().code == engine::ErrorCode::interrupted;
        ended.state = stopped ? "stopped" : "failed";
        if (!stopped) ended.message = outcome.error().message;
    }
    {
        // Before the listener hears of the end, so that who asks running() then is told the truth.
        std::lock_guard lock(mutex);
        std::erase_if(running, [&](const Running& each) { return each.run_id == run_id; });
    }
    if (listener) listener(run_id, ended);
}

RunQueue::RunQueue(Workbench& workbench, Listener listener)
    : impl_(std::make_unique<Impl>(workbench, std::move(listener))) {
    impl_->thread = std::jthread([impl = impl_.get()](std::stop_token stop) { impl->work(stop); });
}

RunQueue::~RunQueue() {
    impl_->thread.request_stop();
    std::lock_guard lock(impl_->mutex);
    for (const Running& each : impl_->running) each.control->stop();
}

engine::Result<std::string> RunQueue::enqueue(const engine::ExperimentSpec& spec) {
    auto run_id = impl_->workbench.create_run(spec);
    if (run_id) impl_->push({{*run_id}});
    return run_id;
}

engine::Result<std::vector<std::string>> RunQueue::enqueue_study(const std::vector<engine::ExperimentSpec>& specs) {
    std::vector<std::string> ids;
    std::vector<Waiting> items;
    int study = 0;
    {
        std::lock_guard lock(impl_->mutex);
        study = ++impl_->studies;
    }
    for (const auto& spec : specs) {
        auto run_id = impl_->workbench.create_run(spec);
        if (!run_id) {
            for (const std::string& made : ids) (void)impl_->workbench.remove_run(made);
            return run_id.error();
        }
        items.push_back({*run_id, catalog::RunState::queued, spec.method == engine::Method::lora ? study : 0});
        ids.push_back(std::move(run_id).value());
    }
    impl_->push(std::move(items));
    return ids;
}

engine::Status RunQueue::enqueue_existing(const std::string& run_id) {
    return guarded([&] {
        auto& catalog = impl_->workbench.catalog();
        const auto run = catalog.run(run_id);
        {
            std::lock_guard lock(impl_->mutex);
            const auto ids = impl_->ids();
            if (impl_->control_of(run.id) || std::find(ids.begin(), ids.end(), run.id) != ids.end())
                engine::fail_input("Run " + run.id + " '" + run.name + "' is in the queue already.");
        }
        if (!may_wait(run.state))
            engine::fail_input("Run " + run.id + " '" + run.name + "' was not queued: it is " +
                               std::string(catalog::to_string(run.state)) + ". Train it again as a new run.");
        if (run.state != catalog::RunState::queued)
            catalog.update_run(run.id, {.state = catalog::RunState::queued});
        impl_->push({{run.id, run.state}});
    });
}

std::vector<std::string> RunQueue::waiting() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->ids();
}

std::vector<std::string> RunQueue::running() const {
    std::lock_guard lock(impl_->mutex);
    std::vector<std::string> ids;
    for (const Running& each : impl_->running) ids.push_back(each.run_id);
    return ids;
}

bool RunQueue::is_running(const std::string& run_id) const {
    std::lock_guard lock(impl_->mutex);
    return impl_->control_of(run_id) != nullptr;
}

void RunQueue::move(const std::string& run_id, int position) {
    std::vector<std::string> order;
    {
        std::lock_guard lock(impl_->mutex);
        auto& waiting = impl_->waiting;
        const auto found = std::find_if(waiting.begin(), waiting.end(),
                                        [&](const Waiting& item) { return item.run_id == run_id; });
        if (found == waiting.end()) return;  // it may have started meanwhile
        const Waiting item = *found;
        waiting.erase(found);
        waiting.insert(waiting.begin() + std::clamp<std::ptrdiff_t>(position, 0, std::ssize(waiting)), item);
        order = impl_->ids();
    }
    impl_->workbench.catalog().order_queue(order);
}

void RunQueue::cancel(const std::string& run_id) {
    catalog::RunState state = catalog::RunState::cancelled;
    {
        std::lock_guard lock(impl_->mutex);
        auto& waiting = impl_->waiting;
        const auto found = std::find_if(waiting.begin(), waiting.end(),
                                        [&](const Waiting& item) { return item.run_id == run_id; });
        if (found == waiting.end()) return;
        // A stopped run that waited for its second part is a stopped run again.
        if (found->before != catalog::RunState::queued) state = found->before;
        waiting.erase(found);
    }
    impl_->workbench.catalog().update_run(run_id, {.state = state});
}

void RunQueue::stop_and_save(const std::string& run_id) {
    std::lock_guard lock(impl_->mutex);
    if (auto* control = impl_->control_of(run_id)) control->stop();
}

void RunQueue::pause(const std::string& run_id, bool on) {
    std::lock_guard lock(impl_->mutex);
    if (auto* control = impl_->control_of(run_id)) control->pause(on);
}

bool RunQueue::paused(const std::string& run_id) const {
    std::lock_guard lock(impl_->mutex);
    const auto* control = impl_->control_of(run_id);
    return control && control->paused();
}

void RunQueue::evaluate_now(const std::string& run_id) {
    std::lock_guard lock(impl_->mutex);
    if (auto* control = impl_->control_of(run_id)) control->evaluate_now();
}

void RunQueue::save_now(const std::string& run_id) {
    std::lock_guard lock(impl_->mutex);
    if (auto* control = impl_->control_of(run_id)) control->save_now();
}

}  // namespace workbench
