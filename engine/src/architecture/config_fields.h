// Checked access to the fields of a config.json: every value has its range, every failure names file, field,
// value and rule. An absent or null field takes the default of the reference implementation.
#pragma once

#include "io/json.h"

#include <cstdint>
#include <string>
#include <utility>

namespace engine {

class ConfigFields {
  public:
    ConfigFields(const Json& config, std::string source) : config_(config), source_(std::move(source)) {}

    std::int64_t integer(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const;
    double real(const char* key, double fallback, double low, double high) const;
    bool boolean(const char* key, bool fallback) const;
    std::string text(const char* key, const std::string& fallback) const;
    bool has(const char* key) const;  // present and not null

    const Json& json() const { return config_; }
    const std::string& source() const { return source_; }

    // "\"key\" in <source> is <value>: <rule>"
    [[noreturn]] void refuse(const std::string& key, const std::string& rule) const;

  private:
    const Json& config_;
    std::string source_;
};

}  // namespace engine
