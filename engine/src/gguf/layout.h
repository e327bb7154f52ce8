// How llama.cpp lays a decoder out in a GGUF file: which of its architectures it is, what its tensors are
// called, in which order it wants their rows, and the settings it reads. Pure functions of an Architecture.
#pragma once

#include "architecture/architecture.h"
#include "gguf/gguf.h"

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

// One tensor of the file and where its values come from.
struct GgufSource {
    std::string name;                     // in the file: "blk.0.attn_q.weight"
    std::vector<std::int64_t> shape;      // as it is written: matrices [out, in]
    std::string weight;                   // canonical name (architecture.h tensors()); empty: values
    bool transposed = false;              // the stored weight is [in, out]
    std::vector<std::int64_t> row_order;  // row i is row row_order[i] of the weight; empty: as they are
    float added = 0;                      // to every value: Gemma's norms are stored as 1 + w
    bool matrix = false;                  // takes the chosen type; everything else stays F32
    std::vector<float> values;            // of a tensor that no weight stands for (rope_freqs)
};

// The type a tensor is stored as when matrices are chosen to be that. Quantised rows must fill whole blocks; where
// they do not, F16 takes their place, as in llama.cpp's own converter.
GgufType gguf_type_of(const GgufSource& source, GgufType matrices);

// What can be said before anything is written. refusal: one sentence why llama.cpp cannot compute this model,
// empty when it can. notes: sentences about differences that remain.
struct GgufFitness {
    std::string refusal;
    std::vector<std::string> notes;
};
GgufFitness gguf_fitness(const Architecture& architecture);

// The functions below throw Failure (bad_input) with that refusal.

// "llama", "gpt2", "phi2": the name of llama.cpp's architecture.
std::string gguf_architecture(const Architecture& architecture);

// In the order of the file.
std::vector<GgufSource> gguf_sources(const Architecture& architecture);

// "blk.3.attn_q": the module of a projection.
std::string gguf_module(const Architecture& architecture, std::int64_t layer, const Projection& projection);

// The order in which the file wants the rows of a projection; empty: as they are. Llama's q and k: the two
// rotated halves of each head interleaved. Interleaved q, k, v (GPT-NeoX): all of q, then of k, then of v.
std::vector<std::int64_t> gguf_row_order(const Architecture& architecture, const Projection& projection);

// general.architecture and <architecture>.*: the settings of the model.
GgufMetadata gguf_settings(const Architecture& architecture);

}  // namespace engine
