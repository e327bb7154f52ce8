// Decoders in the variants that no stored numbers exist for, against plain loops in double precision: scaled rotary positions,
// OPT with norms behind and narrow embeddings, Phi with norms on queries and keys.
#include <QtTest>

#include <cmath>

#include "data/seeded.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "runtime/device.h"
#include "support/reference_decoder.h"

using namespace engine;
using support::ReferenceModel;

namespace {

constexpr int width = 32, heads = 4;

std::string model(const char* family, const std::string& settings) {
    return R"({"model_type": ")" + std::string(family) + R"(", "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2,
        "intermediate_size": 48, "ffn_dim": 48, "vocab_size": 20, "initializer_range": 0.3, "init_std": 0.3, )" + settings + "}";
}

// theta^(-2i/n) of n rotated values, each divided by one of these.
std::vector<double> divided(double theta, const std::vector<double>& divisors) {
    std::vector<double> angles;
    for (std::size_t i = 0; i < divisors.size(); ++i)
        angles.push_back(std::pow(theta, -static_cast<double>(i) / static_cast<double>(divisors.size())) / divisors[i]);
    return angles;
}

struct Variant {
    const char* name;
    std::string config;
    std::function<void(ReferenceModel&)> set;
};

const std::vector<Variant>& variants() {
    static const std::vector<Variant> all = {
        // 8 tokens, so few that pairs 0 and 1 mix: bounds floor(4 ln(8 / 64 pi) / ln 100) < 0 and ceil(4 ln(8 / 2 pi) / ln 100) = 1.
        {"llama, yarn",
         model("llama", R"("rope_theta": 100, "max_position_embeddings": 32, "rope_scaling": {"type": "yarn", "factor": 4,
            "original_max_position_embeddings": 8})"),
         [](ReferenceModel& r) {
             r.angles = [](std::size_t) { return divided(100, {1, 4, 4, 4}); };
             r.rope_scale = 0.1 * std::log(4.0) + 1;
         }},
        // Bounds ceil(ln(1000 / 2 pi) / ln 10) = 3 and floor(ln(1000 / 32 pi) / ln 10) = 0.
        {"llama, yarn between pairs, magnitude of its own",
         model("llama", R"("rope_theta": 10000, "max_position_embeddings": 4000, "rope_scaling": {"type": "yarn", "factor": 4,
            "original_max_position_embeddings": 1000, "attention_factor": 0.8})"),
         [](ReferenceModel& r) {
             r.angles = [](std::size_t) {
                 const auto mixed = [](double part) { return 1 / (part / 4 + 1 - part); };
                 return divided(10000, {1, mixed(1 / 3.0), mixed(2 / 3.0), 4});
             };
             r.rope_scale = 0.8;
         }},
        {"llama, dynamic",
         model("llama", R"("rope_theta": 10000, "max_position_embeddings": 6, "rope_scaling": {"type": "dynamic", "factor": 2})"),
         [](ReferenceModel& r) {
             r.angles = [](std::size_t length) {
                 const double stretch = length > 6 ? 2 * static_cast<double>(length) / 6 - 1 : 1;
                 return divided(10000 * std::pow(stretch, 8.0 / 6), {1, 1, 1, 1});
             };
         }},
        {"llama, longrope",
         model("llama", R"("rope_theta": 10000, "max_position_embeddings": 24, "original_max_position_embeddings": 6, "rope_scaling":
            {"type": "longrope", "short_factor": [1, 1.25, 1.5, 2], "long_factor": [1, 2, 5, 7]})"),
         [](ReferenceModel& r) {
             r.angles = [](std::size_t length) {
                 return divided(10000, length > 6 ? std::vector<double>{1, 2, 5, 7} : std::vector<double>{1, 1.25, 1.5, 2});
             };
             r.rope_scale = std::sqrt(1 + std::log(4.0) / std::log(6.0));
         }},
        {"phi, norms on queries and keys",
         model("phi", R"("qk_layernorm": true, "partial_rotary_factor": 0.5, "layer_norm_eps": 1e-5)"),
         [](ReferenceModel& r) {
             r.family = "phi";
             r.head_norms = true;
             r.angles = [](std::size_t) { return divided(10000, {1, 1}); };
         }},
        {"opt-350m: narrow embeddings, norms behind",
         model("opt", R"("word_embed_proj_dim": 12, "do_layer_norm_before": false, "max_position_embeddings": 32)"),
         [](ReferenceModel& r) {
             r.family = "opt";
             r.tied = r.post_norm = true;
         }},
        {"opt, narrow embeddings, norms in front, no last one",
         model("opt", R"("word_embed_proj_dim": 12, "_remove_final_layer_norm": true, "max_position_embeddings": 32)"),
         [](ReferenceModel& r) {
             r.family = "opt";
             r.tied = true;
         }},
        {"opt, embeddings of the whole width", model("opt", R"("max_position_embeddings": 32)"),
         [](ReferenceModel& r) {
             r.family = "opt";
             r.tied = true;
         }},
    };
    return all;
}

