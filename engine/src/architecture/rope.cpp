// Rotary positions: as config.json spells them, and the angles that come of it.
#include "architecture/families.h"

#include <engine/error.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace engine {
namespace {

const char* settings_key(const ConfigFields& config) {
    return config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
}

ConfigFields settings_of(const ConfigFields& config, const char* key, const Json& object) {
    return {object, "\"" + std::string(key) + "\" in " + config.source()};
}

// What one of the types of scaling reads.
class Settings {
  public:
    Settings(const ConfigFields& config, const char* key, const ConfigFields& fields)
        : config_(config), key_(key), fields_(fields) {}

    double need(const char* name, double low, double high) const {
        if (!fields_.has(name)) config_.refuse(key_, "the field " + std::string(name) + " is missing.");
        return fields_.real(name, 0, low, high);
    }
    double real(const char* name, double fallback, double low, double high) const {
        return fields_.real(name, fallback, low, high);
    }
    bool has(const char* name) const { return fields_.has(name); }
    bool boolean(const char* name, bool fallback) const { return fields_.boolean(name, fallback); }
    [[noreturn]] void refuse(const std::string& rule) const { config_.refuse(key_, rule); }

    // The length of the training that comes before any stretching; also outside of the settings.
    std::int64_t original(std::int64_t fallback) const {
        const std::int64_t outside = config_.integer("original_max_position_embeddings", fallback, 1, limits::rows);
        return fields_.integer("original_max_position_embeddings", outside, 1, limits::rows);
    }
    std::vector<double> factors(const char* name, std::size_t count) const {
        if (!fields_.has(name)) refuse("the field " + std::string(name) + " is missing.");
        const Json& list = fields_.json().at(name);
        std::vector<double> values;
        if (list.is_array())
            for (const Json& value : list)
                if (value.is_number()) values.push_back(value.get<double>());
        const bool positive = std::all_of(values.begin(), values.end(), [](double v) { return v >= 1e-6 && v <= 1e9; });
        if (values.size() != count || !list.is_array() || list.size() != count || !positive)
            refuse(std::string(name) + " must list one positive number for each of the " + std::to_string(count) +
                   " rotated pairs of a head.");
        return values;
    }

  private:
    const ConfigFields& config_;
    const char* key_;
    const ConfigFields& fields_;
};

constexpr double least = 1e-6, most = 1e6;

void read_llama3(RopeConfig& rope, const Settings& settings) {
    rope.scaling = RopeScaling::llama3;
    rope.factor = settings.need("factor", least, most);
    rope.low_freq_factor = settings.need("low_freq_factor", least, most);
    rope.high_freq_factor = settings.need("high_freq_factor", least, most);
    if (rope.high_freq_factor <= rope.low_freq_factor) settings.refuse("high_freq_factor must be above low_freq_factor.");
    rope.original_max_positions = static_cast<std::int64_t>(
        settings.need("original_max_position_embeddings", 1, static_cast<double>(limits::rows)));
}

// An explicit factor counts, also where the two lengths say another one.
void read_yarn(RopeConfig& rope, const Settings& settings, std::int64_t max_positions) {
    rope.scaling = RopeScaling::yarn;
    rope.original_max_positions = settings.original(max_positions);
    rope.factor = settings.has("factor")
                      ? settings.real("factor", 1, least, most)
                      : static_cast<double>(max_positions) / static_cast<double>(rope.original_max_positions);
    const auto magnitude = [&](double weight) { return rope.factor <= 1 ? 1 : 0.1 * weight * std::log(rope.factor) + 1; };
    const double some = settings.real("mscale", 0, 0, most), all = settings.real("mscale_all_dim", 0, 0, most);
    const double usual = some > 0 && all > 0 ? magnitude(some) / magnitude(all) : magnitude(1);
    rope.attention_factor = settings.real("attention_factor", usual, 0, most);
    rope.beta_fast = settings.real("beta_fast", 32, least, most);
    rope.beta_slow = settings.real("beta_slow", 1, least, most);
    rope.truncate = settings.boolean("truncate", true);
    if (rope.beta_fast < rope.beta_slow) settings.refuse("beta_fast must not be below beta_slow.");
}

void read_longrope(RopeConfig& rope, const Settings& settings, std::int64_t max_positions, std::int64_t original) {
    rope.scaling = RopeScaling::longrope;
    const auto pairs = static_cast<std::size_t>(rope.rotary_dim / 2);
    rope.short_factors = settings.factors("short_factor", pairs);
    rope.long_factors = settings.factors("long_factor", pairs);
    rope.original_max_positions = settings.original(original > 0 ? original : max_positions);
    const double stretched = static_cast<double>(max_positions) / static_cast<double>(rope.original_max_positions);
    // Where the file names no original length, the factor says how far the training was stretched.
    const double named = settings.real("factor", 1, least, most);
    rope.factor = stretched != 1 || original > 0 ? stretched : named;
    const double usual = rope.factor <= 1 || rope.original_max_positions < 2
                             ? 1
                             : std::sqrt(1 + std::log(rope.factor) / std::log(static_cast<double>(rope.original_max_positions)));
    rope.attention_factor = settings.real("attention_factor", usual, 0, most);
}

void read_dynamic(RopeConfig& rope, const Settings& settings, std::int64_t max_positions) {
    rope.scaling = RopeScaling::dynamic;
    rope.factor = settings.need("factor", 1, most);
    rope.original_max_positions = settings.original(max_positions);
    if (rope.rotary_dim < 4) settings.refuse("dynamic scaling needs at least two rotated pairs in a head.");
}

// Of the pair that turns this often within the original length: find_correction_dim of arXiv:2309.00071, equation 17 turned
// around.
double pair_of_rotations(const RopeConfig& rope, double rotations) {
    return static_cast<double>(rope.rotary_dim) *
           std::log(static_cast<double>(rope.original_max_positions) / (rotations * 2 * std::numbers::pi)) /
           (2 * std::log(rope.theta));
}

float llama3_frequency(const RopeConfig& rope, float frequency) {
    const auto factor = static_cast<float>(rope.factor);
    const auto low = static_cast<float>(rope.low_freq_factor), high = static_cast<float>(rope.high_freq_factor);
    const auto original = static_cast<float>(rope.original_max_positions);
    const float wavelength = 2.0f * std::numbers::pi_v<float> / frequency;
    if (wavelength > original / low) return frequency / factor;
    if (wavelength < original / high) return frequency;
    const float smooth = (original / wavelength - low) / (high - low);
    return (1.0f - smooth) * frequency / factor + smooth * frequency;
}

}  // namespace

