// What a run has reported, as lines of text in log.txt of its folder: who started it where, evaluations, saved states,
// messages of the engine, how it ended. Written by whichever program trains the run, read by any; kept as long as the
// run. One line each, "2026-11-23T09:50:40Z text"; a resumed run goes on in the same file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/events.h"

namespace workbench {

struct LogLine {
    double time = 0;  // unix seconds; 0 when the line carries none
    std::string text;

    bool operator==(const LogLine&) const = default;
};

struct LogPart {
    std::vector<LogLine> lines;
    std::uint64_t end = 0;  // where the next reading goes on
};

std::filesystem::path run_log_file(const std::filesystem::path& run_dir);

// The complete lines after position from; of a long log the last ones only, at most about max_bytes. A log that does
// not exist has no lines; one that has become shorter than from is read from its start. Never throws: a log that
// cannot be read is an empty one.
LogPart read_run_log(const std::filesystem::path& run_dir, std::uint64_t from = 0,
                     std::uint64_t max_bytes = std::uint64_t{1} << 18);

// Appends one line, stamped with the present time; line breaks in text become blanks. One short write, so that lines
// of two programs do not mix. A log that cannot be written (disk full) is no reason to end a run: nothing happens.
void append_run_log(const std::filesystem::path& run_dir, std::string_view text);

// Writes the line of every event that is worth one, then passes it on.
class RunLogger : public engine::RunObserver {
  public:
    RunLogger(std::filesystem::path run_dir, engine::RunObserver& next);
    void on_event(const engine::Event& event) override;

  private:
    std::string line(const engine::RunStarted& event) const;
    std::string line(const engine::EvalMetrics& event) const;
    std::string line(const engine::CheckpointSaved& event) const;
    std::string line(const engine::StateChanged& event);
    std::string line(const engine::RunMessage& event) const;
    std::string line(const engine::StepMetrics&) const { return {}; }
    std::string line(const engine::DeltaNorms&) const { return {}; }

    const std::filesystem::path run_dir_;
    engine::RunObserver& next_;
    bool paused_ = false;
};

}  // namespace workbench
