// One decoder described as data: what config.json says, which tensors hold it, and where each adaptable
// matrix (q k v o gate up down) lies in them. The model, the adapters, the planner and the writers all read
// this one description; a new family is one more function that fills it in (families.h), not another model.
// Plain values; every function is pure and may be called from any thread.
#pragma once

#include "io/checkpoint.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

enum class NormKind {
    layer_norm,  // weight and bias, mean removed
    rms_norm     // weight only; mean of squares in float32, cast to the working dtype, then times weight
};
enum class Activation {
    gelu,       // exact, by erf
    gelu_tanh,  // tanh approximation (gelu_new, gelu_pytorch_tanh)
    silu,
    relu,
    tanh
};
enum class PositionKind { learned, rotary, none };

// linear: positions divided by a factor. llama3: long waves divided, short ones kept. dynamic: the base grows with a text beyond
// the original length ("NTK"). yarn: Peng et al. 2023, arXiv:2309.00071. longrope: Ding et al. 2024, arXiv:2402.13753, one list
// of divisors for texts up to the original length and another one beyond.
enum class RopeScaling { none, linear, llama3, dynamic, yarn, longrope };
struct RopeConfig {
    double theta = 10000;
    std::int64_t rotary_dim =
        0;  // rotated values per head, even; half-split layout (first half, second half)
    RopeScaling scaling = RopeScaling::none;
    double factor = 1;                        // linear, llama3, dynamic, yarn
    double low_freq_factor = 1;               // llama3
    double high_freq_factor = 4;              // llama3
    std::int64_t original_max_positions = 0;  // llama3, dynamic, yarn, longrope: of the training before the scaling
    double attention_factor = 1;              // yarn, longrope: cos and sin are multiplied by it
    double beta_fast = 32, beta_slow = 1;     // yarn: rotations within the original length between which it mixes
    bool truncate = true;                     // yarn: to whole pairs
    std::vector<double> short_factors, long_factors;  // longrope, one for each rotated pair

    // Whether the same position has other angles in a longer text.
    bool depends_on_length() const { return scaling == RopeScaling::dynamic || scaling == RopeScaling::longrope; }
};

// Angle per position of each rotated pair, rotary_dim / 2 values: theta^(-2i/rotary_dim), then the scaling, for a text of
// that many tokens. float32 arithmetic, as the reference implementation computes them (linear: divided by the factor, which
// equals dividing the positions). angle(position, i) = position * inverse_frequencies[i] in float32.
std::vector<float> inverse_frequencies(const RopeConfig& rope, std::int64_t length = 0);

// A named matrix inside a stored projection: some rows of its [out, in] view. Most lie together,
// [row_begin, row_begin + rows). Interleaved ones (GPT-NeoX: q, k and v of one head, then of the next) are
// `blocks` runs of rows / blocks rows each, the first at row_begin, one every `stride` rows.
struct Slot {
    std::string kind;  // q k v o gate up down
    std::int64_t row_begin = 0;
    std::int64_t rows = 0;  // of all runs together
    std::int64_t blocks = 1;
    std::int64_t stride = 0;  // with more than one run; blocks * stride is all of out_features
};

// One stored linear map y = W x (+ b).
struct Projection {
    std::string module;  // relative to the layer: "self_attn.q_proj", "attn.c_attn"
    std::int64_t in_features = 0;
    std::int64_t out_features = 0;
    bool has_bias = false;
    bool conv1d = false;      // stored [in, out] (GPT-2); otherwise [out, in]
    std::vector<Slot> slots;  // by row_begin, together all of out_features

    bool fused() const { return slots.size() > 1; }
    std::vector<std::int64_t> stored_shape() const;
};

// What a head computes its loss from. by_labels: one label is regression, whole numbers are single labels, else several
// labels at once.
enum class Problem { by_labels, single_label, multi_label, regression };
const char* name_of(Problem problem);  // as problem_type; empty for by_labels

// A head that gives one row of logits per text.
struct Classifier {
    std::int64_t labels = 2;
    std::vector<std::string> label_names;  // empty: not named
    Problem problem = Problem::by_labels;
    bool may_be_absent = true;  // the file is of a model without this head, which then starts anew
    bool operator==(const Classifier&) const = default;
};

