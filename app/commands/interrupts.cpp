#include "interrupts.h"

#include <cstring>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace commands {

namespace {

constexpr int exit_interrupted = 130;
constexpr int wake_up = SIGUSR1;  // ends the waiting thread

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, wake_up);
    return set;
}

}  // namespace

void Interrupts::block_signals() {
    const sigset_t set = watched_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Interrupts::Interrupts() : thread_([this] { wait_for_signals(); }) {}

Interrupts::~Interrupts() {
    pthread_kill(thread_.native_handle(), wake_up);
    thread_.join();
}

std::stop_token Interrupts::stop_token() {
    armed_ = true;
    return source_.get_token();
}

void Interrupts::wait_for_signals() {
    const sigset_t set = watched_signals();
    while (true) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0 || signal == wake_up) return;
        if (!armed_ || !source_.request_stop()) _exit(exit_interrupted);
        constexpr char note[] = "\nStopping and saving; press Ctrl-C again to end at once.\n";
        [[maybe_unused]] const auto written = write(STDERR_FILENO, note, std::strlen(note));
    }
}

}  // namespace commands
