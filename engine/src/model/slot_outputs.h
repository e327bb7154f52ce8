// The values of the named slots of some projections of a layer, with the adapters on them.
#pragma once

#include "lora/adapter_set.h"
#include "model/decoder.h"
#include "model/norms.h"

namespace engine {

// How the projections of a layer are computed.
struct ProjectionContext {
    const AdapterSet* adapters = nullptr;
    at::ScalarType compute_type = at::kFloat;
    at::ScalarType output_type = at::kFloat;  // what the reader takes: f32, or the compute type
};

// What the projections read: norm(x), activation(x), or x itself; a single projection may be added to a residual
// [..., out] f32.
struct ProjectionSource {
    at::Tensor x;
    const NormWeights* norm = nullptr;
    NormRule rule = {};
    at::Tensor residual = {};
    std::optional<Activation> activation = {};
};

// Each projection is computed once: y = W x + b (+ adapters). x [..., in] -> [..., rows of the slot].
class SlotOutputs {
  public:
    // first_index: of the first of the projections in Architecture::projections().
    SlotOutputs(const std::vector<Projection>& projections, const std::vector<LinearWeights>& weights,
                int64_t layer, int first_index, const ProjectionSource& source,
                const ProjectionContext& context);

    const at::Tensor& operator[](std::string_view kind) const;

  private:
    std::vector<std::pair<std::string, at::Tensor>> outputs_;
};

}  // namespace engine
