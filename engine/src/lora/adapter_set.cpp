#include "lora/adapter_set.h"

#include <algorithm>
#include <cmath>

#include "data/seeded.h"
#include "engine/error.h"
#include "runtime/device.h"

namespace engine {

AdapterSet::AdapterSet(int64_t layers, int projections)
    : projections_(projections), by_projection_(static_cast<std::size_t>(layers * projections)) {}

void AdapterSet::add(AdapterSite site) {
    by_projection_[static_cast<std::size_t>(site.layer * projections_ + site.projection)].push_back(sites_.size());
    sites_.push_back(std::move(site));
}

int64_t AdapterSet::parameter_count() const {
    int64_t count = 0;
    for (const AdapterSite& site : sites_) count += site.A.numel() + site.B.numel();
    return count;
}

void AdapterSet::set_dropout(double probability, uint64_t seed) {
    dropout_ = probability;
    dropout_seed_ = seed;
}

at::Tensor AdapterSet::contribution(std::size_t index, const at::Tensor& x) const {
    const AdapterSite& site = sites_[index];
    at::Tensor input = x;
    if (dropout_ > 0) {
        at::Generator generator = make_generator(x.device(), derive_seed(dropout_seed_, "dropout", index));
        const at::Tensor keep = at::empty(x.sizes(), x.options()).bernoulli_(1 - dropout_, generator);
        input = x * keep.div_(1 - dropout_);
    }
    return at::linear(at::linear(input, site.A), site.B * site.scaling);
}

at::Tensor AdapterSet::add_to_projection(int64_t layer, int projection, const at::Tensor& x,
                                         const at::Tensor& y) const {
    at::Tensor sum = y;
    for (const std::size_t index : by_projection_[static_cast<std::size_t>(layer * projections_ + projection)]) {
        if (sites_[index].rows == y.size(-1)) sum = sum + contribution(index, x);  // all rows
    }
    return sum;
}

at::Tensor AdapterSet::add_to_slot(int64_t layer, int projection, const Slot& slot, const at::Tensor& x,
                                   const at::Tensor& y) const {
    at::Tensor sum = y;
    for (const std::size_t index : by_projection_[static_cast<std::size_t>(layer * projections_ + projection)]) {
        const AdapterSite& site = sites_[index];
        if (site.row_begin == slot.row_begin && site.rows == slot.rows) sum = sum + contribution(index, x);
    }
    return sum;
}

at::Tensor AdapterSet::delta(int64_t layer, int projection, int64_t out_features) const {
    at::NoGradGuard no_grad;
    at::Tensor sum;
    for (const std::size_t index : by_projection_[static_cast<std::size_t>(layer * projections_ + projection)]) {
        const AdapterSite& site = sites_[index];
        if (!sum.defined()) sum = at::zeros({out_features, site.A.size(1)}, site.A.options());
        at::Tensor rows = rows_of(sum, site);
        rows.add_(at::mm(site.B, site.A).view(rows.sizes()), site.scaling);
    }
    return sum;
}

namespace {

std::string list_of(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

void check_targets(const Architecture& architecture, const LoraConfig& config) {
    if (config.targets.empty()) {
        fail_input("No matrix is chosen to adapt; choose at least one of " + list_of(architecture.kinds()) + ".");
    }
    for (const auto& [kind, layers] : config.targets) {
        if (!find_slot(architecture, kind)) {
            fail_input("The model has no matrix '" + kind + "'; a " + architecture.family + " model has " +
                       list_of(architecture.kinds()) + ".");
        }
        for (const int layer : layers) {
            if (layer < 0 || layer >= architecture.layers) {
                fail_input("Layer " + std::to_string(layer) + " is chosen for '" + kind +
                           "', but the model has layers 0 to " + std::to_string(architecture.layers - 1) + ".");
            }
        }
    }
}

// Kaiming-uniform with a = sqrt(5): U(-1/sqrt(in), 1/sqrt(in)), as loralib and PEFT start A.
at::Tensor initial_A(int64_t rank, int64_t in_features, uint64_t seed) {
    const double bound = 1 / std::sqrt(static_cast<double>(in_features));
    at::Generator generator = make_generator(c10::kCPU, seed);
    return at::empty({rank, in_features}, at::kFloat).uniform_(-bound, bound, generator);
}

}  // namespace

AdapterSet new_adapters(const Architecture& architecture, const LoraConfig& config, uint64_t seed,
                        const c10::Device& device) {
    at::NoGradGuard no_grad;
    check_targets(architecture, config);
    const auto projections = architecture.projections();
    AdapterSet adapters(architecture.layers, static_cast<int>(projections.size()));
    for (int64_t layer = 0; layer < architecture.layers; ++layer) {
        for (std::size_t p = 0; p < projections.size(); ++p) {
            for (const Slot& slot : projections[p]->slots) {
                const auto wanted = config.targets.find(slot.kind);
                if (wanted == config.targets.end()) continue;
                const auto& layers = wanted->second;
                if (!layers.empty() && std::find(layers.begin(), layers.end(), layer) == layers.end()) continue;
                const int64_t in = projections[p]->in_features;
                const int64_t limit = std::min(in, slot.rows);
                if (config.rank < 1 || config.rank > limit) {
                    fail_input("Rank " + std::to_string(config.rank) + " does not fit matrix '" + slot.kind +
                               "' of layer " + std::to_string(layer) + " (" + std::to_string(slot.rows) + " x " +
                               std::to_string(in) + "); choose 1 to " + std::to_string(limit) + ".");
                }
                AdapterSite site;
                site.layer = layer;
                site.projection = static_cast<int>(p);
                site.row_begin = slot.row_begin;
                site.rows = slot.rows;
                site.blocks = slot.blocks;
                site.stride = slot.stride;
                site.kind = slot.kind;
                site.alpha = config.alpha;
                site.scaling = config.scaling();
                site.A = initial_A(config.rank, in, derive_seed(seed, "init", adapters.sites().size())).to(device);
                site.B = at::zeros({slot.rows, config.rank}, site.A.options());
                adapters.add(std::move(site));
            }
        }
    }
    return adapters;
}

at::Tensor rows_of(const at::Tensor& matrix, const AdapterSite& site) {
    if (site.blocks == 1) return matrix.narrow(0, site.row_begin, site.rows).unsqueeze(0);
    return matrix.unflatten(0, {site.blocks, site.stride}).narrow(1, site.row_begin, site.rows / site.blocks);
}

double delta_norm(const AdapterSite& site) {
    at::NoGradGuard no_grad;
    const at::Tensor gram_b = at::mm(site.B.t(), site.B);
    const at::Tensor gram_a = at::mm(site.A, site.A.t());
    const double squared = (gram_b * gram_a).sum(at::kDouble).item<double>();
    return site.scaling * std::sqrt(std::max(0.0, squared));
}

}  // namespace engine
