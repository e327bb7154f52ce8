// The device under test (LWB_TEST_DEVICE) against the CPU: every family's logits, losses and gradients, quantized matrices,
// classifiers, updates. On the CPU itself it shows that the same work gives the same bytes.
#include <QtTest>

#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/device_attention.h"
#include "model/load.h"
#include "model/ops.h"
#include "model/quantized.h"
#include "runtime/device.h"
#include "support/device.h"
#include "support/family_models.h"
#include "support/probes.h"
#include "train/adamw.h"
#include "train/causal_loss.h"
#include "train/step_records.h"

using namespace engine;

namespace {

// The same weights elsewhere, in another precision.
Decoder moved(Decoder decoder, const c10::Device& device, Precision precision) {
    at::NoGradGuard no_grad;
    const auto type = precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
    for (const WeightSlot& slot : weight_slots(decoder)) {
        const bool matrix = slot.tensor->dim() == 2 && !slot.tensor->is_same(decoder.weights().position_embedding);
        *slot.tensor = slot.tensor->to(device, matrix ? type : at::kFloat);
    }
    return Decoder(decoder.architecture(), decoder.weights(), precision, device);
}

// What a batch gives: loss, then the gradients of all A and B, on the CPU.
std::vector<at::Tensor> results_of(const Decoder& decoder, const Batch& batch, double dropout) {
    LoraConfig config;
    config.rank = 3;
    config.alpha = 6;
    for (const std::string& kind : decoder.architecture().kinds()) config.targets[kind] = {};
    AdapterSet adapters = new_adapters(decoder.architecture(), config, 3, decoder.device());
    adapters.set_dropout(dropout, 5);
    for (AdapterSite& site : adapters.sites()) {
        site.B = (at::sin(at::arange(site.B.numel(), at::kFloat)).view(site.B.sizes()) * 0.3).to(decoder.device());
        site.A.set_requires_grad(true);
        site.B.set_requires_grad(true);
    }
    const LossSum loss = causal_loss(decoder, &adapters, batch);
    loss.sum.backward();
    std::vector<at::Tensor> results = {loss.sum.detach().cpu()};
    for (const AdapterSite& site : adapters.sites())
        for (const at::Tensor* parameter : {&site.A, &site.B}) results.push_back(parameter->grad().cpu());
    return results;
}

// The largest relative difference, each tensor measured by its own norm.
double difference(const std::vector<at::Tensor>& mine, const std::vector<at::Tensor>& expected) {
    double largest = mine.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(mine.size(), expected.size()); ++i) {
        const at::Tensor a = mine[i].to(at::kDouble), b = expected[i].to(at::kDouble);
        largest = std::max(largest, ((a - b).norm() / b.norm().clamp_min(1e-6)).item<double>());
    }
    return largest;
}

}  // namespace

