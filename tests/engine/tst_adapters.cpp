// DoRA, biases and saved modules on the micro models: from the first step to the merged model.
#include <QtTest>

#include <cmath>

#include "engine/adapter_info.h"
#include "engine/export.h"
#include "engine/model_info.h"
#include "engine/plan.h"
#include "engine/runtime.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "support/family_models.h"
#include "support/fixtures.h"
#include "support/probes.h"
#include "train/causal_loss.h"

using namespace engine;
using support::largest;
using support::logits;
using support::probe;
using support::two_rows;

namespace {

// Every value moved away from where training starts, differently for each tensor.
void stir(AdapterSet& adapters) {
    at::NoGradGuard no_grad;
    double phase = 0;
    for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
        at::Tensor& tensor = *parameter.tensor;
        const at::Tensor wave = at::sin(at::arange(tensor.numel(), at::kFloat) * 0.7 + phase++).view(tensor.sizes());
        tensor = tensor + wave * (tensor.dim() > 1 ? 0.1 : 0.05);
    }
}

}  // namespace

class TstAdapters : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        data_ = support::write_rows(*folder_);
    }

    void micro_kinds_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("targets");
        QTest::addColumn<bool>("dora");
        QTest::addColumn<QString>("bias");
        QTest::addColumn<QString>("saved");
        QTest::newRow("llama dora") << "micro-llama" << "q,k,v,o,gate,up,down" << true << "none" << "";
        QTest::newRow("gpt2 dora on slices") << "micro-gpt2" << "q,v,down" << true << "none" << "";
        QTest::newRow("gpt2 all biases") << "micro-gpt2" << "q,o" << false << "all" << "";
        QTest::newRow("gpt2 biases of adapted") << "micro-gpt2" << "v,up" << true << "lora_only" << "";
        QTest::newRow("llama head and norms") << "micro-llama" << "q,v" << false << "none" << "lm_head,norm";
        QTest::newRow("llama embedding and head") << "micro-llama" << "q" << false << "none" << "embed_tokens,lm_head";
        QTest::newRow("gpt2 tied head") << "micro-gpt2" << "q" << false << "none" << "lm_head";
        QTest::newRow("gpt2 tied embedding") << "micro-gpt2" << "v" << false << "none" << "wte";
        QTest::newRow("gpt2 one projection") << "micro-gpt2" << "q" << true << "all" << "h.1.mlp.c_proj";
    }
    void kinds_data() {
        micro_kinds_data();
        QTest::newRow("phi3 dora on slices") << "phi3" << "q,gate" << true << "none" << "";
        QTest::newRow("gpt_neox dora on interleaved rows") << "gpt_neox" << "k,down" << true << "all" << "embed_out";
        QTest::newRow("phi biases and head") << "phi" << "q,up" << false << "all" << "lm_head";
        QTest::newRow("phi bias of the head") << "phi" << "v,o" << true << "all" << "";
        QTest::newRow("gemma tied embedding") << "gemma" << "q,down" << true << "none" << "embed_tokens";
        QTest::newRow("opt biases of adapted") << "opt" << "v" << true << "lora_only" << "embed_positions";
        QTest::newRow("qwen2 norms") << "qwen2" << "q" << false << "lora_only" << "norm";
    }

    void newOnesChangeNothing_data() { kinds_data(); }
    void newOnesChangeNothing() {
        const Decoder decoder = model();
        const AdapterSet adapters = new_adapters(decoder, config(), 3);
        at::NoGradGuard no_grad;
        const at::Tensor base = decoder.logits(decoder.forward(probe()));
        QVERIFY(largest(base, logits(decoder, adapters)) <= (config().use_dora ? 1e-5 : 0.0));
    }

    void gradientsEqualFiniteDifferences_data() { kinds_data(); }
    void gradientsEqualFiniteDifferences() {
        const Decoder base = model();
        AdapterSet adapters = new_adapters(base, config(), 3);
        stir(adapters);
        for (const auto& parameter : adapters.parameters()) parameter.tensor->set_requires_grad(true);
        const Decoder decoder = attached(base, adapters);
        const Batch batch = two_rows();
        causal_loss(decoder, &adapters, batch).sum.backward();
        for (const auto& parameter : adapters.parameters()) {
            QVERIFY2(parameter.tensor->grad().defined(), parameter.name.c_str());
            // DoRA's norm is a constant for the gradient, so A and B follow the slope that there is with it held.
            const bool hold = config().use_dora && parameter.name.find("lora_") != std::string::npos;
            if (hold) fix_scales(adapters, decoder);
            const at::Tensor gradient = parameter.tensor->grad().clone();
            const double norm = gradient.norm().item<double>(), step = 1e-2 / std::max(norm, 1e-3);
            const at::Tensor original = parameter.tensor->detach().clone();
            const auto at_offset = [&](double offset) {
                at::NoGradGuard no_grad;
                parameter.tensor->copy_(original + gradient * offset);
                return causal_loss(decoder, &adapters, batch).sum.item<double>();
            };
            const double measured = (at_offset(step) - at_offset(-step)) / (2 * step);
            at_offset(0);
            for (AdapterSite& site : adapters.sites()) site.fixed_scale.reset();
            QVERIFY2(std::abs(measured - norm * norm) <= 2e-2 * norm * norm + 2e-3,
                     qPrintable(QString("%1: measured %2, gradient says %3")
                                    .arg(QString::fromStdString(parameter.name)).arg(measured).arg(norm * norm)));
        }
    }

    // With the norms held where they are, A and B of a DoRA site follow the slope too.
    void doraMatchesTheFormulaWithAConstantNorm() {
        const at::Tensor W = at::sin(at::arange(24, at::kDouble)).view({4, 6}).to(at::kFloat);
        const at::Tensor x = at::cos(at::arange(18, at::kDouble) * 0.3).view({3, 6}).to(at::kFloat);
        const at::Tensor bias = at::arange(4, at::kFloat) * 0.1;
        AdapterSite site;
        site.rows = 4;
        site.scaling = 1.5;
        site.A = at::sin(at::arange(12, at::kFloat) * 0.9).view({2, 6}).set_requires_grad(true);
        site.B = at::cos(at::arange(8, at::kFloat) * 1.1).view({4, 2}).set_requires_grad(true);
        site.magnitude = (row_norms(W) * 1.2).set_requires_grad(true);
        AdapterSet adapters(1, 1);
        adapters.add(site);
        const at::Tensor y = at::linear(x, W, bias);
        const at::Tensor mine = adapters.add_to_projection(0, 0, {x, W, bias, at::kFloat}, y);
        const at::Tensor norms = row_norms(W + site.scaling * at::mm(site.B, site.A)).detach();
        const at::Tensor adapted = (site.magnitude / norms).unsqueeze(1) * (W + site.scaling * at::mm(site.B, site.A));
        const at::Tensor expected = at::linear(x, adapted, bias);
        QVERIFY(largest(mine, expected) < 1e-5);
        const at::Tensor weights = at::sin(at::arange(12, at::kFloat)).view({3, 4});
        const auto grads = [&](const at::Tensor& output) {
            return torch::autograd::grad({(output * weights).sum()}, {site.A, site.B, site.magnitude});
        };
        const auto ours = grads(mine), theirs = grads(expected);
        for (std::size_t i = 0; i < ours.size(); ++i) QVERIFY(largest(ours[i], theirs[i]) < 1e-5);
    }

    void folderKeepsTheFunction_data() { kinds_data(); }
    void folderKeepsTheFunction() {
        const Decoder decoder = model();
        AdapterSet adapters = new_adapters(decoder, config(), 3);
        stir(adapters);
        const auto saved = save(decoder, adapters);
        AdapterSet read = load_peft(saved, decoder.architecture(), c10::kCPU);
        const at::Tensor expected = logits(decoder, adapters);
        QVERIFY(largest(expected, logits(decoder, read)) < 2e-5);
        AdapterSet fixed = read;
        fix_scales(fixed, attached(decoder, fixed));
        QVERIFY(at::equal(logits(decoder, fixed), logits(decoder, read)));
        const auto again = path("again");
        save_peft(again, decoder.architecture(), read, read_peft_metadata(saved));
        QCOMPARE(support::read_file(again / "adapter_model.safetensors"), support::read_file(saved / "adapter_model.safetensors"));
        QCOMPARE(support::read_file(again / "adapter_config.json"), support::read_file(saved / "adapter_config.json"));
        const auto info = inspect_adapter(saved);
        QVERIFY(info.ok());
        QCOMPARE(info->use_dora, config().use_dora);
        QCOMPARE(info->bias, config().bias);
        QCOMPARE(info->modules_to_save, config().modules_to_save);
    }

    void mergedEqualsBaseAndAdapter_data() { kinds_data(); }
    void mergedEqualsBaseAndAdapter() {
        const Decoder decoder = model();
        AdapterSet adapters = new_adapters(decoder, config(), 3);
        stir(adapters);
        ExportRequest request;
        request.model = model_path();
        request.adapter = save(decoder, adapters);
        request.out = path("merged");
        const auto report = export_adapter(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QVERIFY2(report->self_test.passed, report->self_test.verdict.c_str());
        const Decoder merged = load_decoder(request.out, Precision::f32, c10::kCPU);
        at::NoGradGuard no_grad;
        QVERIFY(largest(merged.logits(merged.forward(probe())), logits(decoder, adapters)) < 2e-5);
        request.format = ExportFormat::peft;
        request.out = path("peft");
        const auto copied = export_adapter(request);
        QVERIFY2(copied.ok() && copied->self_test.passed, copied.ok() ? copied->self_test.verdict.c_str() : copied.error().message.c_str());
    }

    void planCountsWhatIsTrained_data() { kinds_data(); }
    void planCountsWhatIsTrained() {
        const Decoder decoder = model();
        AdapterSet adapters = new_adapters(decoder, config(), 3);
        ExperimentSpec spec;
        spec.lora = config();
        const auto planned = plan(inspect_model(model_path()).value(), spec);
        QVERIFY2(planned.ok(), planned.ok() ? "" : planned.error().message.c_str());
        QCOMPARE(planned->trainable_params, adapters.parameter_count());
        int64_t saved = 0, biases = 0;
        for (const ReplacedTensor& tensor : adapters.replaced) {
            const std::string module = "." + tensor.name.substr(0, tensor.name.rfind('.'));
            bool whole = !tensor.name.ends_with(".bias");
            for (const std::string& listed : config().modules_to_save) whole |= module.ends_with("." + listed);
            (whole ? saved : biases) += tensor.value.numel();
        }
        QCOMPARE(planned->saved_params, saved);
        QCOMPARE(planned->bias_params, biases);
        QCOMPARE(planned->adapter_params, planned->trainable_params - saved - biases);
        const auto file = save(decoder, adapters) / "adapter_model.safetensors";
        QCOMPARE(planned->adapter_bytes, static_cast<int64_t>(std::filesystem::file_size(file)));
    }

    void trainsAndResumes_data() { micro_kinds_data(); }
    void trainsAndResumes() {
        QFETCH(QString, model);
        auto spec = support::micro_spec(data_, model.toStdString());
        spec.lora = config();
        const auto whole = support::micro_request(spec, path("whole"));
        support::RecordingObserver observer;
        RunControl control;
        const auto done = train(whole, observer, control);
        QVERIFY2(done.ok(), done.ok() ? "" : done.error().message.c_str());
        QVERIFY(done->eval_loss < done->base_eval_loss);
        QCOMPARE(done->trainable_params, plan(inspect_model(model_path()).value(), spec)->trainable_params);

        auto broken = support::micro_request(spec, path("broken"));
        support::RecordingObserver stopping;
        RunControl stopped;
        stopping.on_each = [&](const Event& event) {
            const auto* metrics = std::get_if<StepMetrics>(&event);
            if (metrics && metrics->global_step == 5) stopped.stop();
        };
        QVERIFY(train(broken, stopping, stopped)->stopped);
        broken.resume = true;
        RunControl resumed;
        QVERIFY(train(broken, observer, resumed).ok());
        for (const char* file : {"last/adapter_model.safetensors", "last/adapter_config.json"}) {
            QCOMPARE(support::read_file(path("broken") / file), support::read_file(path("whole") / file));
        }
    }

    void dropoutWithDoraLeavesTheBaseAlone() {
        const Decoder decoder = load_decoder(support::micro_model("micro-gpt2"), Precision::f32, c10::kCPU);
        LoraConfig lora;
        lora.use_dora = true;
        lora.targets = parse_targets("q,v,down");
        AdapterSet adapters = new_adapters(decoder, lora, 3);
        adapters.set_dropout(0.5, 7);
        at::NoGradGuard no_grad;
        QVERIFY(largest(decoder.logits(decoder.forward(probe())), logits(decoder, adapters)) < 1e-5);
    }

    void wrongChoicesAreRefused() {
        const ModelInfo info = inspect_model(support::micro_model("micro-llama")).value();
        const auto refused = [&](const LoraConfig& lora) {
            ExperimentSpec spec;
            spec.lora = lora;
            const auto planned = plan(info, spec);
            return planned.ok() ? QString("accepted") : QString::fromStdString(planned.error().message);
        };
        LoraConfig lora;
        lora.targets = parse_targets("q");
        lora.modules_to_save = {"classifier"};
        QVERIFY(refused(lora).contains("classifier") && refused(lora).contains("lm_head"));
        lora.modules_to_save = {"self_attn"};
        QVERIFY(refused(lora).contains("q_proj"));
    }

  private:
    std::filesystem::path path(const char* name) const { return folder_->filePath(name).toStdString(); }
    std::filesystem::path model_path() const {
        QFETCH(QString, model);
        if (model.startsWith("micro-")) return support::micro_model(model.toStdString());
        const auto folder = path("family");
        if (!std::filesystem::exists(folder)) {
            std::filesystem::create_directories(folder);
            support::write_family_model(model.toStdString(), folder);
        }
        return folder;
    }
    Decoder model() const { return load_decoder(model_path(), Precision::f32, c10::kCPU); }
    LoraConfig config() const {
        QFETCH(QString, targets);
        QFETCH(bool, dora);
        QFETCH(QString, bias);
        QFETCH(QString, saved);
        LoraConfig config;
        config.rank = 3;
        config.alpha = 6;
        config.targets = parse_targets(targets.toStdString());
        config.use_dora = dora;
        config.bias = train_bias_from(bias.toStdString());
        for (const QString& module : saved.split(',', Qt::SkipEmptyParts)) config.modules_to_save.push_back(module.toStdString());
        return config;
    }
    std::filesystem::path save(const Decoder& decoder, const AdapterSet& adapters) const {
        const auto saved = path("adapter");
        save_peft(saved, decoder.architecture(), adapters, {"base", 0, false, config().bias, config().modules_to_save});
        return saved;
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::filesystem::path data_;
};

QTEST_GUILESS_MAIN(TstAdapters)
#include "tst_adapters.moc"