// Disentangled attention (He et al. 2020, arXiv:2006.03654): scores also between content and relative position.
struct RelativeAttention {
    bool content_to_position = false;  // c2p
    bool position_to_content = false;  // p2c
    bool logarithmic = false;          // distances beyond span / 2 share rows, ever more of them
    std::int64_t span = 0;             // the table has 2 * span rows; row span is distance 0
    std::int64_t max_distance = 0;     // where the logarithmic rows end
    std::string embedding;             // [2 * span, hidden_size]
    std::string norm;                  // of the table; empty when there is none
    // Relative to the layer, [hidden_size, hidden_size] and a bias: what positions are projected with. Empty: with k and q of
    // the content, adapters included.
    std::string key_module, query_module;
};

// A vector for each distance between two tokens, whose product with the query is added to their score (Shaw et al. 2018,
// arXiv:1803.02155), and that with the key as well (Huang et al. 2020, arXiv:2009.13658).
struct DistanceEmbedding {
    bool with_key = false;
    std::int64_t positions = 0;  // the table has 2 * positions - 1 rows; row positions - 1 is distance 0
    std::string module;          // relative to the layer: [2 * positions - 1, head_dim]
};

// Of DeBERTa-v2 in its sizes xlarge and xxlarge: behind the first layer,
// x = norm(x + activation(conv(embeddings))), the convolution along the tokens with as many zeros at either end that the
// length stays (He et al. 2021, arXiv:2111.09543, section 3; transformers' ConvLayer).
struct Convolution {
    std::int64_t kernel = 3;  // tokens, odd
    std::int64_t groups = 1;  // divide the width; a value reads those of its group alone
    Activation activation = Activation::tanh;
    std::string module;  // [hidden_size, hidden_size / groups, kernel] and a bias
    std::string norm;
};

struct Architecture {
    std::string family;      // model_type: "gpt2", "llama", ... (families.h)
    std::string class_name;  // "GPT2LMHeadModel"

    std::int64_t layers = 0;
    std::int64_t hidden_size = 0;
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;  // divides heads; query head h reads kv head h / (heads / kv_heads)
    std::int64_t head_dim = 0;
    std::int64_t intermediate_size = 0;
    std::int64_t vocab_size = 0;  // rows of the embedding
    std::int64_t max_positions = 0;

    NormKind norm = NormKind::rms_norm;
    double norm_eps = 1e-6;
    double norm_offset = 0;  // a norm multiplies by offset + weight (Gemma: 1)
    Activation activation = Activation::silu;
    bool gated_mlp = false;  // down(act(gate(x)) * up(x)) instead of down(act(up(x)))
    PositionKind positions = PositionKind::rotary;
    RopeConfig rope;                        // for PositionKind::rotary
    std::int64_t position_offset = 0;       // learned: position p reads row p + offset (OPT: 2)
    bool positions_skip_padding = false;    // learned: padding does not count (OPT)
    double embedding_scale = 1;             // token embeddings times this (Gemma)
    std::int64_t embedding_size = 0;        // width of embedding and head where it is not hidden_size (OPT)
    bool post_norm = false;                 // x = norm(x + attention(x)); x = norm(x + mlp(x)) (OPT-350m)
    bool parallel_block = false;            // x += attention(norm(x)) + mlp(norm'(x)), both of the same x
    std::vector<std::int64_t> windows;      // per layer: how many keys up to its own a query sees, 0 for all;
                                            // empty when no layer has a window
    bool tied_embeddings = false;           // the head is the embedding
    bool head_bias = false;                 // the logits have a bias
    bool scale_attention = true;            // scores / sqrt(head_dim)
    bool scale_attention_by_layer = false;  // scores / (layer + 1) as well
    double initializer_range = 0.02;        // of new weights

    // Encoders: every token sees all others; x = norm(x + output(attention(x))); x = norm(x + mlp(x)); no final norm.
    bool encoder = false;
    std::int64_t token_types = 0;  // rows of the table of token types
    std::optional<RelativeAttention> relative;
    std::optional<DistanceEmbedding> distances;
    std::optional<Convolution> convolution;
    std::optional<Classifier> classifier;  // the head is a classifier: of the first token, of a decoder of the last one
    std::string head_dense;                // a layer in front of the classifier; empty when there is none
    Activation head_activation = Activation::tanh;  // behind head_dense