class TstDevice : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        initialize_runtime();
        device_ = resolve_device(support::test_device());
        qInfo("comparing %s with the CPU", describe_device(device_).c_str());
    }

    void families_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("dtype");
        for (const support::FamilyModel& family : support::family_models)
            for (const char* dtype : {"f32", "bf16", "int8", "nf4"})
                QTest::addRow("%s %s", family.name, dtype) << family.name << dtype;
    }
    void families() {
        QFETCH(QString, model);
        QFETCH(QString, dtype);
        const bool half = dtype == "bf16";
        const Decoder source = support::family_decoder(model.toStdString());
        const auto on = [&](const c10::Device& device) {
            Decoder decoder = moved(source, device, half ? Precision::bf16 : Precision::f32);
            if (dtype == "int8" || dtype == "nf4") quantize_layers(decoder, base_type_from(dtype.toStdString()).value());
            return decoder;
        };
        const Decoder here = on(device_), there = on(c10::kCPU);
        prepare_device(device_, half ? Precision::bf16 : Precision::f32);
        const double allowed = device_.is_cpu() ? 0 : half ? 0.05 : 1e-4;
        const Batch batch = support::two_rows();
        const double found = difference(results_of(here, batch, 0), results_of(there, batch, 0));
        QVERIFY2(found <= allowed, qPrintable(QString::number(found)));
        // Another device draws other dropout masks, so there is nothing to compare but that it works.
        for (const at::Tensor& result : results_of(here, batch, 0.5)) QVERIFY(result.isfinite().all().item<bool>());

        at::NoGradGuard no_grad;
        const at::Tensor probe = support::probe();
        const at::Tensor logits = here.logits(here.forward(probe.to(device_))).cpu();
        const double in_logits = difference({logits}, {there.logits(there.forward(probe))});
        QVERIFY2(in_logits <= allowed, qPrintable(QString::number(in_logits)));
        // Token by token behind a cache.
        KeyValueCache cache = here.new_cache(1, 4);
        at::Tensor last;
        for (int64_t t = 0; t < probe.size(1); ++t)
            last = here.next_logits(probe.narrow(0, 0, 1).narrow(1, t, 1).to(device_), cache, nullptr).cpu();
        QVERIFY(difference({last[0]}, {logits[0][-1]}) <= (half ? 0.1 : 1e-3));
    }

    void updatesNeedNoReading() {
        OptimizerConfig config;
        config.weight_decay = 0.1;
        std::vector<at::Tensor> values;
        for (const c10::Device& device : {device_, c10::Device(c10::kCPU)}) {
            at::Tensor parameter = at::linspace(-1, 1, 100).view({10, 10}).to(device);
            ParameterArena arena({{"p", &parameter, true}});
            AdamW optimizer(arena, config);
            StepRecords records;
            for (int step = 0; step < 5; ++step) {
                arena.zero_gradients();
                const at::Tensor loss = (parameter * parameter).sum() * (step + 1);
                loss.backward();
                const at::Tensor norm = arena.gradients().norm();
                clip_gradient(arena.gradients(), norm, 12);  // of step 1 not, then of all
                optimizer.step(0.01);
                records.add({step + 1, 0, 0, 0.01, 1}, loss, norm);
            }
            const auto read = records.read();
            QCOMPARE(read.size(), std::size_t{5});
            QVERIFY(records.read().empty());
            QVERIFY(read[0].grad_norm < 12 && read[1].grad_norm > 12);
            QVERIFY(arena.gradients().norm().item<double>() < 12.001);
            values.push_back(parameter.detach().cpu());
            std::vector<float> seen;
            for (const StepRecord& record : read) seen.push_back(static_cast<float>(record.loss));
            values.push_back(at::tensor(seen));
        }
        QVERIFY(difference({values[0], values[1]}, {values[2], values[3]}) <= (device_.is_cpu() ? 0 : 1e-5));
    }

    void attentionInTiles() {
        if (!has_device_attention()) QSKIP("this libtorch is older than 2.1 and has no attention in tiles");
        for (const int64_t kv_heads : {4, 2, 1}) {
            const auto values = [&](int64_t heads) {
                return at::sin(at::arange(2 * heads * 9 * 8, at::kFloat) * 1.3).view({2, heads, 9, 8});
            };
            std::vector<std::vector<at::Tensor>> results;
            for (const bool tiles : {true, false}) {
                std::vector<at::Tensor> inputs = {values(4), values(kv_heads) * 0.7, values(kv_heads) + 0.1};
                for (at::Tensor& input : inputs) input = input.to(tiles ? device_ : c10::Device(c10::kCPU)).set_requires_grad(true);
                const at::Tensor mixed = tiles ? device_attention(inputs[0], inputs[1], inputs[2], 0.3)
                                               : causal_attention(inputs[0], inputs[1], inputs[2], 0.3, {}, 0);
                mixed.sin().sum().backward();
                results.push_back({mixed.detach().cpu()});
                for (const at::Tensor& input : inputs) results.back().push_back(input.grad().cpu());
            }
            QVERIFY(difference(results[0], results[1]) < 1e-4);
        }
    }

    void sendKeepsEveryValue() {
        for (const at::Tensor& tensor : {at::arange(1000, at::kLong), at::arange(12, at::kFloat).view({3, 4}).t(),
                                         at::empty({0}, at::kLong), at::ones({3}, at::kBool)}) {
            const at::Tensor there = send(tensor, device_);
            QVERIFY(there.device() == device_ && at::equal(there.cpu(), tensor));
        }
    }

  private:
    c10::Device device_ = c10::kCPU;
};

QTEST_GUILESS_MAIN(TstDevice)
#include "tst_device.moc"
