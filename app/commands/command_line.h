// The whole command line: parsing, dispatch, errors to exit codes.
#pragma once

#include "interrupts.h"

namespace commands {

// Exit codes: 0 done, 2 bad input or usage, 3 failed while running, 130 interrupted.
int run_command_line(int argc, char** argv, Interrupts& interrupts);

}  // namespace commands
