// Runs one after another on one thread of its own. Thread-safe. Destroying the queue stops the running run (its state is
// saved, its row becomes "stopped"), leaves queued rows queued, and joins.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/events.h"
#include "engine/experiment_spec.h"

namespace workbench {

class Workbench;

struct RunEnded {
    std::string state;       // finished, stopped, failed
    std::string adapter_id;  // may be empty
    std::string message;     // why it failed; empty otherwise
};
using QueueEvent = std::variant<engine::Event, RunEnded>;

class RunQueue {
  public:
    // listener is called on the queue's thread: quick, no throw, no call back into the queue.
    using Listener = std::function<void(const std::string& run_id, const QueueEvent& event)>;
    RunQueue(Workbench& workbench, Listener listener);
    ~RunQueue();

    engine::Result<std::string> enqueue(const engine::ExperimentSpec& spec);  // a new run row; returns its id
    engine::Status enqueue_existing(const std::string& run_id);               // resume, or a row left queued
    std::vector<std::string> waiting() const;                                 // ids in order
    std::string running() const;                                             // id or empty
    void move(const std::string& run_id, int position);
    void cancel(const std::string& run_id);          // waiting only; its row becomes cancelled
    void stop_and_save(const std::string& run_id);   // running
    void pause(const std::string& run_id, bool on);
    bool paused() const;
    void evaluate_now(const std::string& run_id);
    void save_now(const std::string& run_id);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace workbench
