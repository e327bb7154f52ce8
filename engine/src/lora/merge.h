// The weights of base + adapter, one stored tensor at a time, so that whoever writes them needs memory for one only.
#pragma once

#include <map>

#include "lora/adapter_set.h"

namespace engine {

class Merger {
  public:
    // Both must outlive the merger.
    Merger(const Architecture& base, const AdapterSet& adapters);

    // Of the merged model: the base's, with a head of its own where the adapter made the tied head and embedding differ.
    const Architecture& architecture() const { return architecture_; }
    // The base tensor that a tensor of the merged model starts from: the one of the same name, except for a head that is
    // tied in the base.
    std::string source_of(const std::string& name) const;
    // Whether the tensor differs from its source.
    bool changes(const std::string& name) const { return replaced_.contains(name) || added_.contains(name); }
    // source: the base tensor as it is stored, any float type -> the merged one in the same orientation, f32.
    at::Tensor merged(const std::string& name, const at::Tensor& source) const;

  private:
    struct Added {
        int64_t layer = -1;  // -1: the site of the embedding or of the head
        int projection = -1;
        bool conv1d = false;
        const AdapterSite* site = nullptr;
        bool embedding = false;
    };
    Architecture architecture_;
    bool untied_ = false;
    const AdapterSet& adapters_;
    std::map<std::string, const ReplacedTensor*> replaced_;
    std::map<std::string, Added> added_;
};

}  // namespace engine
