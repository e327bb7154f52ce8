// The modules of a model that PEFT can adapt, and the rules by which a configuration chooses among them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "architecture/architecture.h"

namespace engine {

struct AdaptableModule {
    enum class Kind { linear, embedding, head };
    std::string name;  // "model.layers.0.self_attn.q_proj"
    Kind kind = Kind::linear;
    int64_t layer = -1;  // of a linear one
    int projection = -1;  // index into Architecture::projections()
    int64_t in = 0, out = 0;

    // What the halves are called in a file: an embedding's are parameters of their own.
    std::string half_name(char half) const {
        const bool embedding = kind == Kind::embedding;
        return name + (embedding ? ".lora_embedding_" : ".lora_") + half + (embedding ? "" : ".weight");
    }
    std::string magnitude_name() const { return name + ".lora_magnitude_vector"; }
};

// Layer by layer in the order of Architecture::projections(), then the embedding and the head.
std::vector<AdaptableModule> adaptable_modules(const Architecture& architecture);

// The part of a configuration that chooses modules, with PEFT's meaning:
// a list names modules or their last parts from a dot on; a text is a regular expression over the whole name or
// "all-linear" (everything linear but the head); exclusion wins; layers count only for names that the list gives in part.
struct ModuleSelection {
    std::string source;  // named in failures
    std::vector<std::string> targets;
    std::optional<std::string> target_pattern;
    std::vector<std::string> excluded;
    std::optional<std::string> excluded_pattern;
    std::vector<int64_t> layers;  // empty: all
    std::vector<std::string> layer_patterns;  // what stands in front of the layer's number; empty: anything
    std::vector<std::string> saved;  // modules trained in full; never adapted

    bool selects(const AdaptableModule& module) const;
    // Whether this module or one that it is part of is saved in full.
    bool saves(const std::string& module) const;
};

}  // namespace engine
