// lwb: the workbench without a window.
#include "commands/command_line.h"

#include <engine/runtime.h>

int main(int argc, char** argv) {
    engine::restart_with_sleeping_threads(argv);
    commands::Interrupts::block_signals();
    engine::initialize_runtime();
    commands::Interrupts interrupts;
    return commands::run_command_line(argc, argv, interrupts);
}
