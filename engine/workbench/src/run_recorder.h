// Keeps the catalog's record of one run while it trains.
#pragma once

#include "catalog/catalog.h"

#include <engine/events.h>
#include <engine/train.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace workbench {

// Events go to the next observer at once and into a buffer; a writer thread with a catalog connection of its
// own stores the buffer, one transaction each time, and sends the heartbeat, so that a long evaluation beats
// as well. When a write fails (disk full, catalog busy) the buffer is kept and tried again; only finish()
// says that it never got through.
class RunRecorder : public engine::RunObserver {
  public:
    struct Pace {
        std::chrono::milliseconds write{500};
        std::chrono::milliseconds heartbeat{2000};
    };

    // control is stopped when the run turns out to belong to another process.
    RunRecorder(std::filesystem::path catalog_file, std::string run_id, engine::RunObserver& next,
                engine::RunControl& control, Pace pace);
    ~RunRecorder() override;

    void on_event(const engine::Event& event) override;

    // Writes what is left and ends the thread. Throws catalog::Error when that could not be stored.
    void finish();
    bool lost() const;  // to another process

  private:
    struct Batch {
        std::optional<std::int64_t> discard_after;
        std::vector<catalog::MetricSample> samples;
        catalog::RunUpdate update;
        bool dirty = false;  // something to write
    };

    void take(const engine::RunStarted& event);
    void take(const engine::StepMetrics& event);
    void take(const engine::EvalMetrics& event);
    void take(const engine::DeltaNorms& event);
    void take(const engine::StateChanged& event);
    void take(const engine::CheckpointSaved&) {}
    void take(const engine::RunMessage&) {}
    void add(std::string key, std::int64_t step, double value);

    void work();
    void write(catalog::Catalog& catalog);
    void restore(Batch unwritten);  // in front of what came meanwhile

    const std::filesystem::path catalog_file_;
    const std::string run_id_;
    engine::RunObserver& next_;
    engine::RunControl& control_;
    const Pace pace_;

    mutable std::mutex mutex_;  // guards everything below
    std::condition_variable wake_;
    Batch pending_;
    double elapsed_s_ = 0;
    bool closing_ = false;
    bool lost_ = false;
    std::optional<catalog::Error> failure_;  // of the last write

    std::jthread writer_;
};

}  // namespace workbench
