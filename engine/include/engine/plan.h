// Exact counts and the memory forecast of an experiment before anything is loaded. Pure, microseconds, any thread.
#pragma once

#include "engine/experiment_spec.h"
#include "engine/model_info.h"

namespace engine {

struct MemoryForecast {  // bytes
    int64_t weights = 0;
    int64_t adapters = 0;   // trainable values and their gradients
    int64_t optimizer = 0;  // two moments per trainable value
    int64_t activations = 0;
    int64_t logits = 0;
    int64_t evaluation = 0;  // what an evaluation needs beyond the training state
    int64_t overhead = 0;    // program and libraries
    int64_t total = 0;
    int64_t available = 0;   // of the device, 0 when unknown
    // The least that this training needs, batch and base as they are: nothing kept but each layer's input, all else computed
    // again, and no allowance for what allocators and matrix products take.
    //   weights + adapters + optimizer + program + 4 · tokens · hidden_size · layers
    //   + max(one layer's values and gradients, one chunk of logits and the states that the head reads)
    // layers: from the lowest trained one up. program: 160 MB of libraries and heap; of CUDA none, whose peak is that of tensors.
    int64_t floor = 0;
};

struct Plan {
    int64_t trainable_params = 0;  // adapter_params + bias_params + saved_params + head_params
    int64_t adapter_params = 0;    // A, B and, with DoRA, m; all weights with Method::full
    int64_t bias_params = 0;       // biases trained beside them
    int64_t saved_params = 0;      // modules trained and saved in full
    int64_t head_params = 0;       // of a head over labels, which is trained in full with such a task
    int64_t total_params = 0;      // with that head
    double percent = 0;         // trainable / total
    int64_t adapter_bytes = 0;  // of adapter_model.safetensors, exact
    double scaling = 0;
    int64_t matrices = 0;       // adapted
    int64_t recomputed_layers = 0;  // computed again in the backward pass instead of kept: as the spec says or memory asks for
    MemoryForecast memory;          // with them
};

// What is known of the data; 0: not known.
struct DataFacts {
    int64_t labels = 0;       // named by them, for a head that training starts anew
    int64_t longest_row = 0;  // tokens, of training and evaluation rows; batches are not padded to seq_len
};

// available_bytes: what the device has free, 0 if not known. Errors: rank 0 or above min(in, out) of a ticked matrix
// (named), nothing ticked, kind or layer the model does not have.
Result<Plan> plan(const ModelInfo& model, const ExperimentSpec& spec, int64_t available_bytes = 0,
                  const DataFacts& data = {});

// Trainable values of one matrix at a rank: rank · (in_features + out_features), without DoRA's m.
int64_t lora_params(const MatrixInfo& matrix, int64_t rank);

}  // namespace engine
