#include "lora/new_adapters.h"

#include <algorithm>
#include <cmath>

#include "data/seeded.h"
#include "lora/attach.h"
#include "model/load.h"
#include "plan/selection.h"
#include "runtime/device.h"

namespace engine {
namespace {

// Kaiming-uniform with a = sqrt(5): U(-1/sqrt(in), 1/sqrt(in)), as loralib and PEFT start A.
at::Tensor initial_A(int64_t rank, int64_t in_features, uint64_t seed) {
    const double bound = 1 / std::sqrt(static_cast<double>(in_features));
    at::Generator generator = make_generator(c10::kCPU, seed);
    return at::empty({rank, in_features}, at::kFloat).uniform_(-bound, bound, generator);
}

void start_magnitudes(AdapterSet& adapters, const Decoder& decoder) {
    for (AdapterSite& site : adapters.sites()) {
        const at::Tensor norms = row_norms(projection_weights(decoder, site.layer, site.projection).weight);
        site.magnitude = rows_of(norms.unsqueeze(1), site).flatten().clone();
        if (site.rows != norms.size(0)) site.frozen_norms = norms;
    }
}

void copy_whole_tensors(AdapterSet& adapters, const Decoder& decoder, const LoraConfig& config) {
    const Architecture& architecture = decoder.architecture();
    std::set<std::string> adapted;
    const auto projections = architecture.projections();
    for (const AdapterSite& site : adapters.sites()) {
        adapted.insert(architecture.module_name(site.layer, *projections[static_cast<std::size_t>(site.projection)]));
    }
    Decoder view = decoder;  // shares every tensor; only the handles are its own
    const auto slots = weight_slots(view);
    std::vector<std::string> names;
    for (const WeightSlot& slot : slots) names.push_back(slot.name);
    const WholeTensors whole = select_whole_tensors("with the family " + architecture.family, names, config, adapted);
    const auto copy = [&](const std::vector<std::string>& chosen) {
        for (const WeightSlot& slot : slots) {
            if (std::find(chosen.begin(), chosen.end(), slot.name) == chosen.end()) continue;
            const at::Tensor value = slot.tensor->to(at::kFloat).clone(at::MemoryFormat::Contiguous);
            adapters.replaced.push_back({slot.name, value, slot.conv1d});
        }
    };
    copy(whole.saved);
    copy(whole.biases);
}

}  // namespace

AdapterSet new_adapters(const Architecture& architecture, const LoraConfig& config, uint64_t seed,
                        const c10::Device& device) {
    at::NoGradGuard no_grad;
    check_targets(config.targets, {"with the family " + architecture.family, architecture.kinds(), architecture.layers});
    const auto projections = architecture.projections();
    AdapterSet adapters(architecture.layers, static_cast<int>(projections.size()));
    for (int64_t layer = 0; layer < architecture.layers; ++layer) {
        for (std::size_t p = 0; p < projections.size(); ++p) {
            for (const Slot& slot : projections[p]->slots) {
                if (!is_target(config.targets, slot.kind, layer)) continue;
                const int64_t in = projections[p]->in_features;
                check_rank(config.rank, slot.kind, layer, in, slot.rows);
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

AdapterSet new_adapters(const Decoder& decoder, const LoraConfig& config, uint64_t seed) {
    at::NoGradGuard no_grad;
    AdapterSet adapters = new_adapters(decoder.architecture(), config, seed, decoder.device());
    if (config.use_dora) start_magnitudes(adapters, decoder);
    copy_whole_tensors(adapters, decoder, config);
    return adapters;
}

}  // namespace engine
