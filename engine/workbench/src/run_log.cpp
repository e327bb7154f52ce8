#include "workbench/run_log.h"

#include "clock.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace workbench {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t stamp_length = 20;  // 2026-11-23T09:50:40Z

std::string stamp(double unix_time) {
    const auto seconds = static_cast<std::time_t>(unix_time);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

LogLine parse(const std::string& line) {
    std::tm utc{};
    if (line.size() > stamp_length && line[stamp_length] == ' ' &&
        std::sscanf(line.c_str(), "%4d-%2d-%2dT%2d:%2d:%2dZ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                    &utc.tm_hour, &utc.tm_min, &utc.tm_sec) == 6) {
        utc.tm_year -= 1900;
        utc.tm_mon -= 1;
        return {static_cast<double>(timegm(&utc)), line.substr(stamp_length + 1)};
    }
    return {0, line};
}

std::string loss_text(double loss) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", loss);
    return text;
}

}  // namespace

fs::path run_log_file(const fs::path& run_dir) {
    return run_dir / "log.txt";
}

LogPart read_run_log(const fs::path& run_dir, std::uint64_t from, std::uint64_t max_bytes) {
    std::ifstream file(run_log_file(run_dir), std::ios::binary | std::ios::ate);
    if (run_dir.empty() || !file) return {};
    const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
    if (size < from) from = 0;
    const std::uint64_t start = size - from > max_bytes ? size - max_bytes : from;
    std::string text(size - start, '\0');
    file.seekg(static_cast<std::streamoff>(start));
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));

    std::size_t at = 0;
    if (start > from) {  // begins somewhere within a line
        const auto line_end = text.find('\n');
        at = line_end == std::string::npos ? text.size() : line_end + 1;
    }
    LogPart part;
    for (auto line_end = text.find('\n', at); line_end != std::string::npos; line_end = text.find('\n', at)) {
        part.lines.push_back(parse(text.substr(at, line_end - at)));
        at = line_end + 1;
    }
    part.end = start + at;
    return part;
}

void append_run_log(const fs::path& run_dir, std::string_view text) {
    if (run_dir.empty()) return;
    std::string line = stamp(unix_seconds()) + ' ' + std::string(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    line += '\n';
    const int file = ::open(run_log_file(run_dir).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return;
    [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
    ::close(file);
}

RunLogger::RunLogger(fs::path run_dir, engine::RunObserver& next)
    : run_dir_(std::move(run_dir)), next_(next) {}

void RunLogger::on_event(const engine::Event& event) {
    const std::string text = std::visit([this](const auto& value) { return line(value); }, event);
    if (!text.empty()) append_run_log(run_dir_, text);
    next_.on_event(event);
}

std::string RunLogger::line(const engine::RunStarted& event) const {
    return (event.first_step > 0 ? "goes on at step " + std::to_string(event.first_step) + " on "
                                 : "started on ") +
           event.device + ", " + event.dtype;
}

std::string RunLogger::line(const engine::EvalMetrics& event) const {
    std::string metrics;
    for (const auto& metric : event.metrics) metrics += ", " + metric.name + " " + loss_text(metric.value);
    return "step " + std::to_string(event.global_step) + ": evaluation loss " + loss_text(event.loss) + metrics +
           (event.best ? event.metrics.empty() ? ", the lowest so far" : ", the best so far" : "");
}

std::string RunLogger::line(const engine::CheckpointSaved& event) const {
    return "step " + std::to_string(event.global_step) +
           (event.best ? ": best state saved" : ": state saved");
}

std::string RunLogger::line(const engine::StateChanged& event) {
    const bool was_paused = paused_;
    paused_ = event.state == "paused";
    if (paused_ == was_paused) return {};
    return paused_ ? "paused" : "goes on";
}

std::string RunLogger::line(const engine::RunMessage& event) const {
    return (event.warning ? "Warning: " : "") + event.text;
}

}  // namespace workbench
