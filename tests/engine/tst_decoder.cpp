// The decoder against plain loops in double precision, and its parts against each other.
#include <QTemporaryDir>

#include "data/seeded.h"
#include "engine/compute.h"
#include "engine/runtime.h"
#include "engine/tokenizer.h"
#include "generate/decode_loop.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "support/fixtures.h"
#include "support/reference_decoder.h"

#include <QtTest>

using namespace engine;

namespace {

Decoder micro(const std::string& name, Precision precision = Precision::f32) {
    return load_decoder(support::micro_model(name), precision, c10::kCPU);
}

support::ReferenceModel reference(const std::string& name) {
    const Architecture a = read_architecture(support::micro_model(name));
    support::ReferenceModel model;
    model.family = a.family;
    model.layers = static_cast<int>(a.layers);
    model.heads = static_cast<int>(a.heads);
    model.kv_heads = static_cast<int>(a.kv_heads);
    model.width = static_cast<int>(a.hidden_size);
    model.vocab = static_cast<int>(a.vocab_size);
    model.norm_eps = a.norm_eps;
    model.rope_theta = a.rope.theta;
    model.tied = a.tied_embeddings;
    const Checkpoint checkpoint = Checkpoint::open(support::micro_model(name));
    for (const std::string& tensor_name : checkpoint.names()) {
        const auto found = checkpoint.require(tensor_name);
        const at::Tensor tensor = map_tensor(*found.file, *found.entry).to(at::kDouble).contiguous();
        auto& target = model.tensors[tensor_name];
        for (const int64_t size : tensor.sizes()) target.shape.push_back(size);
        target.values.assign(tensor.data_ptr<double>(), tensor.data_ptr<double>() + tensor.numel());
    }
    return model;
}

const std::vector<int> sample_ids = {0, 40, 85, 300, 17, 383, 222, 9, 64, 101, 5, 250};

at::Tensor ids_tensor(const std::vector<int>& ids) { return at::tensor(std::vector<int64_t>(ids.begin(), ids.end())).unsqueeze(0); }

// Adapters whose B is not zero.
AdapterSet random_adapters(const Decoder& decoder, const std::string& kinds) {
    LoraConfig config;
    config.rank = 3;
    config.alpha = 6;
    config.targets = parse_targets(kinds);
    AdapterSet adapters = new_adapters(decoder.architecture(), config, 5, c10::kCPU);
    for (std::size_t i = 0; i < adapters.sites().size(); ++i) {
        adapters.sites()[i].B = at::sin(at::arange(adapters.sites()[i].B.numel(), at::kFloat) + static_cast<double>(i))
                                    .view(adapters.sites()[i].B.sizes()) * 0.2;
    }
    return adapters;
}

}  // namespace

