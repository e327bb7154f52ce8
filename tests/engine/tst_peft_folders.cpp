// PEFT folders as other programs write them: names of keys, rules of choice, places outside the layers.
#include <QtTest>
#include <nlohmann/json.hpp>

#include "engine/adapter_info.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "support/fixtures.h"
#include "support/probes.h"

using namespace engine;
using support::largest;
using support::logits;
using support::probe;

namespace {

at::Tensor wave(const std::vector<int64_t>& shape, double step) {
    return (at::sin(at::arange(int64_t{c10::multiply_integers(shape)}, at::kFloat) * step) * 0.2).view(shape);
}

// Every value moved away from where training starts, differently for each tensor.
void stir(AdapterSet& adapters) {
    at::NoGradGuard no_grad;
    double step = 0.5;
    for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
        *parameter.tensor = *parameter.tensor + wave(parameter.tensor->sizes().vec(), step += 0.1);
    }
}

AdapterSite outer_site(int64_t in, int64_t out, double step) {
    AdapterSite site;
    site.rows = out;
    site.alpha = 6;
    site.scaling = 2;
    site.A = wave({3, in}, step);
    site.B = wave({out, 3}, 2 * step);
    return site;
}

}  // namespace

class TstPeftFolders : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void embeddingAndHeadCarryAdapters_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<bool>("dora");
        QTest::newRow("llama") << "micro-llama" << false;
        QTest::newRow("llama dora") << "micro-llama" << true;
        QTest::newRow("gpt2, tied") << "micro-gpt2" << false;
        QTest::newRow("gpt2 dora, tied") << "micro-gpt2" << true;
    }
    void embeddingAndHeadCarryAdapters() {
        QFETCH(QString, model);
        QFETCH(bool, dora);
        const auto folder = support::micro_model(model.toStdString());
        const Decoder decoder = load_decoder(folder, Precision::f32, c10::kCPU);
        const Architecture& a = decoder.architecture();
        LoraConfig lora;
        lora.rank = 3;
        lora.alpha = 6;
        lora.use_dora = dora;
        lora.targets = parse_targets("q", "1");
        AdapterSet adapters = new_adapters(decoder, lora, 3);
        adapters.embedding = outer_site(a.vocab_size, a.hidden_size, 0.3);
        adapters.head = outer_site(a.hidden_size, a.vocab_size, 0.4);
        if (dora) {
            adapters.embedding->magnitude = row_norms(decoder.weights().embedding.t()) * 1.1;
            adapters.head->magnitude = row_norms(decoder.weights().head) * 0.9;
        }
        // The same by hand: both tables changed, the rest as it is.
        at::NoGradGuard no_grad;
        Decoder changed = decoder;
        const auto table = [&](const AdapterSite& site, const at::Tensor& weight) {
            const at::Tensor sum = weight + 2 * at::mm(site.B, site.A);
            return dora ? sum * (site.magnitude / sum.norm(2, 1)).unsqueeze(1) : sum;
        };
        changed.weights().embedding = table(*adapters.embedding, decoder.weights().embedding.t()).t();
        changed.weights().head = table(*adapters.head, decoder.weights().head);
        AdapterSet inner = adapters;
        inner.embedding.reset();
        inner.head.reset();
        const at::Tensor expected = logits(changed, inner);
        QVERIFY(largest(expected, logits(decoder, adapters)) < 1e-4);

        const auto saved = path("adapter");
        save_peft(saved, a, adapters, {});
        const auto config = nlohmann::json::parse(support::read_file(saved / "adapter_config.json"));
        QVERIFY(config["layers_to_transform"] == nlohmann::json::array({1}));
        QVERIFY(largest(expected, logits(decoder, load_peft(saved, a, c10::kCPU))) < 1e-4);
        ExportRequest request;
        request.model = folder;
        request.adapter = saved;
        request.out = path("merged");
        const auto report = export_adapter(request);
        QVERIFY2(report.ok() && report->self_test.passed, report.ok() ? report->self_test.verdict.c_str() : report.error().message.c_str());
        const Decoder merged = load_decoder(request.out, Precision::f32, c10::kCPU);
        QVERIFY(!merged.architecture().tied_embeddings);
        QVERIFY(largest(expected, merged.logits(merged.forward(probe()))) < 1e-4);
    }

    // PEFT lays a copy of the table beside its adapter.
    void aCopyOfTheTableIsTaken() {
        const Decoder decoder = load_decoder(support::micro_model("micro-llama"), Precision::f32, c10::kCPU);
        const Architecture& a = decoder.architecture();
        LoraConfig lora;
        lora.targets = parse_targets("q");
        AdapterSet adapters = new_adapters(decoder, lora, 3);
        adapters.embedding = outer_site(a.vocab_size, a.hidden_size, 0.3);
        adapters.embedding->alpha = adapters.sites().front().alpha;
        const auto saved = path("adapter");
        save_peft(saved, a, adapters, {});
        const auto key = std::string("base_model.model.") + a.embedding + ".base_layer.weight";
        const auto write = [&](const at::Tensor& table) {
            NamedTensors named;
            for (const PeftTensor& tensor : peft_tensors(a, adapters)) named.emplace_back(tensor.key, tensor.tensor);
            named.emplace_back(key, table);
            save_tensors(saved / "adapter_model.safetensors", named);
        };
        write(decoder.weights().embedding * 2);
        AdapterSet read = load_peft(saved, a, c10::kCPU);
        QCOMPARE(read.replaced.size(), std::size_t{1});
        QVERIFY(at::equal(read.replaced.front().value, decoder.weights().embedding * 2));
        write(at::zeros({a.vocab_size + 8, a.hidden_size}));  // a vocabulary that grew
        QVERIFY_EXCEPTION_THROWN(load_peft(saved, a, c10::kCPU), Failure);
    }

    void otherWaysToWriteKeysAreRead() {
        const Decoder decoder = load_decoder(support::micro_model("micro-llama"), Precision::f32, c10::kCPU);
        LoraConfig lora;
        lora.use_dora = true;
        lora.targets = parse_targets("q,v");
        lora.modules_to_save = {"lm_head"};
        AdapterSet adapters = new_adapters(decoder, lora, 3);
        stir(adapters);
        NamedTensors named;
        for (const PeftTensor& tensor : peft_tensors(decoder.architecture(), adapters)) {
            std::string key = tensor.key;
            const auto insert = [&](const std::string& before, const std::string& what) {
                const auto at = key.rfind(before);
                if (at != std::string::npos) key.insert(at, what);
            };
            if (key.find("lora_A") != std::string::npos || key.find("lora_B") != std::string::npos) insert(".weight", ".default");
            if (key.ends_with("lora_magnitude_vector")) key += ".default.weight";
            if (key.ends_with("lm_head.weight")) insert(".weight", ".modules_to_save.default");
            named.emplace_back(key, tensor.tensor);
        }
        PeftMetadata metadata;
        metadata.modules_to_save = lora.modules_to_save;
        const auto saved = path("adapter");
        save_peft(saved, decoder.architecture(), adapters, metadata);
        save_tensors(saved / "adapter_model.safetensors", named);
        QVERIFY(largest(logits(decoder, adapters), logits(decoder, load_peft(saved, decoder.architecture(), c10::kCPU))) == 0);
        named.emplace_back("base_model.model.lm_head.weight", named.back().second);  // the same place twice
        save_tensors(saved / "adapter_model.safetensors", named);
        QVERIFY_EXCEPTION_THROWN(load_peft(saved, decoder.architecture(), c10::kCPU), Failure);
        std::filesystem::rename(saved / "adapter_model.safetensors", saved / "adapter_model.bin");
        const auto info = inspect_adapter(saved);
        QVERIFY(!info.ok() && info.error().message.find("adapter_model.bin") != std::string::npos);
    }

    void configurationsSelectAsPeftDoes_data() {
        QTest::addColumn<QString>("change");
        QTest::addColumn<int>("sites");
        QTest::newRow("all-linear") << R"({"target_modules": "all-linear"})" << 14;
        QTest::newRow("expression") << R"({"target_modules": "model\\.layers\\.\\d+\\.self_attn\\.(q|v)_proj"})" << 4;
        QTest::newRow("long expression")
            << R"re({"target_modules": "(?:.*?(?:language|text).*?(?:self_attn|mlp).*?(?:q_proj|k_proj).*?)|(?:\\bmodel\\.layers\\.[\\d]{1,}\\.(?:self_attn|mlp)\\.(?:(?:q_proj|up_proj)))"})re" << 4;
        QTest::newRow("expression of a part") << R"({"target_modules": "self_attn.q_proj"})" << 0;
        QTest::newRow("excluded list") << R"({"target_modules": "all-linear", "exclude_modules": ["down_proj", "mlp.up_proj"]})" << 10;
        QTest::newRow("excluded expression") << R"({"target_modules": "all-linear", "exclude_modules": ".*\\.1\\..*"})" << 7;
        QTest::newRow("one layer") << R"({"target_modules": ["q_proj", "v_proj"], "layers_to_transform": 1})" << 2;
        QTest::newRow("container") << R"({"target_modules": ["q_proj"], "layers_to_transform": [0, 1], "layers_pattern": "layers"})" << 2;
        QTest::newRow("other container") << R"({"target_modules": ["q_proj"], "layers_to_transform": [0], "layers_pattern": ["h"]})" << 0;
        QTest::newRow("full name beats layers")
            << R"({"target_modules": ["model.layers.0.self_attn.q_proj"], "layers_to_transform": [1]})" << 1;
        QTest::newRow("expression beats layers")
            << R"({"target_modules": ".*q_proj", "layers_to_transform": [1]})" << 2;
    }
    void configurationsSelectAsPeftDoes() {
        QFETCH(QString, change);
        QFETCH(int, sites);
        const Decoder decoder = load_decoder(support::micro_model("micro-llama"), Precision::f32, c10::kCPU);
        LoraConfig lora;
        lora.targets = parse_targets("q,k,v,o,gate,up,down");
        const AdapterSet adapters = new_adapters(decoder, lora, 3);
        const auto saved = path("adapter");
        save_peft(saved, decoder.architecture(), adapters, {});
        auto config = nlohmann::json::parse(support::read_file(saved / "adapter_config.json"));
        config.update(nlohmann::json::parse(change.toStdString()));
        std::ofstream(saved / "adapter_config.json") << config.dump();
        // Only what the changed configuration selects may be in the file: which that is, the refusal says.
        int selected = 0;
        NamedTensors kept;
        for (const PeftTensor& tensor : peft_tensors(decoder.architecture(), adapters)) {
            save_tensors(saved / "adapter_model.safetensors", {{tensor.key, tensor.tensor}});
            try {
                load_peft(saved, decoder.architecture(), c10::kCPU);
                QFAIL("half an adapter was accepted");
            } catch (const Failure& failure) {
                if (failure.error().message.find("no place") != std::string::npos) continue;
            }
            ++selected;
            kept.emplace_back(tensor.key, tensor.tensor);
        }
        QCOMPARE(selected, 2 * sites);
        if (sites == 0) return;
        save_tensors(saved / "adapter_model.safetensors", kept);
        QCOMPARE(load_peft(saved, decoder.architecture(), c10::kCPU).sites().size(), static_cast<std::size_t>(sites));
    }

    void theFirstPatternOfTheFileWins() {
        const Decoder decoder = load_decoder(support::micro_model("micro-llama"), Precision::f32, c10::kCPU);
        LoraConfig lora;
        lora.rank = 4;
        lora.targets = parse_targets("q");
        AdapterSet adapters = new_adapters(decoder, lora, 3);
        const auto saved = path("adapter");
        save_peft(saved, decoder.architecture(), adapters, {});
        std::string text = support::read_file(saved / "adapter_config.json");
        const std::string empty = "\"alpha_pattern\": {}";
        QVERIFY(text.find(empty) != std::string::npos);
        // In the order of the alphabet the second would come first.
        text.replace(text.find(empty), empty.size(), R"("alpha_pattern": {"self_attn.*": 4, "q_proj": 8})");
        std::ofstream(saved / "adapter_config.json") << text;
        QCOMPARE(load_peft(saved, decoder.architecture(), c10::kCPU).sites().front().scaling, 1.0);
    }

  private:
    std::filesystem::path path(const char* name) const { return folder_->filePath(name).toStdString(); }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TstPeftFolders)
#include "tst_peft_folders.moc"
