// Gradients of the adapters against finite differences of the loss, on every family and every matrix.
#include <QtTest>

#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "support/family_models.h"
#include "support/fixtures.h"
#include "support/probes.h"
#include "train/causal_loss.h"

using namespace engine;
using support::two_rows;

namespace {

Decoder decoder_of(const std::string& model) {
    if (model.starts_with("micro-")) return load_decoder(support::micro_model(model), Precision::f32, c10::kCPU);
    return support::family_decoder(model);
}

double loss_of(const Decoder& decoder, const AdapterSet& adapters, const Batch& batch) {
    at::NoGradGuard no_grad;
    return causal_loss(decoder, &adapters, batch).sum.item<double>();
}

}  // namespace

class TstGradients : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void equalFiniteDifferences_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("kinds");
        QTest::addColumn<bool>("rslora");
        QTest::newRow("llama all") << "micro-llama" << "q,k,v,o,gate,up,down" << false;
        QTest::newRow("llama rslora") << "micro-llama" << "q,v" << true;
        QTest::newRow("gpt2 all") << "micro-gpt2" << "q,k,v,o,up,down" << false;
        QTest::newRow("gpt2 k alone") << "micro-gpt2" << "k" << false;
        for (const support::FamilyModel& family : support::family_models) {
            QStringList kinds;
            for (const std::string& kind : parse_architecture(family.config, family.name).kinds())
                kinds << QString::fromStdString(kind);
            QTest::newRow(family.name) << family.name << kinds.join(',') << false;
        }
        QTest::newRow("gpt_neox k alone") << "gpt_neox" << "k" << false;
    }

    void equalFiniteDifferences() {
        QFETCH(QString, model);
        QFETCH(QString, kinds);
        QFETCH(bool, rslora);
        const Decoder decoder = decoder_of(model.toStdString());
        LoraConfig config;
        config.rank = 2;
        config.alpha = 4;
        config.use_rslora = rslora;
        config.targets = parse_targets(kinds.toStdString());
        AdapterSet adapters = new_adapters(decoder.architecture(), config, 3, c10::kCPU);
        for (AdapterSite& site : adapters.sites()) {
            site.B = at::sin(at::arange(site.B.numel(), at::kFloat)).view(site.B.sizes()) * 0.3;
            site.A.set_requires_grad(true);
            site.B.set_requires_grad(true);
        }
        const Batch batch = two_rows();
        const LossSum loss = causal_loss(decoder, &adapters, batch);
        QCOMPARE(loss.tokens, batch.trained_tokens);
        loss.sum.backward();
        int checked = 0;
        for (AdapterSite& site : adapters.sites()) {
            for (at::Tensor* parameter : {&site.A, &site.B}) {
                const at::Tensor gradient = parameter->grad().clone();
                // The direction of the gradient itself: the largest change, so rounding matters least.
                const double norm = gradient.norm().item<double>();
                // Near the kinks of a ReLU only a short way is straight.
                const double step = (model == "opt" ? 1e-3 : 1e-2) / std::max(norm, 1e-3);
                const at::Tensor original = parameter->detach().clone();
                const auto at_offset = [&](double offset) {
                    at::NoGradGuard no_grad;
                    parameter->copy_(original + gradient * offset);
                    return loss_of(decoder, adapters, batch);
                };
                const double measured = (at_offset(step) - at_offset(-step)) / (2 * step);
                at_offset(0);
                const double expected = norm * norm;
                QVERIFY2(std::abs(measured - expected) <= 2e-2 * expected + 2e-3,
                         qPrintable(QString("layer %1 %2: measured %3, gradient says %4")
                                        .arg(site.layer).arg(QString::fromStdString(site.kind)).arg(measured).arg(expected)));
                ++checked;
            }
        }
        QCOMPARE(checked, static_cast<int>(2 * adapters.sites().size()));
    }
};

QTEST_GUILESS_MAIN(TstGradients)
#include "tst_gradients.moc"
