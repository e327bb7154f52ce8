// Checked access to the fields of a config.json: every value has its range, every failure names file, field,
// value and rule. An absent or null field takes the default of the reference implementation. Remembers what
// was asked for, so that fields nobody knows can be told from those that were understood.
#pragma once

#include "io/json.h"

#include <cstdint>
#include <set>
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
    bool has(const char* key) const;            // present and not null
    bool mentions(const char* key) const;       // present, perhaps null
    const Json* object(const char* key) const;  // nullptr when absent or null; refuses other types

    const Json& json() const { return config_; }
    const std::string& source() const { return source_; }

    // "\"key\" in <source> is <value>: <rule>"
    [[noreturn]] void refuse(const std::string& key, const std::string& rule) const;

    // Refuses a field that was never asked for, whose name speaks of the computation and whose value is not
    // the one that switches it off (false, null, empty, 0, or 1 for a factor): ignoring it could change every
    // result. Fields known to be bookkeeping (dropout, token ids, versions, ...) are let through.
    void refuse_unknown_mathematics(const std::string& family) const;

  private:
    const Json& config_;
    std::string source_;
    mutable std::set<std::string> asked_;
};

}  // namespace engine
