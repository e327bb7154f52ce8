// What every command is given: the global options and, once asked for, the workbench.
#pragma once

#include "interrupts.h"
#include "workbench/workbench.h"

#include <filesystem>
#include <memory>

namespace commands {

class Session {
  public:
    explicit Session(Interrupts& interrupts) : interrupts_(interrupts) {}

    std::filesystem::path data_dir;  // --data-dir, may be empty
    bool json = false;               // exactly one JSON object on stdout

    // Opened by the first call; throws engine::Failure.
    workbench::Workbench& workbench();
    // From now on the first Ctrl-C asks to stop instead of ending the program.
    std::stop_token stop_token() { return interrupts_.stop_token(); }

  private:
    Interrupts& interrupts_;
    std::unique_ptr<workbench::Workbench> workbench_;
};

}  // namespace commands
