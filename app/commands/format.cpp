#include "format.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace commands {

namespace {

constexpr const char* unknown = "–";

template <class... Arguments>
std::string printed(const char* pattern, Arguments... arguments) {
    char text[64];
    std::snprintf(text, sizeof text, pattern, arguments...);
    return text;
}

}  // namespace

std::string bytes_text(std::int64_t bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return printed(unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

std::string count_text(std::int64_t count) {
    std::string digits = std::to_string(count);
    const std::size_t first = count < 0 ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
    return digits;
}

std::string number_text(double value, int digits) {
    if (std::isnan(value)) return unknown;
    return printed("%.*g", digits, value);
}

std::string number_text(std::optional<double> value, int digits) {
    return value ? number_text(*value, digits) : unknown;
}

std::string duration_text(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return unknown;
    const auto total = static_cast<long long>(std::llround(seconds));
    const auto hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
    return hours ? printed("%lld:%02lld:%02lld", hours, minutes, rest)
                 : printed("%lld:%02lld", minutes, rest);
}

std::string time_text(double unix_seconds) {
    if (unix_seconds <= 0) return unknown;
    const auto time = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    localtime_r(&time, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    return text;
}

std::string yes_no(bool value) {
    return value ? "yes" : "no";
}

std::size_t display_width(const std::string& utf8) {
    std::size_t characters = 0;
    for (const char byte : utf8)
        if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) ++characters;
    return characters;
}

}  // namespace commands
