// Rows laid end to end give the loss and the gradients of the same rows padded, and see nothing of each other.
#include <QtTest>

#include <algorithm>

#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "support/family_models.h"
#include "support/fixtures.h"
#include "train/causal_loss.h"

using namespace engine;

namespace {

// Rows of unequal length, two of them equal; the first two tokens of each carry no label.
Dataset rows_of_text() {
    Dataset data;
    int64_t next = 1;
    for (const std::size_t length : {9, 3, 17, 17, 2, 30}) {
        Example example;
        for (std::size_t t = 0; t < length; ++t) {
            example.ids.push_back(static_cast<int32_t>(next % 384));
            example.trained.push_back(t >= std::min<std::size_t>(2, length - 1));
            next = next * 37 + 11;
            next %= 100003;
        }
        data.examples.push_back(std::move(example));
    }
    return data;
}

const std::vector<int64_t> all_rows = {0, 1, 2, 3, 4, 5};

// The plain way: rows filled up on the right, attention over the whole rectangle. Causal, so padding is seen by no label.
at::Tensor padded_loss(const Decoder& decoder, const AdapterSet* adapters, const Batch& batch) {
    int64_t longest = 0;
    for (std::size_t r = 0; r + 1 < batch.offsets.size(); ++r) {
        longest = std::max(longest, batch.offsets[r + 1] - batch.offsets[r]);
    }
    const at::Tensor ids = at::full({batch.rows(), longest}, 5, at::kLong);
    std::vector<int64_t> predicting, targets;
    for (int64_t r = 0; r < batch.rows(); ++r) {
        const int64_t begin = batch.offsets[static_cast<std::size_t>(r)];
        for (int64_t t = 0; begin + t < batch.offsets[static_cast<std::size_t>(r) + 1]; ++t) {
            const auto at = static_cast<std::size_t>(begin + t);
            ids[r][t] = batch.ids[at];
            if (t == 0 || batch.labels[at] == ignored_label) continue;
            predicting.push_back(r * longest + t - 1);
            targets.push_back(batch.labels[at]);
        }
    }
    ForwardOptions options;
    options.adapters = adapters;
    const at::Tensor hidden = decoder.forward(ids, options).flatten(0, 1);
    return decoder.cross_entropy(hidden.index_select(0, at::tensor(predicting, at::kLong)), at::tensor(targets, at::kLong));
}

AdapterSet adapters_for(const Decoder& decoder, bool dora) {
    LoraConfig config;
    config.rank = 3;
    config.alpha = 6;
    config.use_dora = dora;
    std::string kinds;
    for (const std::string& kind : decoder.architecture().kinds()) kinds += (kinds.empty() ? "" : ",") + kind;
    config.targets = parse_targets(kinds);
    AdapterSet adapters = new_adapters(decoder, config, 5);
    for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
        at::Tensor& tensor = *parameter.tensor;
        tensor = tensor + at::sin(at::arange(tensor.numel(), at::kFloat)).view(tensor.sizes()) * 0.1;
        tensor.set_requires_grad(true);
    }
    return adapters;
}

std::vector<at::Tensor> gradients_of(const at::Tensor& loss, AdapterSet& adapters) {
    loss.backward();
    std::vector<at::Tensor> gradients;
    for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
        gradients.push_back(parameter.tensor->grad().clone());
        parameter.tensor->mutable_grad().zero_();
    }
    return gradients;
}

Decoder decoder_of(const std::string& name) {
    if (name.starts_with("micro-")) return load_decoder(support::micro_model(name), Precision::f32, c10::kCPU);
    return support::family_decoder(name);
}

void models() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"micro-gpt2", "micro-llama"}) QTest::newRow(name) << name;
    for (const support::FamilyModel& family : support::family_models) QTest::newRow(family.name) << family.name;
}

}  // namespace

class TstPacking : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void lossAndGradientsAreThoseOfPaddedRows_data() { models(); }
    void lossAndGradientsAreThoseOfPaddedRows() {
        QFETCH(QString, name);
        const Decoder decoder = decoder_of(name.toStdString());
        const Batch batch = pack(rows_of_text(), all_rows);
        for (const bool dora : {false, true}) {
            AdapterSet adapters = adapters_for(decoder, dora);
            const LossSum packed = causal_loss(decoder, &adapters, batch);
            const at::Tensor padded = padded_loss(decoder, &adapters, batch);
            QCOMPARE(packed.tokens, batch.trained_tokens);
            const double expected = padded.item<double>();
            QVERIFY(std::abs(packed.sum.item<double>() - expected) <= 1e-6 * expected);
            const auto mine = gradients_of(packed.sum, adapters), plain = gradients_of(padded, adapters);
            for (std::size_t i = 0; i < mine.size(); ++i) {
                const double scale = plain[i].abs().max().item<double>();
                const double difference = (mine[i] - plain[i]).abs().max().item<double>();
                QVERIFY(scale > 0);
                QVERIFY2(difference <= 1e-5 * scale + 1e-6,
                         qPrintable(QString("%1: %2 of %3").arg(i).arg(difference).arg(scale)));
            }
        }
    }

    void aRowSeesNothingOfTheOthers_data() { models(); }
    void aRowSeesNothingOfTheOthers() {
        QFETCH(QString, name);
        at::NoGradGuard no_grad;
        const Decoder decoder = decoder_of(name.toStdString());
        const AdapterSet adapters = adapters_for(decoder, false);
        Batch batch = pack(rows_of_text(), all_rows);
        ForwardOptions options;
        options.adapters = &adapters;
        options.offsets = batch.offsets;
        const auto hidden = [&] { return decoder.forward(at::tensor(batch.ids, at::kLong).unsqueeze(0), options)[0]; };
        const at::Tensor before = hidden();
        for (std::size_t changed = 0; changed + 1 < batch.offsets.size(); ++changed) {
            const std::vector<int64_t> original = batch.ids;
            for (int64_t t = batch.offsets[changed]; t < batch.offsets[changed + 1]; ++t) {
                batch.ids[static_cast<std::size_t>(t)] = (original[static_cast<std::size_t>(t)] + 100) % 384;
            }
            const at::Tensor after = hidden();
            batch.ids = original;
            for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
                const int64_t begin = batch.offsets[row], count = batch.offsets[row + 1] - begin;
                const bool same = at::equal(before.narrow(0, begin, count), after.narrow(0, begin, count));
                QCOMPARE(same, row != changed);  // bit for bit
            }
        }
    }

    void theLossOfAllRowsIsThatOfTheirBatches() {
        at::NoGradGuard no_grad;
        const Decoder decoder = decoder_of("micro-llama");
        const Dataset data = rows_of_text();
        double sum = 0;
        int64_t tokens = 0;
        for (const int64_t row : all_rows) {
            const LossSum part = causal_loss(decoder, nullptr, pack(data, std::vector<int64_t>{row}));
            sum += part.sum.item<double>();
            tokens += part.tokens;
        }
        for (const int64_t batch_size : {1, 2, 6, 50}) {
            const DatasetLoss loss = dataset_loss(decoder, nullptr, data, batch_size);
            QCOMPARE(loss.tokens, tokens);
            QCOMPARE(loss.rows, int64_t{6});
            QVERIFY(std::abs(loss.loss - sum / static_cast<double>(tokens)) < 1e-5);
        }
        QCOMPARE(dataset_loss(decoder, nullptr, Dataset(), 4).rows, int64_t{0});
    }
};

QTEST_GUILESS_MAIN(TstPacking)
#include "tst_packing.moc"
