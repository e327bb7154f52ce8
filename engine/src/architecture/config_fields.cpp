#include "architecture/config_fields.h"

#include <engine/error.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

namespace engine {
namespace {

// How the words of settings begin that take part in the computation of the models in use.
constexpr std::string_view mathematical_words[] = {
    "act",      "alibi", "attention", "attn",       "bias",   "cap",  "chunk",    "clip",
    "embed",    "embd",  "eps",       "expert",     "factor", "gate", "head",     "layernorm",
    "lora",     "mask",  "mrope",     "multiplier", "mup",    "norm", "parallel", "proj",
    "position", "query", "residual",  "rope",       "rotary", "scal", "sliding",  "softcap",
    "sparse",   "ssm",   "state",     "types",      "window"};

// Settings with such a word that change no result here: how it is computed, trained or written down.
constexpr std::string_view harmless_words[] = {"dropout",      "pdrop",
                                               "flash",        "implementation",
                                               "init",         "output_",
                                               "summary_",     "chunk_size_feed_forward",
                                               "pruned_heads", "reorder_and_upcast_attn",
                                               "gradient",     "original_max_position_embeddings",
                                               "fp32",         "tie_",
                                               "router_aux"};

bool speaks_of_mathematics(const std::string& key) {
    for (std::size_t begin = 0; begin < key.size();) {
        const std::size_t end = std::min(key.find('_', begin), key.size());
        const std::string_view word = std::string_view(key).substr(begin, end - begin);
        if (std::any_of(std::begin(mathematical_words), std::end(mathematical_words),
                        [&](std::string_view start) { return word.starts_with(start); }))
            return true;
        begin = end + 1;
    }
    return false;
}

bool is_harmless(const std::string& key) {
    return std::any_of(std::begin(harmless_words), std::end(harmless_words),
                       [&](std::string_view word) { return key.find(word) != std::string::npos; });
}

// Whether the value is the one that leaves everything as it is.
bool switches_off(const std::string& key, const Json& value) {
    if (value.is_null() || value == false) return true;
    if (value.is_array() || value.is_object()) return value.empty();
    if (value.is_string()) return value == "";
    if (!value.is_number()) return false;
    const bool factor = key.find("scal") != std::string::npos || key.find("factor") != std::string::npos ||
                        key.find("multiplier") != std::string::npos;
    return value == 0 || (factor && value == 1);
}

}  // namespace

bool ConfigFields::mentions(const char* key) const {
    asked_.insert(key);
    return config_.contains(key);
}

bool ConfigFields::has(const char* key) const {
    return mentions(key) && !config_.at(key).is_null();
}

const Json* ConfigFields::object(const char* key) const {
    if (!has(key)) return nullptr;
    const Json& value = config_.at(key);
    if (!value.is_object()) refuse(key, "it must be an object or null.");
    return &value;
}

void ConfigFields::refuse(const std::string& key, const std::string& rule) const {
    const auto it = config_.find(key);
    const std::string value = it == config_.end() ? "absent" : dump_json(*it, -1).substr(0, 80);
    fail_input("\"" + key.substr(0, 80) + "\" in " + source_ + " is " + value + ": " + rule);
}

void ConfigFields::refuse_unknown_mathematics(const std::string& family) const {
    for (const auto& [key, value] : config_.items()) {
        if (asked_.count(key) || !speaks_of_mathematics(key) || is_harmless(key)) continue;
        if (switches_off(key, value)) continue;
        refuse(key,
               "models of the family " + family +
                   " are computed here without this setting, and leaving it out could change every result. "
                   "Choose another model, or remove the field if it means nothing.");
    }
}

std::int64_t ConfigFields::integer(const char* key, std::int64_t fallback, std::int64_t low,
                                   std::int64_t high) const {
    asked_.insert(key);
    const std::int64_t value = json_int(config_, key, source_).value_or(fallback);
    if (value < low || value > high)
        refuse(key, "it must lie between " + std::to_string(low) + " and " + std::to_string(high) + ".");
    return value;
}

double ConfigFields::real(const char* key, double fallback, double low, double high) const {
    asked_.insert(key);
    const double value = json_double(config_, key, source_).value_or(fallback);
    if (!(value >= low && value <= high))
        refuse(key, "it must lie between " + json_number(low) + " and " + json_number(high) + ".");
    return value;
}

bool ConfigFields::boolean(const char* key, bool fallback) const {
    asked_.insert(key);
    return json_bool(config_, key, source_).value_or(fallback);
}

std::string ConfigFields::text(const char* key, const std::string& fallback) const {
    asked_.insert(key);
    return json_string(config_, key, source_).value_or(fallback);
}

}  // namespace engine