class TstDecoder : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void models_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("llama") << "micro-llama";
        QTest::newRow("gpt2") << "micro-gpt2";
    }

    void agreesWithPlainLoops_data() { models_data(); }
    void agreesWithPlainLoops() {
        QFETCH(QString, name);
        at::NoGradGuard no_grad;
        const Decoder decoder = micro(name.toStdString());
        const at::Tensor logits = decoder.logits(decoder.forward(ids_tensor(sample_ids)))[0];
        const auto expected = reference(name.toStdString()).logits(sample_ids);
        double largest = 0;
        for (std::size_t t = 0; t < expected.size(); ++t) {
            for (std::size_t v = 0; v < expected[t].size(); ++v) {
                largest = std::max(largest, std::abs(logits[static_cast<long>(t)][static_cast<long>(v)].item<double>() - expected[t][v]));
            }
        }
        QVERIFY2(largest < 1e-4, std::to_string(largest).c_str());
        QVERIFY(logits.abs().max().item<double>() > 1);  // the comparison means something
    }

    void newAdaptersChangeNothing_data() { models_data(); }
    void newAdaptersChangeNothing() {
        QFETCH(QString, name);
        at::NoGradGuard no_grad;
        const Decoder decoder = micro(name.toStdString());
        LoraConfig config;
        config.targets = parse_targets("q,k,v,o,up,down");
        const AdapterSet adapters = new_adapters(decoder.architecture(), config, 1, c10::kCPU);
        ForwardOptions with;
        with.adapters = &adapters;
        const at::Tensor base = decoder.forward(ids_tensor(sample_ids)), adapted = decoder.forward(ids_tensor(sample_ids), with);
        QVERIFY(at::equal(base, adapted));  // bit for bit
    }

    void sliceOfAFusedMatrixIsOnlyThatSlice() {
        at::NoGradGuard no_grad;
        const Decoder decoder = micro("micro-gpt2");
        const AdapterSet adapters = random_adapters(decoder, "k");
        const auto& site = adapters.sites().front();
        const at::Tensor delta = adapters.merged(0, 0, at::zeros({96, 32}));
        QCOMPARE(site.row_begin, int64_t{32});
        QVERIFY(at::equal(delta.narrow(0, 0, 32), at::zeros({32, 32})));
        QVERIFY(at::equal(delta.narrow(0, 64, 32), at::zeros({32, 32})));
        QVERIFY(at::allclose(delta.narrow(0, 32, 32), site.scaling * at::mm(site.B, site.A)));
        QVERIFY(std::abs(delta_norm(site) - delta.norm().item<double>()) < 1e-5);
    }

    void cacheGivesTheSameTokensAsFullPasses_data() { models_data(); }
    void cacheGivesTheSameTokensAsFullPasses() {
        QFETCH(QString, name);
        at::NoGradGuard no_grad;
        const Decoder decoder = micro(name.toStdString());
        const AdapterSet adapters = random_adapters(decoder, "q,v,o");
        std::vector<int> ids = {0, 40, 85, 300};
        DecodeOptions options;
        options.max_new_tokens = 20;
        const auto generated = decode_loop(decoder, &adapters, {0, 40, 85, 300}, options);
        for (const int32_t token : generated) {
            ForwardOptions with;
            with.adapters = &adapters;
            const at::Tensor logits = decoder.logits(decoder.forward(ids_tensor(ids), with));
            QCOMPARE(token, static_cast<int32_t>(logits[0][-1].argmax().item<int64_t>()));
            ids.push_back(token);
        }
        QCOMPARE(generated.size(), std::size_t{20});
    }

    void aCacheGrowsWithoutForgetting() {
        at::NoGradGuard no_grad;
        const Decoder decoder = micro("micro-llama");
        const std::vector<int> ids = {0, 40, 85, 300, 7, 9, 120, 3};
        KeyValueCache small = decoder.new_cache(1, 2), large = decoder.new_cache(1, 8);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const at::Tensor id = ids_tensor({ids[i]});
            QVERIFY(at::equal(decoder.next_logits(id, small, nullptr), decoder.next_logits(id, large, nullptr)));
        }
        QCOMPARE(small.length, int64_t{8});
        QVERIFY(small.capacity >= 8 && small.k.front().size(2) == small.capacity);
        const at::Tensor whole = decoder.logits(decoder.forward(ids_tensor(ids)))[0][-1];
        small.length = 7;
        QVERIFY(at::allclose(decoder.next_logits(ids_tensor({ids.back()}), small, nullptr)[0], whole, 1e-4, 1e-5));
    }

    void paddingIsSeenByNobody() {
        at::NoGradGuard no_grad;
        const Decoder decoder = micro("micro-llama");
        std::vector<int> padded = sample_ids;
        padded.insert(padded.end(), {2, 2, 2});
        ForwardOptions masked;
        masked.key_mask = at::cat({at::ones({1, 12}, at::kBool), at::zeros({1, 3}, at::kBool)}, 1);
        const at::Tensor alone = decoder.forward(ids_tensor(sample_ids));
        const at::Tensor with = decoder.forward(ids_tensor(padded), masked).narrow(1, 0, 12);
        QVERIFY(at::allclose(alone, with, 1e-5, 1e-5));
    }

    // In bf16 rows of zeros fill the chunks up: the loss and the gradient are those of the others.
    void chunkedLossInWholeRows() {
        for (const int64_t count : {int64_t{5}, int64_t{45}, int64_t{400}}) {
            const at::Tensor hidden = at::sin(at::arange(count * 8, at::kFloat)).view({count, 8}).requires_grad_();
            const at::Tensor head = at::cos(at::arange(50 * 8, at::kFloat)).view({50, 8});
            const at::Tensor targets = at::arange(count, at::kLong).remainder(50);
            const at::Tensor loss = chunked_cross_entropy(hidden, head.to(at::kBFloat16), targets);
            loss.backward();
            const at::Tensor same = hidden.detach().requires_grad_();
            const at::Tensor plain = at::cross_entropy_loss(at::linear(same, head), targets, {}, at::Reduction::Sum);
            plain.backward();
            QVERIFY(std::abs(loss.item<double>() / plain.item<double>() - 1) < 2e-3);
            QVERIFY((hidden.grad() - same.grad()).abs().max().item<double>() < 0.02);
        }
    }

    void chunkedLossEqualsPlainLoss() {
        const at::Tensor hidden = at::sin(at::arange(600 * 8, at::kFloat)).view({600, 8}).requires_grad_();
        const at::Tensor head = at::cos(at::arange(50 * 8, at::kFloat)).view({50, 8}).requires_grad_();
        const at::Tensor targets = at::arange(600, at::kLong).remainder(50);
        const at::Tensor mine = chunked_cross_entropy(hidden, head, targets);
        mine.backward();
        const at::Tensor grad_hidden = hidden.grad().clone(), grad_head = head.grad().clone();
        hidden.mutable_grad().zero_();
        head.mutable_grad().zero_();
        const at::Tensor plain = -at::log_softmax(at::mm(hidden, head.t()), 1).gather(1, targets.unsqueeze(1)).sum();
        plain.backward();
        QVERIFY(std::abs(mine.item<double>() - plain.item<double>()) < 1e-2);
        QVERIFY(at::allclose(grad_hidden, hidden.grad(), 1e-4, 1e-5));
        QVERIFY(at::allclose(grad_head, head.grad(), 1e-4, 1e-4));
    }

    void bf16StaysNearF32() {
        at::NoGradGuard no_grad;
        const at::Tensor exact = micro("micro-llama").forward(ids_tensor(sample_ids));
        const at::Tensor rounded = micro("micro-llama", Precision::bf16).forward(ids_tensor(sample_ids));
        const double difference = (exact - rounded).abs().max().item<double>();
        QVERIFY(difference > 0);
        QVERIFY2(difference < 0.1, std::to_string(difference).c_str());
    }

    void samplingFollowsTemperatureAndNucleus() {
        const at::Tensor logits = at::tensor({5.0f, 4.9f, -20.0f, -20.0f});
        QCOMPARE(Sampler({0, 0, 1}, 1).next(logits), int64_t{0});
        QCOMPARE(Sampler({1, 1, 1}, 1).next(logits), int64_t{0});     // top_k 1
        QCOMPARE(Sampler({1, 0, 0.3}, 1).next(logits), int64_t{0});   // nucleus holds the first only
        Sampler sampler({1, 0, 1}, 7);
        int counts[4] = {0, 0, 0, 0};
        for (int i = 0; i < 400; ++i) ++counts[sampler.next(logits)];
        QVERIFY(counts[0] > 150 && counts[1] > 120 && counts[2] + counts[3] == 0);
        Sampler again({1, 0, 1}, 7), same({1, 0, 1}, 7);
        for (int i = 0; i < 20; ++i) QCOMPARE(again.next(logits), same.next(logits));
    }

    void weightsThatAreNotNumbersAreNamed() {
        QTemporaryDir folder;
        const std::filesystem::path model = folder.filePath("model").toStdString();
        std::filesystem::copy(support::micro_model("micro-llama"), model);
        const Checkpoint checkpoint = Checkpoint::open(model);
        NamedTensors tensors;
        for (const std::string& name : checkpoint.names()) {
            const auto found = checkpoint.require(name);
            tensors.emplace_back(name, map_tensor(*found.file, *found.entry).clone());
            if (name == "model.layers.1.mlp.up_proj.weight") tensors.back().second.view({-1})[7] = std::nan("");
        }
        save_tensors(model / "model.safetensors", tensors);
        try {
            load_decoder(model, Precision::f32, c10::kCPU);
            QFAIL("a NaN was accepted");
        } catch (const Failure& failure) {
            QVERIFY(QString(failure.what()).contains("model.layers.1.mlp.up_proj.weight"));
            QCOMPARE(failure.error().code, ErrorCode::bad_input);
        }
    }
};

QTEST_GUILESS_MAIN(TstDecoder)
#include "tst_decoder.moc"