Decoder random_model(const std::string& config) {
    at::NoGradGuard no_grad;
    Decoder decoder = random_decoder(parse_architecture(config, "a test"), Precision::f32, c10::kCPU, Precision::f32, 7);
    // New biases are 0 and new norms 1: other values, or a forgotten one would not show.
    at::manual_seed(8);
    for (const WeightSlot& slot : weight_slots(decoder))
        if (slot.tensor->dim() == 1) slot.tensor->add_(0.2 * at::randn_like(*slot.tensor));
    return decoder;
}

ReferenceModel reference_of(const Decoder& decoder, const Variant& variant) {
    ReferenceModel reference;
    const Architecture& a = decoder.architecture();
    reference.layers = 2;
    reference.heads = heads;
    reference.kv_heads = static_cast<int>(a.kv_heads);
    reference.width = width;
    reference.vocab = 20;
    reference.norm_eps = a.norm_eps;
    variant.set(reference);
    for (const auto& [name, tensor] : named_weights(decoder)) {
        const at::Tensor values = tensor.to(at::kDouble).contiguous();
        reference.tensors[name] = {tensor.sizes().vec(), {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()}};
    }
    return reference;
}

const std::vector<int> text = {3, 17, 9, 0, 12, 5, 5, 19, 1, 8, 14, 2};

at::Tensor first(std::size_t count) {
    return at::tensor(std::vector<int64_t>(text.begin(), text.begin() + static_cast<long>(count))).unsqueeze(0);
}

double largest_difference(const at::Tensor& mine, const std::vector<double>& theirs) {
    return (mine.to(at::kDouble) - at::tensor(theirs, at::kDouble)).abs().max().item<double>();
}

}  // namespace

class TstDecoderVariants : public QObject {
    Q_OBJECT

    void all() {
        QTest::addColumn<int>("variant");
        for (std::size_t i = 0; i < variants().size(); ++i) QTest::newRow(variants()[i].name) << static_cast<int>(i);
    }

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    // Short of the original length and beyond it.
    void logitsAreThoseOfTheFormula_data() { all(); }
    void logitsAreThoseOfTheFormula() {
        QFETCH(int, variant);
        const Variant& tested = variants()[static_cast<std::size_t>(variant)];
        at::NoGradGuard no_grad;
        const Decoder decoder = random_model(tested.config);
        const ReferenceModel reference = reference_of(decoder, tested);
        double largest = 0;
        for (const std::size_t length : {std::size_t{5}, text.size()}) {
            const at::Tensor logits = decoder.logits(decoder.forward(first(length)))[0];
            const auto expected = reference.logits({text.begin(), text.begin() + static_cast<long>(length)});
            for (std::size_t t = 0; t < length; ++t)
                largest = std::max(largest, largest_difference(logits[static_cast<int64_t>(t)], expected[t]));
            QVERIFY(logits.abs().max().item<double>() > 0.5);
        }
        qInfo("%-60s %.2e", tested.name, largest);
        QVERIFY2(largest < 2e-5, QByteArray::number(largest).constData());
    }

    // Also where the angles of all tokens change on the way, once or with every new one.
    void continuedTextsAreComputedLikeWholeOnes_data() { all(); }
    void continuedTextsAreComputedLikeWholeOnes() {
        QFETCH(int, variant);
        const Variant& tested = variants()[static_cast<std::size_t>(variant)];
        at::NoGradGuard no_grad;
        const Decoder decoder = random_model(tested.config);
        const ReferenceModel reference = reference_of(decoder, tested);
        KeyValueCache cache = decoder.new_cache(1, 4);
        std::size_t done = 0;
        for (const std::size_t count : {4, 1, 1, 1, 2, 1, 1, 1}) {
            const at::Tensor ids = first(done + count).narrow(1, static_cast<int64_t>(done), static_cast<int64_t>(count));
            const at::Tensor logits = decoder.next_logits(ids, cache, nullptr)[0];
            done += count;
            const double difference = largest_difference(logits, reference.logits({text.begin(), text.begin() + static_cast<long>(done)}).back());
            QVERIFY2(difference < 2e-5, (std::to_string(done) + ": " + std::to_string(difference)).c_str());
        }
        QCOMPARE(done, text.size());
    }

