// Numbers for people. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace commands {

std::string bytes_text(std::int64_t bytes);             // "345 MiB"
std::string count_text(std::int64_t count);             // "1,234,567"
std::string number_text(double value, int digits = 4);  // significant digits; "–" for NaN
std::string number_text(std::optional<double> value, int digits = 4);
std::string duration_text(double seconds);   // "1:02:03", "0:41"
std::string time_text(double unix_seconds);  // "2026-01-31 14:05", local; "–" for 0
std::string yes_no(bool value);
std::size_t display_width(const std::string& utf8);  // characters, not bytes

}  // namespace commands
