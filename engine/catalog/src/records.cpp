#include <catalog/records.h>

#include <algorithm>
#include <array>
#include <charconv>
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

std::string to_text(const Metrics& metrics) {
    std::string text;
    for (const Metric& metric : metrics) {
        std::array<char, 32> number{};
        const auto end = std::to_chars(number.data(), number.data() + number.size(), metric.value).ptr;
        text += (text.empty() ? "" : " ") + metric.name + "=" + std::string(number.data(), end);
    }
    return text;
}

Metrics metrics_from(std::string_view text) {
    Metrics metrics;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        const auto sign = part.find('=');
        if (sign == 0 || sign == std::string_view::npos) continue;
        double value = 0.0;
        const char* const end = part.data() + part.size();
        const auto [rest, error] = std::from_chars(part.data() + sign + 1, end, value);
        if (error == std::errc() && rest == end) metrics.push_back({std::string(part.substr(0, sign)), value});
    }
    return metrics;
}

Owner this_process() {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    return {getpid(), host.data()};
}

}  // namespace catalog
