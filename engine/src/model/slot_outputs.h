// The values of the named slots of some projections of a layer, with the adapters on them.
#pragma once

#include "lora/adapter_set.h"
#include "model/decoder.h"

namespace engine {

// Each projection is computed once: y = W x + b (+ adapters). x [..., in] -> [..., rows of the slot].
class SlotOutputs {
  public:
    // first_index: of the first of the projections in Architecture::projections().
    SlotOutputs(const std::vector<Projection>& projections, const std::vector<LinearWeights>& weights, int64_t layer,
                int first_index, const at::Tensor& x, const AdapterSet* adapters, at::ScalarType compute_type);

    const at::Tensor& operator[](std::string_view kind) const;

  private:
    std::vector<std::pair<std::string, at::Tensor>> outputs_;
};

}  // namespace engine
