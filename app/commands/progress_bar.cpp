#include "progress_bar.h"

#include "output.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace commands {

namespace {

constexpr int width = 24;
constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr auto line_interval = std::chrono::seconds(10);

std::string bar(double fraction) {
    const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width);
    return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
}

}  // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    if (drawn_) std::fputc('\n', stderr);
}

void ProgressBar::show(double fraction, const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    const bool first = last_ == std::chrono::steady_clock::time_point{};
    const auto interval = terminal_ ? std::chrono::steady_clock::duration(redraw_interval) : line_interval;
    if (!first && fraction < 1 && now - last_ < interval) return;
    last_ = now;
    const std::string line = bar(fraction) + " " + text;
    if (!terminal_) {
        log_line(line);
        return;
    }
    clear();
    std::fputs(line.c_str(), stderr);
    drawn_ = true;
}

void ProgressBar::note(const std::string& line) {
    clear();
    log_line(line);
}

void ProgressBar::clear() {
    if (drawn_) std::fputs("\r\033[K", stderr);
    drawn_ = false;
}

}  // namespace commands
