#include "exporting/gguf_adapter.h"

#include <map>

#include "engine/error.h"
#include "gguf/gguf_reader.h"
#include "gguf/gguf_writer.h"
#include "gguf/layout.h"
#include "model/tensor_io.h"

namespace engine {
namespace {

// The pair of one weight: it adds scaling · B · A.
struct Pair {
    std::string weight;      // "blk.0.attn_q.weight"
    at::Tensor A, B;         // [r, in], [out, r], rows in the order of the file
    double scaling = 1;
    bool embedding = false;  // llama.cpp looks rows of A up there, so the file holds A transposed

    at::Tensor stored_A() const { return embedding ? A.t().contiguous() : A; }
};

// Why the adapter is more than such pairs; empty when it is not.
std::string beyond_pairs(const Architecture& architecture, const AdapterSet& adapters) {
    if (!adapters.replaced.empty()) return "trained biases or saved modules";
    for (const AdapterSite& site : adapters.sites())
        if (site.magnitude.defined()) return "DoRA magnitudes";
    if (adapters.embedding && adapters.embedding->magnitude.defined()) return "DoRA magnitudes";
    if (adapters.head) return "an adapted head";
    if (adapters.embedding && architecture.tied_embeddings)
        return "an adapted embedding that is also the head, where llama.cpp would change both";
    return {};
}

at::Tensor in_file_order(const at::Tensor& rows, const std::vector<std::int64_t>& order) {
    return order.empty() ? rows : rows.index_select(0, at::tensor(order, at::kLong));
}

// One pair for each adapted projection: slices of a fused one stand side by side, A stacked and B in its rows.
std::vector<Pair> pairs_of(const Architecture& architecture, const AdapterSet& adapters) {
    const auto projections = architecture.projections();
    std::map<std::pair<std::int64_t, int>, std::vector<const AdapterSite*>> by_projection;
    for (const AdapterSite& site : adapters.sites()) by_projection[{site.layer, site.projection}].push_back(&site);
    std::vector<Pair> pairs;
    for (const auto& [place, sites] : by_projection) {
        const Projection& projection = *projections[static_cast<std::size_t>(place.second)];
        std::vector<at::Tensor> a, b;
        for (const AdapterSite* site : sites) {
            a.push_back(site->A);
            at::Tensor block = at::zeros({projection.out_features, site->rank()}, at::kFloat);
            at::Tensor rows = rows_of(block, *site);
            const double first = sites.front()->scaling;  // 0 for an adapter that was switched off
            rows.copy_((site->B * (first != 0 ? site->scaling / first : 1)).view(rows.sizes()));
            b.push_back(block);
        }
        Pair pair;
        pair.weight = gguf_module(architecture, place.first, projection) + ".weight";
        pair.A = at::cat(a, 0).contiguous();
        pair.B = in_file_order(at::cat(b, 1), gguf_row_order(architecture, projection)).contiguous();
        pair.scaling = sites.front()->scaling;
        pairs.push_back(std::move(pair));
    }
    if (adapters.embedding) {
        const AdapterSite& site = *adapters.embedding;
        pairs.push_back({"token_embd.weight", site.A, site.B, site.scaling, true});
    }
    return pairs;
}

// The alpha of the file. Any would do; that of the adapter itself leaves the B of a plain one as it is.
float alpha_of(const AdapterSet& adapters) {
    const double alpha = !adapters.sites().empty() ? adapters.sites().front().alpha
                         : adapters.embedding      ? adapters.embedding->alpha
                                                   : 1;
    return alpha != 0 ? static_cast<float>(alpha) : 1.0F;
}

}  // namespace

void write_gguf_adapter(const Architecture& architecture, const AdapterSet& adapters, const std::string& name,
                        const std::filesystem::path& file) {
    at::NoGradGuard no_grad;
    const std::string more = beyond_pairs(architecture, adapters);
    if (!more.empty())
        fail_input("A GGUF adapter can hold pairs of low-rank matrices alone, and this adapter has " + more +
                   ". Export the merged model.");
    const float alpha = alpha_of(adapters);
    const GgufMetadata metadata = {
        {"general.architecture", GgufValue{gguf_architecture(architecture)}},
        {"general.type", GgufValue{std::string("adapter")}},
        {"general.name", GgufValue{name}},
        {"general.file_type", GgufValue{std::uint32_t{0}}},
        {"adapter.type", GgufValue{std::string("lora")}},
        {"adapter.lora.alpha", GgufValue{alpha}},
    };
    std::vector<GgufTensor> plan;
    std::vector<at::Tensor> values;
    for (const Pair& pair : pairs_of(architecture, adapters)) {
        // llama.cpp multiplies by alpha / r; a plain adapter needs nothing else and keeps its B bit for bit.
        const double rank = static_cast<double>(pair.A.size(0));
        const double factor = pair.scaling / (static_cast<double>(alpha) / rank);
        values.push_back(pair.stored_A().contiguous());
        plan.push_back({pair.weight + ".lora_a", GgufType::f32, values.back().sizes().vec(), 0});
        plan.push_back({pair.weight + ".lora_b", GgufType::f32, pair.B.sizes().vec(), 0});
        values.push_back((factor == 1 ? pair.B : (pair.B.to(at::kDouble) * factor).to(at::kFloat)).contiguous());
    }
    GgufWriter writer(file, metadata, plan);
    for (std::size_t i = 0; i < plan.size(); ++i) writer.append(plan[i].name, bytes_of(values[i]));
    writer.commit();
}

void test_gguf_adapter(const Architecture& architecture, const AdapterSet& adapters, const std::filesystem::path& file,
                       SelfTest& test) {
    at::NoGradGuard no_grad;
    const GgufFile written = GgufFile::open(file);
    const auto read = [&](const std::string& name) {
        const GgufTensor* tensor = written.find(name);
        if (!tensor) return at::Tensor();
        const at::Tensor values = at::empty(tensor->shape, at::kFloat);
        written.read(*tensor, 0, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
        return values;
    };
    const GgufValue* key = written.header().find("adapter.lora.alpha");
    const float* alpha = key ? key->as<float>() : nullptr;
    std::vector<std::string> expected, found;
    for (const GgufTensor& tensor : written.header().tensors) found.push_back(tensor.name);
    ValueComparison comparison;
    for (const Pair& pair : pairs_of(architecture, adapters)) {
        expected.push_back(pair.weight + ".lora_a");
        expected.push_back(pair.weight + ".lora_b");
        const at::Tensor a = read(expected[expected.size() - 2]), b = read(expected.back());
        if (!a.defined() || !b.defined() || !alpha) continue;
        const at::Tensor change = at::mm(b, pair.embedding ? a.t() : a) * (*alpha / static_cast<double>(b.size(1)));
        comparison.add(at::mm(pair.B, pair.A) * pair.scaling, change, 1e-5);
    }
    count_tensors(test, expected, found);
    if (!alpha) ++test.missing;
    comparison.conclude(test);
}

}  // namespace engine
