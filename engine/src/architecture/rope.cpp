// Rotary positions as config.json spells them.
#include "architecture/families.h"

#include <engine/error.h>

#include <cmath>

namespace engine {
namespace {

const char* settings_key(const ConfigFields& config) {
    return config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
}

ConfigFields settings_of(const ConfigFields& config, const char* key, const Json& object) {
    return {object, "\"" + std::string(key) + "\" in " + config.source()};
}

}  // namespace

double read_rotary_fraction(const ConfigFields& config, double fallback) {
    const double outside = config.real("partial_rotary_factor", fallback, 0, 1);
    const char* key = settings_key(config);
    const Json* object = config.object(key);
    return object ? settings_of(config, key, *object).real("partial_rotary_factor", outside, 0, 1) : outside;
}

RopeConfig read_rope(const ConfigFields& config, std::int64_t head_dim, double fraction,
                     const char* theta_key) {
    RopeConfig rope;
    rope.rotary_dim = static_cast<std::int64_t>(static_cast<double>(head_dim) * fraction);
    if (rope.rotary_dim < 2 || rope.rotary_dim % 2 != 0)
        fail_input("In " + config.source() + " " + std::to_string(rope.rotary_dim) + " of the " +
                   std::to_string(head_dim) +
                   " values of a head are rotated: it must be an even number, 2 at least.");
    rope.theta = config.real("rope_theta", 10000, 1, 1e12);
    rope.theta = config.real(theta_key, rope.theta, 1, 1e12);
    const char* key = settings_key(config);
    const Json* object = config.object(key);
    if (!object) return rope;
    const ConfigFields fields = settings_of(config, key, *object);
    rope.theta = fields.real("rope_theta", rope.theta, 1, 1e12);

    const std::string older = fields.text("type", "default");
    const std::string type = fields.text("rope_type", older);
    if (type == "default") {
        for (const auto& [name, value] : object->items())
            if (value.is_object()) config.refuse(key, "settings per kind of layer are not supported.");
        return rope;
    }
    if (type != "linear" && type != "llama3")
        config.refuse(key,
                      "supported types of rope scaling are default, linear and llama3. Choose the variant of "
                      "the model for "
                      "its original context length.");
    const auto need = [&](const char* name, double low, double high) {
        if (!fields.has(name)) config.refuse(key, "the field " + std::string(name) + " is missing.");
        return fields.real(name, 0, low, high);
    };
    rope.factor = need("factor", 1e-6, 1e6);
    rope.scaling = RopeScaling::linear;
    if (type == "llama3") {
        rope.scaling = RopeScaling::llama3;
        rope.low_freq_factor = need("low_freq_factor", 1e-6, 1e6);
        rope.high_freq_factor = need("high_freq_factor", 1e-6, 1e6);
        if (rope.high_freq_factor <= rope.low_freq_factor)
            config.refuse(key, "high_freq_factor must be above low_freq_factor.");
        rope.original_max_positions = static_cast<std::int64_t>(
            need("original_max_position_embeddings", 1, static_cast<double>(limits::rows)));
    }
    fields.mentions("partial_rotary_factor");
    fields.refuse_unknown_mathematics(type + " rope scaling");
    return rope;
}

}  // namespace engine
