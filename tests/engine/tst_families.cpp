// What sets the families of decoders apart: windows, fused and interleaved matrices, positions; on tiny
// models of each.
#include "engine/export.h"
#include "engine/model_info.h"
#include "engine/plan.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "support/family_models.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace engine;

namespace {

at::Tensor some_ids(int64_t tokens) {
    return (at::arange(tokens, at::kLong) * 97 + 5).remainder(384).unsqueeze(0);
}

at::Tensor logits_of(const Decoder& decoder, const AdapterSet* adapters, int64_t tokens = 16) {
    at::NoGradGuard no_grad;
    ForwardOptions options;
    options.adapters = adapters;
    return decoder.logits(decoder.forward(some_ids(tokens), options));
}

AdapterSet adapters_on(const Architecture& architecture, const std::string& kinds) {
    LoraConfig config;
    config.rank = 2;
    config.alpha = 6;
    config.targets = parse_targets(kinds);
    AdapterSet adapters = new_adapters(architecture, config, 5, c10::kCPU);
    int count = 0;
    for (AdapterSite& site : adapters.sites()) {
        site.B = at::sin(at::arange(site.B.numel(), at::kFloat) * 0.9 + ++count).view(site.B.sizes()) * 0.2;
    }
    return adapters;
}

std::string joined(const std::vector<std::string>& kinds) {
    std::string text;
    for (const std::string& kind : kinds) text += (text.empty() ? "" : ",") + kind;
    return text;
}

bool near(const at::Tensor& a, const at::Tensor& b, double relative = 1e-5) {
    return (a - b).abs().max().item<double>() <= relative * std::max(1.0, b.abs().max().item<double>());
}

}  // namespace

class TstFamilies : public QObject {
    Q_OBJECT

    void families() {
        QTest::addColumn<QString>("name");
        for (const support::FamilyModel& model : support::family_models)
            QTest::newRow(model.name) << model.name;
    }

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void cachedTokensEqualFullPasses_data() { families(); }
    void cachedTokensEqualFullPasses() {
        QFETCH(QString, name);
        at::NoGradGuard no_grad;
        const Decoder decoder = support::family_decoder(name.toStdString());
        const AdapterSet adapters =
            adapters_on(decoder.architecture(), joined(decoder.architecture().kinds()));
        const at::Tensor expected = logits_of(decoder, &adapters, 20);
        KeyValueCache cache = decoder.new_cache(1, 20);
        ForwardOptions options;
        options.adapters = &adapters;
        options.cache = &cache;
        // A prompt, a few tokens at once, then one by one: each way of looking at the cache.
        std::vector<at::Tensor> parts;
        int64_t done = 0;
        for (const int64_t count : {7, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1}) {
            parts.push_back(decoder.logits(decoder.forward(some_ids(20).narrow(1, done, count), options)));
            done += count;
        }
        QCOMPARE(done, int64_t{20});
        QVERIFY(near(at::cat(parts, 1), expected));
    }

    void everyMatrixIsItsOwnTarget_data() { families(); }
    void everyMatrixIsItsOwnTarget() {
        QFETCH(QString, name);
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        support::write_family_model(name.toStdString(), path);
        const ModelInfo info = inspect_model(path).value();
        const Decoder decoder = load_decoder(path, Precision::f32, c10::kCPU);
        const at::Tensor base = logits_of(decoder, nullptr);
        QVERIFY(near(logits_of(support::family_decoder(name.toStdString()), nullptr), base, 0));
        for (const std::string& kind : info.kinds) {
            const AdapterSet adapters = adapters_on(decoder.architecture(), kind);
            int64_t params = 0;
            for (const MatrixInfo& matrix : info.matrices)
                if (matrix.kind == kind) params += lora_params(matrix, 2);
            QCOMPARE(adapters.parameter_count(), params);
            const at::Tensor adapted = logits_of(decoder, &adapters);
            QVERIFY2(!near(adapted, base, 1e-3), kind.c_str());
            // As one block adapter on the stored matrix.
            save_peft(path / kind, decoder.architecture(), adapters, {});
            const AdapterSet whole = load_peft(path / kind, decoder.architecture(), c10::kCPU);
            QVERIFY2(near(logits_of(decoder, &whole), adapted), kind.c_str());
        }
    }

