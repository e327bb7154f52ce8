#include <catalog/records.h>

#include <array>
#include <unistd.h>

namespace catalog {

namespace {

constexpr std::array<std::string_view, 8> state_names = {"queued",  "running", "paused",      "finished",
                                                         "stopped", "failed",  "interrupted", "cancelled"};

}  // namespace

std::string_view to_string(RunState state) {
    return state_names[static_cast<std::size_t>(state)];
}

std::optional<RunState> run_state_from(std::string_view text) {
    for (std::size_t i = 0; i < state_names.size(); ++i)
        if (state_names[i] == text) return static_cast<RunState>(i);
    return std::nullopt;
}

bool is_open(RunState state) {
    return state == RunState::queued || state == RunState::running || state == RunState::paused;
}

Owner this_process() {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    return {getpid(), host.data()};
}

}  // namespace catalog