double read_rotary_fraction(const ConfigFields& config, double fallback) {
    const double outside = config.real("partial_rotary_factor", fallback, 0, 1);
    const char* key = settings_key(config);
    const Json* object = config.object(key);
    return object ? settings_of(config, key, *object).real("partial_rotary_factor", outside, 0, 1) : outside;
}

RopeConfig read_rope(const ConfigFields& config, std::int64_t head_dim, double fraction, std::int64_t max_positions,
                     const RopeHabits& habits) {
    RopeConfig rope;
    rope.rotary_dim = static_cast<std::int64_t>(static_cast<double>(head_dim) * fraction);
    if (rope.rotary_dim < 2 || rope.rotary_dim % 2 != 0)
        fail_input("In " + config.source() + " " + std::to_string(rope.rotary_dim) + " of the " +
                   std::to_string(head_dim) +
                   " values of a head are rotated: it must be an even number, 2 at least.");
    rope.theta = config.real("rope_theta", 10000, 1, 1e12);
    rope.theta = config.real(habits.theta_key, rope.theta, 1, 1e12);
    const char* key = settings_key(config);
    const Json* object = config.object(key);
    if (!object) return rope;
    const ConfigFields fields = settings_of(config, key, *object);
    rope.theta = fields.real("rope_theta", rope.theta, 1, 1e12);

    const std::string older = fields.text("type", "default");
    std::string type = fields.text("rope_type", older);
    if (habits.long_rope && (type == "su" || type == "yarn")) type = "longrope";
    if (type == "default") {
        for (const auto& [name, value] : object->items())
            if (value.is_object()) config.refuse(key, "settings per kind of layer are not supported.");
        return rope;
    }
    const Settings settings(config, key, fields);
    if (type == "linear") {
        rope.scaling = RopeScaling::linear;
        rope.factor = settings.need("factor", least, most);
    } else if (type == "llama3") {
        read_llama3(rope, settings);
    } else if (type == "dynamic") {
        read_dynamic(rope, settings, max_positions);
    } else if (type == "yarn") {
        read_yarn(rope, settings, max_positions);
    } else if (type == "longrope") {
        read_longrope(rope, settings, max_positions, habits.original_positions);
    } else {
        config.refuse(key,
                      "supported types of rope scaling are default, linear, dynamic, yarn, longrope and llama3. Choose the "
                      "variant of the model for its original context length.");
    }
    if (rope.theta <= 1 && rope.scaling == RopeScaling::yarn) settings.refuse("yarn needs a rope_theta above 1.");
    fields.mentions("partial_rotary_factor");
    fields.refuse_unknown_mathematics(type + " rope scaling");
    return rope;
}

std::vector<float> inverse_frequencies(const RopeConfig& rope, std::int64_t length) {
    const auto dim = static_cast<float>(rope.rotary_dim);
    const auto factor = static_cast<float>(rope.factor);
    auto theta = static_cast<float>(rope.theta);
    if (rope.scaling == RopeScaling::dynamic && length > rope.original_max_positions) {
        const double stretch = rope.factor * static_cast<double>(length) / static_cast<double>(rope.original_max_positions) -
                               (rope.factor - 1);
        const auto width = static_cast<double>(rope.rotary_dim);
        theta = static_cast<float>(rope.theta * std::pow(stretch, width / (width - 2)));
    }
    // YaRN leaves pairs up to low as they are and divides those from high on by the factor.
    double low = 0, high = 0;
    if (rope.scaling == RopeScaling::yarn) {
        low = pair_of_rotations(rope, rope.beta_fast);
        high = pair_of_rotations(rope, rope.beta_slow);
        if (rope.truncate) low = std::floor(low), high = std::ceil(high);
        low = std::max(low, 0.0);
        high = std::min(high, static_cast<double>(rope.rotary_dim - 1));
        if (low == high) high += 0.001;
    }
    const std::vector<double>& divisors = length > rope.original_max_positions ? rope.long_factors : rope.short_factors;
    std::vector<float> result(static_cast<std::size_t>(rope.rotary_dim / 2));
    for (std::size_t i = 0; i < result.size(); ++i) {
        const float power = std::pow(theta, static_cast<float>(2 * i) / dim);
        float frequency = 1.0f / power;
        switch (rope.scaling) {
            case RopeScaling::none:
            case RopeScaling::dynamic: break;
            case RopeScaling::linear: frequency /= factor; break;
            case RopeScaling::llama3: frequency = llama3_frequency(rope, frequency); break;
            case RopeScaling::longrope: frequency = 1.0f / (static_cast<float>(divisors[i]) * power); break;
            case RopeScaling::yarn: {
                const auto ramp = static_cast<float>(std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0));
                frequency = frequency / factor * ramp + frequency * (1.0f - ramp);
                break;
            }
        }
        result[i] = frequency;
    }
    return result;
}

}  // namespace engine