    // Tensor names: module names without ".weight" / ".bias". Pre-norm residual blocks:
    // x += output(attention(norm(x))); x += mlp(norm(x)); or side by side, see parallel_block, or post_norm.
    std::string base_prefix;         // "transformer." / "model.": left out by files that hold the bare model
    std::string layer_prefix;        // "transformer.h." / "model.layers."; followed by the index and "."
    std::string embedding;           // [vocab_size, embedding_width()]
    std::string position_embedding;  // [max_positions + position_offset, hidden_size]; empty for rotary. Files of
                                     // models whose positions are none may hold it all the same
    std::string attention_norm;      // relative to the layer
    std::string mlp_norm;            // relative to the layer; empty: the MLP reads what attention reads
    std::string q_norm, k_norm;      // relative to the layer: the norm over each head of q and of k before
                                     // they are rotated; empty when there are none
    std::string embedding_in;   // [hidden_size, embedding_size] behind the embedding, [embedding_size, hidden_size] in
    std::string embedding_out;  // front of the head; empty where embedding_size is 0
    std::string final_norm;     // empty: none
    std::string token_type_embedding, embedding_norm;  // of encoders
    std::string lm_head;  // [head_rows(), embedding_width()]

    std::vector<Projection> attention_in;  // one or more projections whose slots are q, k and v
    Projection attention_out;              // slot o
    std::vector<Projection> mlp_in;        // slots up, and gate when gated
    Projection mlp_out;                    // slot down

    // All of a layer in the order of the file: attention_in, attention_out, mlp_in, mlp_out.
    std::vector<const Projection*> projections() const;
    // "model.layers.3."
    std::string layer_name(std::int64_t layer) const;
    // "model.layers.3.self_attn.q_proj"
    std::string module_name(std::int64_t layer, const Projection& projection) const;
    // Whether positions beyond max_positions have no place in a table.
    bool has_position_table() const { return positions == PositionKind::learned || distances; }
    std::int64_t embedding_width() const { return embedding_size > 0 ? embedding_size : hidden_size; }
    std::int64_t head_rows() const { return classifier ? classifier->labels : vocab_size; }
    // What the scores q·k of a layer are multiplied by.
    double attention_scale(std::int64_t layer) const;
    // How many keys up to its own a query of this layer sees; 0 for all of them.
    std::int64_t window(std::int64_t layer) const {
        return windows.empty() ? 0 : windows[static_cast<std::size_t>(layer)];
    }
    // The matrix kinds that exist, in the order q k v o gate up down.
    std::vector<std::string> kinds() const;
};

// A kind found in a layer (all layers are alike). projection points into the Architecture.
struct SlotRef {
    const Projection* projection = nullptr;
    const Slot* slot = nullptr;
    explicit operator bool() const { return slot != nullptr; }
};
SlotRef find_slot(const Architecture& architecture, std::string_view kind);

struct TensorSpec {
    std::string name;                 // as written by us: with base_prefix
    std::vector<std::int64_t> shape;  // as stored (Conv1D: [in, out])
    bool optional = false;            // may be there without being used: the head of a tied model, for one
    bool fresh = false;               // may be absent: a classifier that a base model lacks starts anew
};

// Every tensor of the model: embeddings, layers in order, final norm, head.
std::vector<TensorSpec> tensors(const Architecture& architecture);

// Values in tensors(), the optional ones left out.
std::int64_t parameter_count(const Architecture& architecture);

// Canonical name (tensors()) -> name in the file; an absent optional tensor has no entry. Buffers that files
// of old releases carry (causal masks, rotary tables) are ignored. Failure (bad_input) that lists what is
// missing and what is unexpected; source names the model in it.
std::map<std::string, std::string> resolve_tensor_names(const Architecture& architecture,
                                                        const std::vector<std::string>& stored_names,
                                                        const std::string& source);

// The same for an open checkpoint; also checks that every tensor is floating point (F64 F32 F16 BF16) and has
// the shape that config.json implies.
std::map<std::string, std::string> resolve_tensors(const Architecture& architecture,
                                                   const Checkpoint& checkpoint);

// From folder/config.json. Failure (bad_input) naming file, field, value and what is known, also for settings
// that would change the mathematics in a way that is not built.
Architecture read_architecture(const std::filesystem::path& folder);

// The same from the text of a config.json; source names it in failures.
Architecture parse_architecture(std::string_view config_json, const std::string& source);

// A well-known decoder shape by name (those of shape_names() that can be built); Failure for others.
Architecture architecture_of_shape(const std::string& name);
// Its config.json as text, for a folder that is to be trained from scratch.
std::string config_of_shape(const std::string& name);

}  // namespace engine