    void exportsOfAllMatricesKeepTheFunction_data() { families(); }
    void exportsOfAllMatricesKeepTheFunction() {
        QFETCH(QString, name);
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        support::write_family_model(name.toStdString(), path);
        const Decoder decoder = load_decoder(path, Precision::f32, c10::kCPU);
        const AdapterSet adapters =
            adapters_on(decoder.architecture(), joined(decoder.architecture().kinds()));
        save_peft(path / "adapter", decoder.architecture(), adapters, {});
        ExportRequest request;
        request.model = path;
        request.adapter = path / "adapter";
        request.format = ExportFormat::hf;
        request.dtype = StoredDtype::f32;
        request.out = path / "merged";
        const auto report = export_adapter(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QVERIFY2(report->self_test.passed, report->self_test.verdict.c_str());
        const Decoder merged = load_decoder(path / "merged", Precision::f32, c10::kCPU);
        QVERIFY(near(logits_of(merged, nullptr), logits_of(decoder, &adapters), 5e-5));
    }

    void windowedAttentionEqualsThePlainFormula_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("window");
        for (const int tokens : {5, 128, 300})
            for (const int window : {1, 2, 50, 127, 128, 129, 299, 300, 1000})
                QTest::addRow("%d tokens, window %d", tokens, window) << tokens << window;
    }
    void windowedAttentionEqualsThePlainFormula() {
        QFETCH(int, tokens);
        QFETCH(int, window);
        const auto values = [&](int64_t heads, double phase) {
            return at::sin(at::arange(heads * tokens * 8, at::kFloat) * 0.37 + phase)
                .view({1, heads, tokens, 8});
        };
        std::vector<at::Tensor> inputs = {values(4, 0), values(2, 1), values(2, 2)};
        const at::Tensor probe = at::cos(at::arange(tokens * 32, at::kFloat)).view({1, tokens, 32});
        // The plain formula, by a mask over all scores.
        std::vector<at::Tensor> plain;
        for (const at::Tensor& input : inputs) plain.push_back(input.to(at::kDouble).requires_grad_());
        const at::Tensor k = plain[1].repeat_interleave(2, 1), v = plain[2].repeat_interleave(2, 1);
        const at::Tensor distance = at::arange(tokens).unsqueeze(1) - at::arange(tokens).unsqueeze(0);
        const at::Tensor unseen = distance.lt(0).logical_or(distance.ge(window));
        const at::Tensor scores = at::matmul(plain[0], k.transpose(2, 3)) * 0.6;
        const at::Tensor weights =
            at::softmax(scores.masked_fill(unseen, -std::numeric_limits<double>::infinity()), -1);
        const at::Tensor expected = at::matmul(weights, v).transpose(1, 2).reshape({1, tokens, 32});
        (expected * probe).sum().backward();
        // In blocks without a mask of padding, as a whole with one.
        for (const at::Tensor& mask : {at::Tensor(), at::ones({1, tokens}, at::kBool)}) {
            std::vector<at::Tensor> mine;
            for (const at::Tensor& input : inputs) mine.push_back(input.clone().requires_grad_());
            const at::Tensor result = causal_attention(mine[0], mine[1], mine[2], 0.6, mask, window);
            QVERIFY((result - expected).abs().max().item<double>() < 1e-5);
            (result * probe).sum().backward();
            for (std::size_t i = 0; i < mine.size(); ++i) {
                QVERIFY2((mine[i].grad() - plain[i].grad()).abs().max().item<double>() < 1e-4,
                         std::to_string(i).c_str());
            }
        }
    }

    void bf16StaysNearF32_data() { families(); }
    void bf16StaysNearF32() {
        QFETCH(QString, name);
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        support::write_family_model(name.toStdString(), path);
        const at::Tensor exact = logits_of(load_decoder(path, Precision::f32, c10::kCPU), nullptr);
        const at::Tensor rounded = logits_of(load_decoder(path, Precision::bf16, c10::kCPU), nullptr);
        QVERIFY(!near(rounded, exact, 1e-6));
        QVERIFY2(near(rounded, exact, 0.05),
                 std::to_string((rounded - exact).abs().max().item<double>()).c_str());
    }

    void optCountsPositionsOverTheMask() {
        at::NoGradGuard no_grad;
        const Decoder decoder = support::family_decoder("opt");
        const at::Tensor ids = some_ids(6);
        ForwardOptions options;
        options.key_mask = at::cat({at::zeros({1, 3}, at::kBool), at::ones({1, 6}, at::kBool)}, 1);
        const at::Tensor padded = decoder.forward(at::cat({at::ones({1, 3}, at::kLong), ids}, 1), options);
        QVERIFY(near(padded.narrow(1, 3, 6), decoder.forward(ids)));
    }

    void theBiasOfTheHeadIsPartOfTheLoss() {
        const auto leaf = [](const at::Tensor& values) { return values.clone().requires_grad_(); };
        const at::Tensor hidden = leaf(at::sin(at::arange(300 * 8, at::kFloat)).view({300, 8}));
        const at::Tensor head = leaf(at::cos(at::arange(50 * 8, at::kFloat)).view({50, 8}));
        const at::Tensor bias = leaf(at::sin(at::arange(50, at::kFloat) * 3));
        const at::Tensor targets = at::arange(300, at::kLong).remainder(50);
        const at::Tensor mine = chunked_cross_entropy(hidden, head, targets, bias);
        const auto gradients = torch::autograd::grad({mine}, {hidden, head, bias});
        const at::Tensor plain =
            -at::log_softmax(at::linear(hidden, head, bias), 1).gather(1, targets.unsqueeze(1)).sum();
        const auto expected = torch::autograd::grad({plain}, {hidden, head, bias});
        QVERIFY(std::abs(mine.item<double>() - plain.item<double>()) < 1e-2);
        for (std::size_t i = 0; i < 3; ++i) QVERIFY(at::allclose(gradients[i], expected[i], 1e-4, 1e-4));
    }
};

QTEST_GUILESS_MAIN(TstFamilies)
#include "tst_families.moc"
