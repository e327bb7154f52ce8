// Ctrl-C and SIGTERM, waited for by a thread of their own, so that what they set in motion is ordinary code.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace commands {

class Interrupts {
  public:
    // In this thread and in all that are started after it: first thing in main(), before a library starts
    // threads.
    static void block_signals();
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    // Once somebody holds the token, the first signal requests a stop and the second ends the program. Before
    // that the first one ends it.
    std::stop_token stop_token();

  private:
    void wait_for_signals();

    std::stop_source source_;
    std::atomic<bool> armed_{false};
    std::thread thread_;
};

}  // namespace commands
