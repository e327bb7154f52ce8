#include "lora/merge.h"

namespace engine {

Merger::Merger(const Architecture& base, const AdapterSet& adapters) : architecture_(base), adapters_(adapters) {
    const std::string table = base.embedding + ".weight", head = base.lm_head + ".weight";
    const auto projections = base.projections();
    for (const AdapterSite& site : adapters.sites()) {
        const Projection& projection = *projections[static_cast<std::size_t>(site.projection)];
        added_[base.module_name(site.layer, projection) + ".weight"] = {site.layer, site.projection, projection.conv1d,
                                                                      nullptr, false};
    }
    if (adapters.embedding) added_[table] = {-1, -1, false, &*adapters.embedding, true};
    if (adapters.head) added_[head] = {-1, -1, false, &*adapters.head, false};
    for (const ReplacedTensor& tensor : adapters.replaced) replaced_[tensor.name] = &tensor;
    const bool alike = !added_.contains(table) && !added_.contains(head) && replaced_.contains(table) &&
                       replaced_.contains(head) && replaced_[table]->value.is_same(replaced_[head]->value);
    untied_ = base.tied_embeddings && (changes(table) || changes(head)) && !alike;
    if (untied_) architecture_.tied_embeddings = false;
}

std::string Merger::source_of(const std::string& name) const {
    return untied_ && name == architecture_.lm_head + ".weight" ? architecture_.embedding + ".weight" : name;
}

at::Tensor Merger::merged(const std::string& name, const at::Tensor& source) const {
    at::NoGradGuard no_grad;
    const auto replaced = replaced_.find(name);
    at::Tensor weight;
    if (replaced == replaced_.end()) {
        weight = source.to(at::kFloat);
    } else {
        weight = replaced->second->conv1d ? replaced->second->value.t() : replaced->second->value;
    }
    const auto found = added_.find(name);
    if (found == added_.end()) return weight;
    const Added& added = found->second;
    if (added.site) return added.embedding ? merged_embedding(*added.site, weight) : merged_rows(*added.site, weight);
    const at::Tensor sum = adapters_.merged(added.layer, added.projection, added.conv1d ? weight.t() : weight);
    return added.conv1d ? sum.t() : sum;
}

}  // namespace engine
