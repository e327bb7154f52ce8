// The restart with sleeping threads, as early as a program can ask for it.
#include <unistd.h>

#include <climits>
#include <cstring>

#include "engine/runtime.h"

namespace engine {
namespace {

// A short spin, then sleep. A step of the built-in model (8 x 120): 332 ms without any spin, 206 with 2,000 turns, 182 with
// 20,000 on an idle machine; at a load of 9 on two cores 0.7 s, 1.1 s, and over 10 s with the library's own 300,000.
char setting[] = "GOMP_SPINCOUNT=2000";

bool has(char** environment, const char* name) {
    const std::size_t length = std::strlen(name);
    for (; *environment; ++environment) {
        if (std::strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') return true;
    }
    return false;
}

// Returns only when there is nothing to do or it cannot be done: then all works as well, slower beside others. It runs when
// no library has been set up yet, so it calls nothing but the system.
void restart(char** argv, char** environment) {
    for (const char* name : {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}) {
        if (has(environment, name)) return;
    }
    std::size_t count = 0;
    while (environment[count]) ++count;
    constexpr std::size_t most = 4096;
    if (count + 2 > most) return;
    static char* changed[most];
    std::memcpy(changed, environment, count * sizeof(char*));
    changed[count] = setting;
    changed[count + 1] = nullptr;
    static char program[PATH_MAX];  // the program itself rather than a link to it, so that ps and top show its name
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) return;
    program[length] = '\0';
    execve(program, argv, changed);
}

#if defined(__linux__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
// Before the libraries set themselves up: libtorch alone takes a third of a second for that, which would be spent twice.
void before_libraries(int, char** argv, char** environment) { restart(argv, environment); }
[[gnu::section(".preinit_array"), gnu::used]] void (*const early)(int, char**, char**) = before_libraries;
#endif

}  // namespace

void restart_with_sleeping_threads(char** argv) { restart(argv, environ); }

}  // namespace engine
