#include "lora/adapter_set.h"

#include <algorithm>
#include <cmath>

#include "data/seeded.h"
#include "model/few_rows.h"
#include "runtime/device.h"

namespace engine {

at::Tensor dora_scale(const AdapterSite& site, const at::Tensor& rows) {
    if (site.fixed_scale.defined()) return site.fixed_scale;
    at::Tensor norms;
    {
        at::NoGradGuard no_grad;  // the norm is a constant for the gradient
        norms = row_norms(at::addmm(rows.to(at::kFloat), site.B, site.A, 1, site.scaling));
    }
    return site.magnitude / norms;
}

namespace {

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, at::ScalarType type) {
    return type == at::kFloat ? at::linear(x, weight) : at::linear(x.to(type), weight.to(type)).to(at::kFloat);
}

}  // namespace

AdapterSet::AdapterSet(int64_t layers, int projections)
    : projections_(projections), by_projection_(static_cast<std::size_t>(layers * projections)) {}

AdapterSet AdapterSet::stacked(const std::vector<Part>& parts) {
    AdapterSet all(0, 0);
    int64_t begin = 0;
    for (const Part& part : parts) {
        all.parts_.push_back({part.adapters, {begin, part.tokens}});
        begin += part.tokens;
    }
    return all;
}

template <class Each>
at::Tensor AdapterSet::by_parts(const Each& each) const {
    std::vector<at::Tensor> rows;
    for (const auto& [adapters, tokens] : parts_) rows.push_back(each(*adapters, tokens));
    return at::cat(rows, 1);
}

const std::vector<std::size_t>& AdapterSet::sites_of(int64_t layer, int projection) const {
    return by_projection_[static_cast<std::size_t>(layer * projections_ + projection)];
}

void AdapterSet::add(AdapterSite site) {
    by_projection_[static_cast<std::size_t>(site.layer * projections_ + site.projection)].push_back(sites_.size());
    sites_.push_back(std::move(site));
}

std::vector<AdapterSet::Parameter> AdapterSet::parameters() {
    std::vector<Parameter> all;
    const auto add = [&](const std::string& name, AdapterSite& site) {
        all.push_back({name + " lora_A", &site.A});
        all.push_back({name + " lora_B", &site.B});
        if (site.magnitude.defined()) all.push_back({name + " magnitude", &site.magnitude});
    };
    for (AdapterSite& site : sites_) add("layer " + std::to_string(site.layer) + " " + site.kind, site);
    if (embedding) add("embedding", *embedding);
    if (head) add("head", *head);
    for (ReplacedTensor& tensor : replaced) all.push_back({tensor.name, &tensor.value});
    return all;
}

int64_t AdapterSet::parameter_count() const {
    int64_t count = 0;
    for (const Parameter& parameter : const_cast<AdapterSet*>(this)->parameters()) count += parameter.tensor->numel();
    return count;
}

void AdapterSet::set_dropout(double probability, uint64_t seed) {
    dropout_ = probability;
    dropout_seed_ = seed;
}

at::Tensor AdapterSet::apply(std::size_t index, const ProjectionInput& input, const at::Tensor& y) const {
    const AdapterSite& site = sites_[index];
    at::Tensor x = input.x;
    if (dropout_ == 0 && !site.magnitude.defined() && is_few_rows(x)) {
        add_low_rank_few_rows(x, site.A, site.B, site.scaling, y);
        return y;
    }
    if (dropout_ > 0) {
        x = x * dropout_mask(x, dropout_, derive_seed(dropout_seed_, "dropout", index));
    }
    const at::Tensor low_rank = at::linear(at::linear(x, site.A), site.B * site.scaling);
    if (!site.magnitude.defined()) return y + low_rank;
    const at::Tensor rows = rows_of(input.weight, site).flatten(0, 1);
    const at::Tensor scale = dora_scale(site, rows);
    // Dropout thins what the direction adds, never the base's own output: y + (m/n - 1) · W0 x' + m/n · low_rank.
    if (dropout_ > 0) return y + (scale - 1) * product(x, rows, input.compute_type) + scale * low_rank;
    if (!input.bias.defined()) return scale * (y + low_rank);
    const at::Tensor bias = rows_of(input.bias.unsqueeze(1), site).flatten();
    return scale * (y - bias + low_rank) + bias;
}

std::optional<std::vector<SiteTerm>> AdapterSet::terms(int64_t layer, int projection) const {
    std::vector<SiteTerm> all;
    for (const auto& [adapters, tokens] : parts_) {
        auto terms = adapters->terms(layer, projection);
        if (!terms) return std::nullopt;
        for (SiteTerm& term : *terms) {
            term.tokens = tokens;
            all.push_back(std::move(term));
        }
    }
    if (!parts_.empty()) return all;
    for (const std::size_t index : sites_of(layer, projection)) {
        if (sites_[index].magnitude.defined()) return std::nullopt;
        all.push_back({sites_[index], dropout_, derive_seed(dropout_seed_, "dropout", index)});
    }
    return all;
}

