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

bool may_wait(catalog::RunState state) {
    using catalog::RunState;
    return state == RunState::queued || state == RunState::stopped || state == RunState::failed ||
           state == RunState::interrupted;
}

}  // namespace

struct RunQueue::Impl {
    Impl(Workbench& workbench_, Listener listener_) : workbench(workbench_), listener(std::move(listener_)) {}

    void work(std::stop_token stop);
    void run(const std::string& run_id, engine::RunControl& control);
    void push(Waiting item);
    // The control of run_id while it runs, else null; mutex must be held.
    engine::RunControl* control_of(const std::string& run_id) {
        return running == run_id ? control.get() : nullptr;
    }
    std::vector<std::string> ids() const;

    Workbench& workbench;
    const Listener listener;

    mutable std::mutex mutex;  // guards everything below
    std::condition_variable_any wake;
    std::deque<Waiting> waiting;
    std::string running;
    std::unique_ptr<engine::RunControl> control;

    std::jthread thread;
};

void RunQueue::Impl::push(Waiting item) {
    {
        std::lock_guard lock(mutex);
        waiting.push_back(std::move(item));
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
        std::string run_id;
        engine::RunControl* own = nullptr;
        {
            std::unique_lock lock(mutex);
            if (!wake.wait(lock, stop, [this] { return !waiting.empty(); }) || stop.stop_requested()) return;
            run_id = running = waiting.front().run_id;
            waiting.pop_front();
            control = std::make_unique<engine::RunControl>();
            own = control.get();
        }
        run(run_id, *own);
    }
}

void RunQueue::Impl::run(const std::string& run_id, engine::RunControl& own) {
    Forwarder forwarder(listener, run_id);
    const auto outcome = workbench.execute_run(run_id, forwarder, own);
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
        running.clear();
        control.reset();
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
    if (impl_->control) impl_->control->stop();
}

engine::Result<std::string> RunQueue::enqueue(const engine::ExperimentSpec& spec) {
    auto run_id = impl_->workbench.create_run(spec);
    if (run_id) impl_->push({*run_id});
    return run_id;
}

engine::Status RunQueue::enqueue_existing(const std::string& run_id) {
    return guarded([&] {
        auto& catalog = impl_->workbench.catalog();
        const auto run = catalog.run(run_id);
        {
            std::lock_guard lock(impl_->mutex);
            const auto ids = impl_->ids();
            if (impl_->running == run.id || std::find(ids.begin(), ids.end(), run.id) != ids.end())
                engine::fail_input("Run " + run.id + " '" + run.name + "' is in the queue already.");
        }
        if (!may_wait(run.state))
            engine::fail_input("Run " + run.id + " '" + run.name + "' was not queued: it is " +
                               std::string(catalog::to_string(run.state)) + ". Train it again as a new run.");
        if (run.state != catalog::RunState::queued)
            catalog.update_run(run.id, {.state = catalog::RunState::queued});
        impl_->push({run.id, run.state});
    });
}

std::vector<std::string> RunQueue::waiting() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->ids();
}

std::string RunQueue::running() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->running;
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

bool RunQueue::paused() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->control && impl_->control->paused();
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
