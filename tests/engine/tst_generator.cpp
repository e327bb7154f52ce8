// A generator that stays: adapters and prompts change, the base does not; what it says is what a fresh one says.
#include <QtTest>

#include "engine/generator.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "support/fixtures.h"

using namespace engine;

class TstGenerator : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        initialize_runtime();
        for (const char* name : {"one", "two", "three", "four", "five"}) write_adapter(name);
    }

    void adaptersChangeWithoutReadingTheBaseAgain() {
        Generator generator;
        GenerateRequest request = asking("animal 3 :");
        const auto base = said(generator, request);
        for (int round = 0; round < 2; ++round) {
            for (const char* name : {"one", "two"}) {
                request.adapters = {adapter(name)};
                const auto text = said(generator, request);
                QCOMPARE(text, said(Generator(), request));
                QVERIFY(text != base);
            }
        }
        request.adapters = {};
        QCOMPARE(said(generator, request), base);
        request.prompt = "another prompt";
        QCOMPARE(said(generator, request), said(Generator(), request));
        QCOMPARE(generator.bases_read(), int64_t{1});
        QCOMPARE(generator.adapters_read(), int64_t{2});
    }

    void onlyTheLastAdaptersAreKept() {
        Generator generator;
        GenerateRequest request = asking("animal 3 :");
        request.adapters = {adapter("one"), adapter("two"), adapter("three"), adapter("four"), adapter("one"), adapter("five")};
        QVERIFY(generator.generate(request).ok());
        QCOMPARE(generator.adapters_read(), int64_t{5});
        request.adapters = {adapter("one")};
        QVERIFY(generator.generate(request).ok());
        QCOMPARE(generator.adapters_read(), int64_t{5});
        request.adapters = {adapter("two")};  // the one that was not wanted for longest
        QVERIFY(generator.generate(request).ok());
        QCOMPARE(generator.adapters_read(), int64_t{6});
    }

    void otherPrecisionOrChangedFilesAreReadAgain() {
        Generator generator;
        GenerateRequest request = asking("animal 3 :");
        request.adapters = {adapter("one")};
        const auto before = said(generator, request);
        request.precision = Precision::bf16;
        QVERIFY(generator.generate(request).ok());
        QCOMPARE(generator.bases_read(), int64_t{2});
        request.precision = Precision::f32;
        QCOMPARE(said(generator, request), before);
        const int64_t read = generator.adapters_read();
        write_adapter("one", 9);
        std::filesystem::last_write_time(adapter("one") / "adapter_config.json",
                                         std::filesystem::file_time_type::clock::now() + std::chrono::seconds(2));
        QVERIFY(said(generator, request) != before);
        QCOMPARE(generator.adapters_read(), read + 1);
        generator.forget();
        QVERIFY(generator.generate(request).ok());
        QCOMPARE(generator.bases_read(), int64_t{4});
    }

    void aBadRequestLeavesItUsable() {
        Generator generator;
        GenerateRequest request = asking("animal 3 :");
        request.max_new_tokens = 100000;
        QVERIFY(!generator.generate(request).ok());
        QCOMPARE(generator.bases_read(), int64_t{0});  // a prompt that does not fit costs no reading
        request.max_new_tokens = 4;
        request.adapters = {folder_.filePath("none").toStdString()};
        QVERIFY(!generator.generate(request).ok());
        request.adapters = {};
        QVERIFY(generator.generate(request).ok());
        request.model = folder_.filePath("none").toStdString();
        QVERIFY(!generator.generate(request).ok());
    }

  private:
    std::filesystem::path adapter(const char* name) const { return folder_.filePath(name).toStdString(); }

    void write_adapter(const char* name, uint64_t seed = 0) const {
        const at::NoGradGuard no_grad;
        const auto model = support::micro_model("micro-gpt2");
        const Decoder decoder = load_decoder(model, Precision::f32, c10::kCPU);
        LoraConfig config;
        config.rank = 4;
        config.alpha = 32;
        config.targets = parse_targets("q,v,o");
        AdapterSet adapters = new_adapters(decoder.architecture(), config, 1, c10::kCPU);
        seed += static_cast<uint64_t>(name[0] + 10 * name[1]);
        for (AdapterSite& site : adapters.sites()) {
            site.B.copy_(at::sin(at::arange(site.B.numel(), at::kFloat) * (0.1 + 0.01 * static_cast<double>(seed % 97))).view(site.B.sizes()));
        }
        save_peft(adapter(name), decoder.architecture(), adapters, {model.string()});
    }

    GenerateRequest asking(const char* prompt) const {
        GenerateRequest request;
        request.model = support::micro_model("micro-gpt2");
        request.prompt = prompt;
        request.max_new_tokens = 12;
        request.stop_at_eos = false;
        request.device = support::test_device();
        return request;
    }

    static std::vector<int32_t> said(Generator& generator, const GenerateRequest& request) {
        auto outputs = generator.generate(request);
        return outputs.ok() ? outputs.value().front().ids : std::vector<int32_t>{};
    }
    static std::vector<int32_t> said(Generator&& generator, const GenerateRequest& request) { return said(generator, request); }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TstGenerator)
#include "tst_generator.moc"
