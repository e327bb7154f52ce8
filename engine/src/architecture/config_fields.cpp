#include "architecture/config_fields.h"

#include <engine/error.h>

#include <cmath>

namespace engine {

bool ConfigFields::has(const char* key) const {
    const auto it = config_.find(key);
    return it != config_.end() && !it->is_null();
}

void ConfigFields::refuse(const std::string& key, const std::string& rule) const {
    const auto it = config_.find(key);
    const std::string value = it == config_.end() ? "absent" : dump_json(*it, -1).substr(0, 80);
    fail_input("\"" + key + "\" in " + source_ + " is " + value + ": " + rule);
}

std::int64_t ConfigFields::integer(const char* key, std::int64_t fallback, std::int64_t low,
                                   std::int64_t high) const {
    const std::int64_t value = json_int(config_, key, source_).value_or(fallback);
    if (value < low || value > high)
        refuse(key, "it must lie between " + std::to_string(low) + " and " + std::to_string(high) + ".");
    return value;
}

double ConfigFields::real(const char* key, double fallback, double low, double high) const {
    const double value = json_double(config_, key, source_).value_or(fallback);
    if (!(value >= low && value <= high))
        refuse(key, "it must lie between " + json_number(low) + " and " + json_number(high) + ".");
    return value;
}

bool ConfigFields::boolean(const char* key, bool fallback) const {
    return json_bool(config_, key, source_).value_or(fallback);
}

std::string ConfigFields::text(const char* key, const std::string& fallback) const {
    return json_string(config_, key, source_).value_or(fallback);
}

}  // namespace engine
