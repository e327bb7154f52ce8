// Frozen matrices in 8 and 4 bits: their error, their products under automatic differentiation, a run on such a base.
#include <QtTest>

#include "engine/runtime.h"
#include "engine/train.h"
#include "model/load.h"
#include "model/quantized.h"
#include "support/fixtures.h"

using namespace engine;

namespace {

at::Tensor normal(at::IntArrayRef shape, uint64_t seed) {
    at::Generator generator = at::globalContext().defaultGenerator(c10::kCPU).clone();
    generator.set_current_seed(seed);
    return at::empty(shape).normal_(0, 0.02, generator);
}

double largest(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

std::shared_ptr<const QuantizedMatrix> matrix(const at::Tensor& weight, BaseType type) {
    return std::make_shared<const QuantizedMatrix>(weight, type);
}

}  // namespace

class TstQuantized : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        data_ = support::write_rows(*folder_);
    }

    void int8IsOffByHalfAStepAtMost() {
        const at::Tensor weight = normal({37, 101}, 1);
        const QuantizedMatrix quantized(weight, BaseType::int8);
        const at::Tensor steps = weight.abs().amax(1, true) / 127;
        QVERIFY(((quantized.copy(at::kFloat) - weight).abs() <= 0.5001 * steps).all().item<bool>());
        QCOMPARE(quantized.bytes(), int64_t{37 * 101 + 37 * 4});
        // What came out goes in again unchanged.
        const at::Tensor again = QuantizedMatrix(quantized.copy(at::kFloat), BaseType::int8).copy(at::kFloat);
        QVERIFY(largest(again, quantized.copy(at::kFloat)) < 1e-8);
    }

    void nf4TakesFourBitsAndALittle() {
        const at::Tensor weight = normal({300, 512}, 2);
        const QuantizedMatrix quantized(weight, BaseType::nf4);
        const double bits = 8.0 * static_cast<double>(quantized.bytes()) / static_cast<double>(weight.numel());
        QVERIFY2(bits < 4.13, qPrintable(QString::number(bits)));
        const at::Tensor values = quantized.copy(at::kFloat);
        const double error = ((values - weight).norm() / weight.norm()).item<double>();
        QVERIFY2(error > 0.05 && error < 0.1, qPrintable(QString::number(error)));
        // Never further than half the widest gap between levels (0.152), and what the maximum itself is off by.
        const at::Tensor maxima = weight.view({-1, 64}).abs().amax(1, true);
        QVERIFY(((values - weight).view({-1, 64}).abs() <= 0.152 * maxima + 2e-4 + 0.02 * maxima).all().item<bool>());
        QVERIFY(std::abs((values - weight).mean().item<double>()) < 2e-4);
    }

    // Against the formula in the library's operations, for sizes that fill no block.
    void nf4IsTheNearestLevelOfItsBlock() {
        const at::Tensor weight = at::tensor({0.0F, 1.0F, -1.0F, 0.5F, 0.08F, -0.7F, 0.3F});  // one block of 7, its maximum 1
        const at::Tensor expected = at::tensor({0.0F, 1.0F, -1.0F, 0.44070983F, 0.0795803F, -0.6961928F, 0.33791524F});
        const at::Tensor values = QuantizedMatrix(weight.view({1, 7}), BaseType::nf4).copy(at::kFloat)[0];
        QVERIFY2(largest(values, expected) < 1e-6, qPrintable(QString::number(largest(values, expected))));
    }

    void layoutsTypesAndZeros() {
        for (const BaseType type : {BaseType::int8, BaseType::nf4}) {
            const at::Tensor weight = normal({33, 65}, 3);
            const at::Tensor values = QuantizedMatrix(weight, type).copy(at::kFloat);
            QVERIFY(at::equal(QuantizedMatrix(weight.t().contiguous().t(), type).copy(at::kFloat), values));
            QVERIFY(at::equal(QuantizedMatrix(weight, type).copy(at::kBFloat16), values.to(at::kBFloat16)));
            const at::Tensor half = weight.to(at::kBFloat16);
            QVERIFY(at::equal(QuantizedMatrix(half, type).copy(at::kFloat), QuantizedMatrix(half.to(at::kFloat), type).copy(at::kFloat)));
            QVERIFY(at::equal(QuantizedMatrix(at::zeros({3, 70}), type).copy(at::kFloat), at::zeros({3, 70})));
        }
    }

    // What a GPU does.
    void operationsGiveTheSameBytes() {
        for (const BaseType type : {BaseType::int8, BaseType::nf4}) {
            // Sizes that fill no byte, no block, and (the last) more than one round of blocks.
            for (const std::pair<int64_t, int64_t> size : {std::pair{3, 7}, {33, 65}, {64, 256}, {4100, 2051}}) {
                const QuantizedMatrix quantized(normal({size.first, size.second}, 8), type);
                for (const at::ScalarType values : {at::kFloat, at::kBFloat16})
                    QVERIFY(at::equal(quantized.copy_by_operations(values), quantized.copy(values)));
            }
        }
    }

    // All matrices share one buffer: gradients must not come from whichever was read last.
    void gradientsReadEachMatrixAgain() {
        for (const BaseType type : {BaseType::int8, BaseType::nf4}) {
            const auto first = matrix(normal({24, 16}, 4), type), second = matrix(normal({16, 24}, 5), type);
            const at::Tensor bias = normal({24}, 6);
            const at::Tensor x = normal({5, 7, 16}, 7).requires_grad_();
            const at::Tensor ours = quantized_linear(at::tanh(quantized_linear(x, first, bias, at::kFloat)), second, {}, at::kFloat);
            ours.sin().sum().backward();
            const at::Tensor gradient = x.grad().clone();
            x.mutable_grad().zero_();
            const at::Tensor plain = at::linear(at::tanh(at::linear(x, first->copy(at::kFloat), bias)), second->copy(at::kFloat));
            plain.sin().sum().backward();
            QVERIFY(largest(ours, plain) < 1e-6);
            QVERIFY(largest(gradient, x.grad()) < 1e-6 && gradient.abs().max().item<double>() > 1e-5);
        }
    }

    void decodersKeepEverythingButTheMatrices() {
        const at::NoGradGuard no_grad;
        for (const char* name : {"micro-gpt2", "micro-llama"}) {
            Decoder decoder = load_decoder(support::micro_model(name), Precision::f32, c10::kCPU);
            const at::Tensor ids = at::arange(12, at::kLong).unsqueeze(0);
            const at::Tensor exact = decoder.logits(decoder.forward(ids));
            quantize_layers(decoder, BaseType::int8);
            const at::Tensor near = decoder.logits(decoder.forward(ids));
            const double difference = ((near - exact).norm() / exact.norm()).item<double>();
            QVERIFY2(difference > 1e-6 && difference < 0.03, qPrintable(QString::number(difference)));
            // A few rows go another way to the same values.
            const at::Tensor two = decoder.logits(decoder.forward(ids.narrow(1, 0, 2)));
            QVERIFY(largest(two, near.narrow(1, 0, 2)) < 1e-4);
        }
    }

    void runsLearnOnSuchABase_data() {
        QTest::addColumn<QString>("type");
        QTest::addColumn<double>("near");  // its loss at the start beside that of the exact base
        QTest::newRow("int8") << "int8" << 0.01;
        QTest::newRow("nf4") << "nf4" << 0.2;
    }
    void runsLearnOnSuchABase() {
        QFETCH(QString, type);
        QFETCH(double, near);
        auto spec = support::micro_spec(data_);
        spec.steps = 40;
        spec.optimizer.learning_rate = 2e-2;
        spec.lora.targets = parse_targets("q,k,v,o,gate,up,down");
        const RunResult exact = finish(spec, "exact");
        spec.base_type = base_type_from(type.toStdString()).value();
        const RunResult run = finish(spec, "run"), same = finish(spec, "same");
        QVERIFY(run.base_eval_loss != exact.base_eval_loss);
        QVERIFY2(std::abs(run.base_eval_loss - exact.base_eval_loss) < near, qPrintable(QString::number(run.base_eval_loss - exact.base_eval_loss)));
        QVERIFY2(run.eval_loss < 0.85 * run.base_eval_loss, qPrintable(QString::number(run.eval_loss)));
        QCOMPARE(run.eval_loss, same.eval_loss);
        QVERIFY(spec_from_json(to_json(spec)).value() == spec);
    }

    void whatNeedsTheWeightsIsRefused() {
        auto spec = support::micro_spec(data_);
        spec.base_type = BaseType::nf4;
        QVERIFY(validate(spec).ok());
        spec.lora.use_dora = true;
        QVERIFY(!validate(spec).ok());
        spec.lora.use_dora = false;
        spec.method = Method::full;
        QVERIFY(!validate(spec).ok());
        QVERIFY(!base_type_from("int3").ok());
    }

  private:
    RunResult finish(const ExperimentSpec& spec, const std::string& name) {
        support::RecordingObserver observer;
        RunControl control;
        auto result = train(support::micro_request(spec, folder_->filePath(QString::fromStdString(name)).toStdString()), observer, control);
        if (!result.ok()) qWarning("%s", result.error().message.c_str());
        return result.ok() ? result.value() : RunResult{};
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::filesystem::path data_;
};

QTEST_GUILESS_MAIN(TstQuantized)
#include "tst_quantized.moc"
