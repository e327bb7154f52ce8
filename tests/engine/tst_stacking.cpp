// Batches of several adapters in one pass over one base give each the loss and the gradients it has alone.
#include <QtTest>

#include "data/seeded.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "model/quantized.h"
#include "support/family_models.h"
#include "support/fixtures.h"
#include "train/causal_loss.h"

using namespace engine;

namespace {

// Rows of random tokens; all but the first two of each carry a label.
Batch batch_of(const std::vector<int64_t>& lengths, uint64_t seed) {
    SeededRandom random(derive_seed(seed, "test"));
    Batch batch;
    for (const int64_t length : lengths) {
        for (int64_t t = 0; t < length; ++t) {
            const auto id = static_cast<int64_t>(random.below(384));
            batch.ids.push_back(id);
            batch.labels.push_back(t > 1 ? id : ignored_label);
            batch.trained_tokens += t > 1;
        }
        batch.offsets.push_back(static_cast<int64_t>(batch.ids.size()));
    }
    return batch;
}

struct Kind {
    int64_t rank;
    std::string targets;
    double dropout = 0;
    bool dora = false;
};

AdapterSet adapters_of(const Decoder& decoder, const Kind& kind, uint64_t seed) {
    LoraConfig config;
    config.rank = kind.rank;
    config.alpha = 6;
    config.use_dora = kind.dora;
    config.targets = parse_targets(kind.targets);
    AdapterSet adapters = new_adapters(decoder, config, seed);
    for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
        at::Tensor& tensor = *parameter.tensor;
        tensor = tensor + at::sin(at::arange(tensor.numel(), at::kFloat) + static_cast<double>(seed)).view(tensor.sizes()) * 0.1;
        tensor.set_requires_grad(true);
    }
    adapters.set_dropout(kind.dropout, derive_seed(seed, "dropout"));
    return adapters;
}

std::vector<at::Tensor> take_gradients(AdapterSet& adapters) {
    std::vector<at::Tensor> gradients;
    for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
        gradients.push_back(parameter.tensor->grad().clone());
        parameter.tensor->mutable_grad().zero_();
    }
    return gradients;
}

Decoder decoder_of(const std::string& name, Precision precision = Precision::f32) {
    if (name.starts_with("micro-")) return load_decoder(support::micro_model(name), precision, c10::kCPU);
    return support::family_decoder(name);
}

// The largest differences between one pass and one for each.
struct Difference {
    double loss = 0;      // relative
    double gradient = 0;  // relative to the largest value of the tensor
};

Difference difference(const Decoder& decoder, const std::vector<Kind>& kinds) {
    std::vector<AdapterSet> adapters;
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        adapters.push_back(adapters_of(decoder, kinds[i], i + 1));
        batches.push_back(batch_of(i % 2 ? std::vector<int64_t>{7, 21} : std::vector<int64_t>{30}, i + 1));
    }
    std::vector<AdaptedBatch> all;
    for (std::size_t i = 0; i < kinds.size(); ++i) all.push_back({&adapters[i], &batches[i]});
    const BatchStack stack(all);
    const std::vector<LossSum> stacked = causal_losses(decoder, stack);
    // Each by a divisor of its own, as the steps of runs do.
    at::Tensor sum = at::zeros({});
    for (std::size_t i = 0; i < stacked.size(); ++i) sum = sum + stacked[i].sum / static_cast<double>(3 + i);
    sum.backward();
    Difference largest;
    for (std::size_t i = 0; i < stacked.size(); ++i) {
        const auto mine = take_gradients(adapters[i]);
        const LossSum alone = causal_loss(decoder, &adapters[i], batches[i]);
        (alone.sum / static_cast<double>(3 + i)).backward();
        const auto expected = take_gradients(adapters[i]);
        if (stacked[i].tokens != alone.tokens) qFatal("the counts of labels differ");
        const double loss = alone.sum.item<double>();
        largest.loss = std::max(largest.loss, std::abs(stacked[i].sum.item<double>() - loss) / loss);
        for (std::size_t p = 0; p < mine.size(); ++p) {
            const double scale = expected[p].abs().max().item<double>();
            if (scale == 0) qFatal("the check sees nothing");
            largest.gradient = std::max(largest.gradient, (mine[p] - expected[p]).abs().max().item<double>() / scale);
        }
    }
    return largest;
}