at::Tensor AdapterSet::add_to_projection(int64_t layer, int projection, const ProjectionInput& input,
                                         const at::Tensor& y) const {
    if (!parts_.empty()) {
        return by_parts([&](const AdapterSet& adapters, const TokenRange& tokens) {
            const at::Tensor x = tokens.of(input.x, 1);
            return adapters.add_to_projection(layer, projection, {x, input.weight, input.bias, input.compute_type}, tokens.of(y, 1));
        });
    }
    at::Tensor sum = y;
    for (const std::size_t index : sites_of(layer, projection)) {
        if (sites_[index].rows == y.size(-1)) sum = apply(index, input, sum);  // all rows
    }
    return sum;
}

at::Tensor AdapterSet::add_to_slot(int64_t layer, int projection, const Slot& slot, const ProjectionInput& input,
                                   const at::Tensor& y) const {
    if (!parts_.empty()) {
        return by_parts([&](const AdapterSet& adapters, const TokenRange& tokens) {
            const at::Tensor x = tokens.of(input.x, 1);
            return adapters.add_to_slot(layer, projection, slot, {x, input.weight, input.bias, input.compute_type}, tokens.of(y, 1));
        });
    }
    at::Tensor sum = y;
    for (const std::size_t index : sites_of(layer, projection)) {
        const AdapterSite& site = sites_[index];
        if (site.row_begin == slot.row_begin && site.rows == slot.rows) sum = apply(index, input, sum);
    }
    return sum;
}

at::Tensor AdapterSet::add_to_embedding(const at::Tensor& ids, const at::Tensor& weight, const at::Tensor& y) const {
    if (!parts_.empty()) {
        return by_parts([&](const AdapterSet& adapters, const TokenRange& tokens) {
            return adapters.add_to_embedding(tokens.of(ids, 1), weight, tokens.of(y, 1));
        });
    }
    if (!embedding) return y;
    const AdapterSite& site = *embedding;
    const at::Tensor low_rank = at::linear(at::embedding(site.A.t(), ids), site.B * site.scaling);
    if (!site.magnitude.defined()) return y + low_rank;
    return dora_scale(site, weight.t()) * (y + low_rank);
}

at::Tensor AdapterSet::merged(int64_t layer, int projection, const at::Tensor& weight) const {
    at::NoGradGuard no_grad;
    const auto& indices = sites_of(layer, projection);
    if (indices.empty()) return weight;
    at::Tensor sum = weight.clone(at::MemoryFormat::Contiguous);
    for (const std::size_t index : indices) {
        at::Tensor rows = rows_of(sum, sites_[index]);
        rows.copy_(merged_rows(sites_[index], rows.flatten(0, 1)).view(rows.sizes()));
    }
    return sum;
}

at::Tensor dropout_mask(const at::Tensor& x, double probability, uint64_t seed) {
    at::Generator generator = make_generator(x.device(), seed);
    return at::empty(x.sizes(), x.options()).bernoulli_(1 - probability, generator).div_(1 - probability);
}

at::Tensor rows_of(const at::Tensor& matrix, const AdapterSite& site) {
    if (site.blocks == 1) return matrix.narrow(0, site.row_begin, site.rows).unsqueeze(0);
    return matrix.unflatten(0, {site.blocks, site.stride}).narrow(1, site.row_begin, site.rows / site.blocks);
}

at::Tensor merged_rows(const AdapterSite& site, const at::Tensor& rows) {
    const at::Tensor sum = at::addmm(rows.to(at::kFloat), site.B, site.A, 1, site.scaling);
    if (!site.magnitude.defined()) return sum;
    return dora_scale(site, rows).unsqueeze(1) * sum;
}

at::Tensor row_norms(const at::Tensor& matrix) { return matrix.to(at::kFloat).norm(2, 1).clamp_min(1e-12); }

at::Tensor merged_embedding(const AdapterSite& site, const at::Tensor& table) {
    return merged_rows(site, table.t()).t();
}

double delta_norm(const AdapterSite& site) {
    at::NoGradGuard no_grad;
    const at::Tensor gram_b = at::mm(site.B.t(), site.B);
    const at::Tensor gram_a = at::mm(site.A, site.A.t());
    const double squared = (gram_b * gram_a).sum(at::kDouble).item<double>();
    return site.scaling * std::sqrt(std::max(0.0, squared));
}

}  // namespace engine
