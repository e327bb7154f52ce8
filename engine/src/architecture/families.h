// The families of models: for each model_type one function that turns config.json into an Architecture.
// Adding a family is adding a function and its row in families(). Defaults of absent fields are those of the
// reference implementation.
#pragma once

#include "architecture/architecture.h"
#include "architecture/config_fields.h"

#include <string>
#include <vector>

namespace engine {

struct Family {
    std::string model_type;
    // Classes of transformers whose weights are this model with or without its head; the first is written.
    std::vector<std::string> classes;
    std::string classifier_class;  // the one with a head over labels
    // Endings of tensors that old files carry and that are no weights.
    std::vector<std::string> ignored_suffixes;
    Architecture (*describe)(const ConfigFields& config);
};

const std::vector<Family>& families();
// Failure (bad_input) that names what is known and the nearest of it.
const Family& family_of(const std::string& model_type, const std::string& source);

// Learned positions (learned_positions.cpp).
Architecture describe_gpt2(const ConfigFields& config);
Architecture describe_opt(const ConfigFields& config);
// Gated MLP, RMSNorm, rotary positions (gated.cpp).
Architecture describe_llama(const ConfigFields& config);
Architecture describe_mistral(const ConfigFields& config);
Architecture describe_qwen2(const ConfigFields& config);
Architecture describe_qwen3(const ConfigFields& config);
Architecture describe_gemma(const ConfigFields& config);
Architecture describe_phi3(const ConfigFields& config);
// Attention and MLP side by side (parallel.cpp).
Architecture describe_phi(const ConfigFields& config);
Architecture describe_gpt_neox(const ConfigFields& config);

// Attention in both directions (encoders.cpp).
Architecture describe_bert(const ConfigFields& config);
Architecture describe_roberta(const ConfigFields& config);
Architecture describe_xlm_roberta(const ConfigFields& config);
Architecture describe_deberta_v2(const ConfigFields& config);

// Beyond these a file is damaged or hostile; within them no count of values can overflow 64 bits.
namespace limits {
inline constexpr std::int64_t layers = 10'000;
inline constexpr std::int64_t width = std::int64_t{1} << 20;
inline constexpr std::int64_t inner = std::int64_t{1} << 24;
inline constexpr std::int64_t heads = std::int64_t{1} << 16;
inline constexpr std::int64_t rows = (std::int64_t{1} << 31) - 1;
}  // namespace limits

// A projection that is one matrix.
Projection linear(std::string module, std::string kind, std::int64_t in, std::int64_t out, bool bias);
// One matrix below the other.
struct StackedRows {
    std::string kind;
    std::int64_t rows;
};
Projection stacked(std::string module, std::int64_t in, const std::vector<StackedRows>& parts, bool bias);
// blocks times a run of rows_each rows of every kind in turn.
Projection interleaved(std::string module, std::int64_t in, const std::vector<std::string>& kinds,
                       std::int64_t blocks, std::int64_t rows_each, bool bias);

// Heads of the width hidden_size / heads; refuses key unless it divides the hidden size.
void set_head_dim(Architecture& a, const ConfigFields& config, const char* heads_key);

// What a family spells in its own way.
struct RopeHabits {
    const char* theta_key = "rope_theta";  // the older name of rope_theta, which wins where it is given
    bool long_rope = false;                // "su" and "yarn" are old names of longrope
    std::int64_t original_positions = 0;   // default of original_max_position_embeddings; 0: max_positions
};
// rope_theta and rope_scaling, or the newer rope_parameters, for heads of which fraction is rotated.
RopeConfig read_rope(const ConfigFields& config, std::int64_t head_dim, double fraction, std::int64_t max_positions,
                     const RopeHabits& habits = {});
// partial_rotary_factor, also inside rope_parameters.
double read_rotary_fraction(const ConfigFields& config, double fallback);
Activation read_activation(const ConfigFields& config, const char* key, const std::string& fallback);

}  // namespace engine