void check(const Difference& found, double loss, double gradient) {
    const QString text = QString("loss differs by %1, gradients by %2").arg(found.loss).arg(found.gradient);
    qInfo("%s", qPrintable(text));
    QVERIFY2(found.loss <= loss && found.gradient <= gradient, qPrintable(text));
}

const std::vector<Kind> study = {{1, "q"}, {4, "q,v"}, {2, "q,k,v,o,up,down"}, {4, "q,v", 0.2}, {3, "o,down"}};

}  // namespace

class TstStacking : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void lossAndGradientsAreThoseOfEachAlone_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"micro-gpt2", "micro-llama"}) QTest::newRow(name) << name;
        for (const support::FamilyModel& family : support::family_models) QTest::newRow(family.name) << family.name;
    }
    void lossAndGradientsAreThoseOfEachAlone() {
        QFETCH(QString, name);
        check(difference(decoder_of(name.toStdString()), study), 1e-6, 1e-5);
    }

    // Rows of a bf16 product do not depend on what stands beside them, or by less than one rounding.
    void inBf16() { check(difference(decoder_of("micro-llama", Precision::bf16), study), 1e-4, 1e-2); }

    // The ways that are not fused: each part by itself on the shared product.
    void onQuantizedMatrices() {
        Decoder decoder = decoder_of("micro-llama");
        quantize_layers(decoder, BaseType::nf4);
        check(difference(decoder, study), 1e-6, 1e-5);
    }
    void withDora() {
        check(difference(decoder_of("micro-gpt2"), {{2, "q,v", 0, true}, {4, "q,v", 0.1}, {1, "q,down", 0, true}}), 1e-6, 1e-5);
    }

    void onTheEmbedding() {
        const Decoder decoder = decoder_of("micro-llama");
        std::vector<AdapterSet> adapters = {adapters_of(decoder, {2, "q"}, 1), adapters_of(decoder, {2, "q"}, 2)};
        const int64_t hidden = decoder.architecture().hidden_size, vocabulary = decoder.architecture().vocab_size;
        AdapterSite site;
        site.scaling = 2;
        site.A = (at::sin(at::arange(2 * vocabulary, at::kFloat)) * 0.1).view({2, vocabulary}).requires_grad_();
        site.B = (at::cos(at::arange(2 * hidden, at::kFloat)) * 0.1).view({hidden, 2}).requires_grad_();
        adapters[1].embedding = site;
        const Batch first = batch_of({12}, 1), second = batch_of({9, 5}, 2);
        const BatchStack stack({{&adapters[0], &first}, {&adapters[1], &second}});
        const auto stacked = causal_losses(decoder, stack);
        QVERIFY(std::abs(stacked[0].sum.item<double>() / causal_loss(decoder, &adapters[0], first).sum.item<double>() - 1) < 1e-6);
        QVERIFY(std::abs(stacked[1].sum.item<double>() / causal_loss(decoder, &adapters[1], second).sum.item<double>() - 1) < 1e-6);
    }

    // A batch without labels has no loss and moves nothing.
    void aBatchWithoutLabels() {
        const Decoder decoder = decoder_of("micro-gpt2");
        AdapterSet first = adapters_of(decoder, {2, "q,v"}, 1), second = adapters_of(decoder, {2, "q,v"}, 2);
        const Batch labelled = batch_of({12}, 1);
        Batch silent = batch_of({8}, 2);
        std::fill(silent.labels.begin(), silent.labels.end(), ignored_label);
        const BatchStack stack({{&first, &silent}, {&second, &labelled}});
        const auto losses = causal_losses(decoder, stack);
        QCOMPARE(losses[0].tokens, int64_t{0});
        QCOMPARE(losses[0].sum.item<double>(), 0.0);
        (losses[0].sum + losses[1].sum).backward();
        for (const at::Tensor& gradient : take_gradients(first)) QCOMPARE(gradient.abs().max().item<double>(), 0.0);
        QVERIFY(take_gradients(second).front().abs().max().item<double>() > 0);
    }
};

QTEST_GUILESS_MAIN(TstStacking)
#include "tst_stacking.moc"