    // A text has its own length, whoever its neighbours are.
    void packedTextsAreComputedLikeAloneOnes_data() { all(); }
    void packedTextsAreComputedLikeAloneOnes() {
        QFETCH(int, variant);
        at::NoGradGuard no_grad;
        const Decoder decoder = random_model(variants()[static_cast<std::size_t>(variant)].config);
        ForwardOptions options;
        options.offsets = {0, 9, 12};
        const at::Tensor together = decoder.forward(first(12), options)[0];
        const at::Tensor long_one = decoder.forward(first(12).narrow(1, 0, 9))[0], short_one = decoder.forward(first(12).narrow(1, 9, 3))[0];
        QVERIFY((together - at::cat({long_one, short_one})).abs().max().item<double>() < 1e-5);
    }

    void gradientsAreThoseOfFiniteDifferences_data() { all(); }
    void gradientsAreThoseOfFiniteDifferences() {
        QFETCH(int, variant);
        Decoder decoder = random_model(variants()[static_cast<std::size_t>(variant)].config);
        LoraConfig lora;
        lora.targets = parse_targets("q,k");
        lora.rank = 2;
        AdapterSet adapters = new_adapters(decoder, lora, 9);
        std::vector<std::pair<std::string, at::Tensor*>> trained;
        {
            at::NoGradGuard no_grad;
            for (AdapterSite& site : adapters.sites()) site.B.normal_(0, 0.1);
        }
        for (const auto& parameter : adapters.parameters()) trained.emplace_back(parameter.name, parameter.tensor);
        for (const WeightSlot& slot : weight_slots(decoder))
            if (slot.name.find("project_") != std::string::npos || slot.name.find("_layernorm") != std::string::npos ||
                slot.name.find("layer_norm") != std::string::npos)
                trained.emplace_back(slot.name, slot.tensor);
        for (const auto& [name, tensor] : trained) tensor->set_requires_grad(true);
        const at::Tensor targets = at::tensor(std::vector<int64_t>(text.begin() + 1, text.end()));
        ForwardOptions options;
        options.adapters = &adapters;
        const auto loss = [&] { return decoder.cross_entropy(decoder.forward(first(text.size() - 1), options)[0], targets); };
        loss().backward();
        at::NoGradGuard no_grad;
        for (const auto& [name, tensor] : trained) {
            at::Tensor values = tensor->detach();
            const at::Tensor direction = at::randn_like(values) / std::sqrt(static_cast<double>(values.numel())), old = values.clone();
            const double slope = (tensor->grad() * direction).sum().item<double>(), step = 1e-3;
            values.copy_(old + step * direction);
            const double above = loss().item<double>();
            values.copy_(old - step * direction);
            const double below = loss().item<double>();
            values.copy_(old);
            const double measured = (above - below) / (2 * step);
            QVERIFY2(std::abs(measured - slope) < 5e-3 + 2e-2 * std::abs(slope),
                     (name + ": " + std::to_string(measured) + " and " + std::to_string(slope)).c_str());
        }
    }

    // A head over labels reads what the projection in front of the head gives.
    void classifiersReadTheNarrowWidth() {
        const Architecture a = parse_architecture(
            model("opt", R"("architectures": ["OPTForSequenceClassification"], "word_embed_proj_dim": 12, "do_layer_norm_before": false)"), "a test");
        at::NoGradGuard no_grad;
        const Decoder decoder = random_decoder(a, Precision::f32, c10::kCPU, Precision::f32, 7);
        QCOMPARE(decoder.weights().head.size(1), int64_t{12});
        QCOMPARE(decoder.classify(decoder.forward(first(5)), {}).size(1), a.classifier->labels);
    }
};

QTEST_GUILESS_MAIN(TstDecoderVariants)
#include "tst_decoder_variants.moc"
