// Runs one after another on one thread of its own, those of a study at once. Thread-safe. Destroying the queue stops what
// runs (the state is saved, the row becomes "stopped"), leaves queued rows queued, and joins.
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
    // Runs that train at once when the first of them is due, sharing what they can (engine::train_together); each is a run
    // of its own otherwise. Those that train whole models go one after another. Their ids; when one is refused, none is
    // made. What is left of a study when the queue is destroyed goes one after another.
    engine::Result<std::vector<std::string>> enqueue_study(const std::vector<engine::ExperimentSpec>& specs);
    engine::Status enqueue_existing(const std::string& run_id);               // resume, or a row left queued
    std::vector<std::string> waiting() const;                                 // ids in order
    std::vector<std::string> running() const;                                // ids; several of a study
    bool is_running(const std::string& run_id) const;
    void move(const std::string& run_id, int position);
    void cancel(const std::string& run_id);          // waiting only; its row becomes cancelled
    void stop_and_save(const std::string& run_id);   // running
    void pause(const std::string& run_id, bool on);
    bool paused(const std::string& run_id) const;
    void evaluate_now(const std::string& run_id);
    void save_now(const std::string& run_id);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace workbench
