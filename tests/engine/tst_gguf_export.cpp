// GGUF files of merged models and of adapters, read back value by value against what they should hold.
#include <nlohmann/json.hpp>
#include <QtTest>

#include "architecture/classifier.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "gguf/gguf_reader.h"
#include "gguf/layout.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "support/fixtures.h"
#include "support/small_classifier.h"

using namespace engine;

namespace {

at::Tensor read(const GgufFile& file, const std::string& name) {
    const GgufTensor* tensor = file.find(name);
    if (!tensor) qFatal("%s is not in the file", name.c_str());
    const at::Tensor values = at::empty(tensor->shape, at::kFloat);
    file.read(*tensor, 0, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
    return values;
}

double largest(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

// What the adapters add to a projection; undefined when it has no site.
at::Tensor delta(const AdapterSet& adapters, int64_t layer, int projection, at::IntArrayRef shape) {
    for (const AdapterSite& site : adapters.sites())
        if (site.layer == layer && site.projection == projection)
            return adapters.merged(layer, projection, at::zeros(shape, at::kFloat));
    return {};
}

// Rows of each head: (half 0, half 1) -> interleaved, as a reshape.
at::Tensor interleaved(const at::Tensor& rows, int64_t heads) {
    return rows.view({heads, 2, rows.size(0) / heads / 2, rows.size(1)}).transpose(1, 2).reshape(rows.sizes());
}

}  // namespace

class TstGgufExport : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void mergedLlama() {
        const Made made = make("micro-llama", "q,k,v,o,gate,up,down", false);
        const ExportReport report = exported(made, ExportFormat::gguf, StoredDtype::f32, "model.gguf");
        QVERIFY2(report.self_test.passed, report.self_test.verdict.c_str());
        QCOMPARE(report.self_test.max_abs_diff, 0.0);
        QCOMPARE(report.report.filename().string(), std::string("model.export_report.json"));
        QVERIFY(std::filesystem::exists(report.report));
        const GgufFile file = GgufFile::open(report.path);
        const Checkpoint base = Checkpoint::open(made.model);
        const auto merged = [&](int projection, const char* name) {
            const auto found = base.require(name);
            const at::Tensor weight = map_tensor(*found.file, *found.entry);
            return weight + delta(made.adapters, 0, projection, weight.sizes());
        };
        QVERIFY(largest(read(file, "blk.0.attn_q.weight"),
                        interleaved(merged(0, "model.layers.0.self_attn.q_proj.weight"), 4)) < 1e-6);
        QVERIFY(largest(read(file, "blk.0.attn_k.weight"),
                        interleaved(merged(1, "model.layers.0.self_attn.k_proj.weight"), 2)) < 1e-6);
        QVERIFY(largest(read(file, "blk.0.attn_v.weight"), merged(2, "model.layers.0.self_attn.v_proj.weight")) < 1e-6);
        QCOMPARE(*file.header().find("general.name")->as<std::string>(), std::string("adapter"));
    }

    void mergedGpt2IsTransposed() {
        const Made made = make("micro-gpt2", "q,v,down", true);
        const ExportReport report = exported(made, ExportFormat::gguf, StoredDtype::f32, "out");
        QVERIFY2(report.self_test.passed, report.self_test.verdict.c_str());
        QCOMPARE(report.files, (std::vector<std::string>{"export_report.json", "model.gguf"}));
        const GgufFile file = GgufFile::open(report.path / "model.gguf");
        const Checkpoint base = Checkpoint::open(made.model);
        const auto found = base.require("transformer.h.1.attn.c_attn.weight");
        const at::Tensor expected = map_tensor(*found.file, *found.entry).t() + delta(made.adapters, 1, 0, {96, 32});
        QVERIFY(largest(read(file, "blk.1.attn_qkv.weight"), expected) < 1e-6);
        QVERIFY(file.find("blk.0.ffn_up.bias")->type == GgufType::f32);
    }

    void storedTypesRoundWithinTheirStep_data() {
        QTest::addColumn<int>("dtype");
        QTest::addColumn<int>("type");
        QTest::newRow("f16") << static_cast<int>(StoredDtype::f16) << static_cast<int>(GgufType::f16);
        QTest::newRow("bf16") << static_cast<int>(StoredDtype::bf16) << static_cast<int>(GgufType::bf16);
        QTest::newRow("q8_0") << static_cast<int>(StoredDtype::q8_0) << static_cast<int>(GgufType::q8_0);
    }
    void storedTypesRoundWithinTheirStep() {
        QFETCH(int, dtype);
        QFETCH(int, type);
        const Made made = make("micro-llama", "q,v", false);
        const ExportReport report = exported(made, ExportFormat::gguf, static_cast<StoredDtype>(dtype), "m.gguf");
        QVERIFY2(report.self_test.passed, report.self_test.verdict.c_str());
        QVERIFY(report.self_test.max_abs_diff > 0);
        const GgufFile file = GgufFile::open(report.path);
        QCOMPARE(static_cast<int>(file.find("blk.0.attn_q.weight")->type), type);
        QVERIFY(file.find("output_norm.weight")->type == GgufType::f32);
        // 48 columns do not fill blocks of 32.
        QVERIFY(file.find("blk.0.ffn_down.weight")->type ==
                (static_cast<GgufType>(type) == GgufType::q8_0 ? GgufType::f16 : static_cast<GgufType>(type)));
    }

    void adaptersKeepTheirChange_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("kinds");
        QTest::addColumn<bool>("rslora");
        QTest::newRow("llama") << "micro-llama" << "q,v" << false;
        QTest::newRow("llama rslora") << "micro-llama" << "q,k,down" << true;
        QTest::newRow("gpt2 slices") << "micro-gpt2" << "q,v,up" << true;
    }
    void adaptersKeepTheirChange() {
        QFETCH(QString, model);
        QFETCH(QString, kinds);
        QFETCH(bool, rslora);
        const Made made = make(model.toStdString(), kinds.toStdString(), rslora);
        const ExportReport report = exported(made, ExportFormat::gguf_adapter, StoredDtype::as_base, "a.gguf");
        QVERIFY2(report.self_test.passed, report.self_test.verdict.c_str());
        const GgufFile file = GgufFile::open(report.path);
        QCOMPARE(*file.header().find("general.type")->as<std::string>(), std::string("adapter"));
        const double alpha = *file.header().find("adapter.lora.alpha")->as<float>();
        const auto projections = made.decoder.architecture().projections();
        for (int64_t layer = 0; layer < 2; ++layer) {
            for (std::size_t p = 0; p < projections.size(); ++p) {
                const at::Tensor change = delta(made.adapters, layer, static_cast<int>(p),
                                                {projections[p]->out_features, projections[p]->in_features});
                const std::string name = gguf_module(made.decoder.architecture(), layer, *projections[p]) + ".weight";
                QCOMPARE(file.find(name + ".lora_a") != nullptr, change.defined());
                if (!change.defined()) continue;
                const at::Tensor a = read(file, name + ".lora_a"), b = read(file, name + ".lora_b");
                const auto order = gguf_row_order(made.decoder.architecture(), *projections[p]);
                const at::Tensor expected = order.empty() ? change : change.index_select(0, at::tensor(order, at::kLong));
                QVERIFY(largest(at::mm(b, a) * (alpha / static_cast<double>(a.size(0))), expected) < 1e-5);
            }
        }
    }

    void nothingIsOverwrittenOrLeftBehind() {
        const Made made = make("micro-llama", "q", false);
        const auto file = path("kept.gguf");
        std::ofstream(file) << "mine";
        ExportRequest request = asked(made, ExportFormat::gguf, StoredDtype::f32, "kept.gguf");
        QVERIFY(!export_adapter(request).ok());
        QCOMPARE(support::read_file(file), std::string("mine"));
        request.out = path("new.gguf");
        std::stop_source stop;
        const auto cancelled = export_adapter(
            request, [&](double fraction, const std::string&) { if (fraction > 0.3) stop.request_stop(); }, stop.get_token());
        QVERIFY(!cancelled.ok() && cancelled.error().code == ErrorCode::interrupted);
        for (const auto& entry : std::filesystem::directory_iterator(path("")))
            QVERIFY2(entry.path().filename().string().find("new") == std::string::npos, entry.path().c_str());
    }

    void anotherReportIsKept() {
        const Made made = make("micro-llama", "q", false);
        std::ofstream(path("m.export_report.json")) << "mine";
        const auto report = export_adapter(asked(made, ExportFormat::gguf, StoredDtype::f32, "m.gguf"));
        QVERIFY(!report.ok() && report.error().code == ErrorCode::bad_input);
        QCOMPARE(support::read_file(path("m.export_report.json")), std::string("mine"));
        QVERIFY(!std::filesystem::exists(path("m.gguf")));
    }

    void whatIsKeptIsNotCancelled_data() {
        QTest::addColumn<int>("format");
        for (const auto format : {ExportFormat::peft, ExportFormat::hf, ExportFormat::gguf, ExportFormat::gguf_adapter})
            QTest::newRow(name_of(format)) << static_cast<int>(format);
    }
    void whatIsKeptIsNotCancelled() {
        QFETCH(int, format);
        const Made made = make("micro-llama", "q", false);
        const auto stopped_at = [&](const char* phase, const char* out) {
            std::stop_source stop;
            return export_adapter(
                asked(made, static_cast<ExportFormat>(format), StoredDtype::as_base, out),
                [&](double, const std::string& what) { if (what.starts_with(phase)) stop.request_stop(); }, stop.get_token());
        };
        QVERIFY(!stopped_at("Writing", "written").ok() && !std::filesystem::exists(path("written")));
        QVERIFY(!stopped_at("Comparing", "compared").ok() && !std::filesystem::exists(path("compared")));
        QVERIFY(stopped_at("Done", "done").ok() && std::filesystem::exists(path("done")));
    }

    // The base has no head; the one that was trained is among the tensors of the adapter.
    void mergedClassifierHasItsHead() {
        const auto model = path("bert");
        support::writeSmallEncoder(QString::fromStdString(model.string()));
        const Architecture plain = read_architecture(model);
        Decoder decoder = load_decoder(model, with_classifier(plain, Classifier{3, {"a", "b", "c"}}), Precision::f32, c10::kCPU, Precision::f32, 7);
        LoraConfig config;
        config.targets = parse_targets("q,v", "");
        AdapterSet adapters = new_adapters(decoder, config, 5);
        for (AdapterSite& site : adapters.sites()) site.B = at::sin(at::arange(site.B.numel(), at::kFloat)).view(site.B.sizes()) * 0.3;
        const auto heads = named_weights(decoder);
        for (const char* name : {"bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"})
            for (const auto& [stored, tensor] : heads)
                if (stored == name) adapters.replaced.push_back({name, tensor.clone()});
        QCOMPARE(adapters.replaced.size(), std::size_t{4});
        PeftMetadata metadata;
        metadata.base_model = "base";
        metadata.modules_to_save = {"classifier", "pooler"};
        const auto saved = path("adapter");
        save_peft(saved, decoder.architecture(), adapters, metadata);
        write_classifier(*decoder.architecture().classifier, saved);
        const Made made{model, std::move(decoder), std::move(adapters), saved};
        for (const auto dtype : {StoredDtype::f32, StoredDtype::q8_0}) {
            const ExportReport report = exported(made, ExportFormat::gguf, dtype, (std::string(name_of(dtype)) + ".gguf").c_str());
            QVERIFY2(report.self_test.passed, report.self_test.verdict.c_str());
            QCOMPARE(report.self_test.matched, int64_t{5 + 2 * 16 + 4});
            const GgufFile file = GgufFile::open(report.path);
            for (const auto& replaced : made.adapters.replaced) {
                const std::string name = std::string(replaced.name.starts_with("classifier") ? "cls.output" : "cls") +
                                         replaced.name.substr(replaced.name.rfind('.'));
                QCOMPARE(largest(read(file, name), replaced.value), 0.0);
            }
            QCOMPARE(file.header().find("bert.classifier.output_labels")->as<GgufArray>()->items.size(), std::size_t{3});
        }
        // Its pairs alone would lose the head.
        QVERIFY(!export_adapter(asked(made, ExportFormat::gguf_adapter, StoredDtype::as_base, "adapter.gguf")).ok());
    }

    void whatCannotBeIsRefused() {
        const Made made = make("micro-llama", "q", false);
        const auto refused = [&](ExportFormat format, StoredDtype dtype) {
            const auto report = export_adapter(asked(made, format, dtype, "x.gguf"));
            return !report.ok() && report.error().code == ErrorCode::bad_input;
        };
        QVERIFY(refused(ExportFormat::hf, StoredDtype::q8_0));
        QVERIFY(refused(ExportFormat::gguf_adapter, StoredDtype::f16));
        const auto model = path("no-tokenizer");
        std::filesystem::create_directories(model);
        for (const char* name : {"config.json", "model.safetensors"}) std::filesystem::copy(made.model / name, model / name);
        ExportRequest request = asked(made, ExportFormat::gguf, StoredDtype::f32, "y.gguf");
        request.model = model;
        const auto report = export_adapter(request);
        QVERIFY(!report.ok() && QString::fromStdString(report.error().message).contains("tokenizer"));
    }

    void sizesAreForeseen() {
        const Made made = make("micro-llama", "q", false);
        for (const auto dtype : {StoredDtype::f32, StoredDtype::f16, StoredDtype::q8_0}) {
            const std::string name = std::string(name_of(dtype)) + ".gguf";
            const auto foreseen = predicted_export_bytes(asked(made, ExportFormat::gguf, dtype, name.c_str()));
            const ExportReport report = exported(made, ExportFormat::gguf, dtype, name.c_str());
            QVERIFY(foreseen.ok() && *foreseen < report.bytes);  // tokenizer, padding
            std::uint64_t data = 0;
            const GgufFile written = GgufFile::open(report.path);
            for (const GgufTensor& tensor : written.header().tensors) data += tensor.byte_size();
            QCOMPARE(*foreseen, static_cast<int64_t>(data));
        }
    }

  private:
    struct Made {
        std::filesystem::path model;
        Decoder decoder;
        AdapterSet adapters;
        std::filesystem::path saved;
    };

    std::filesystem::path path(const char* name) const { return folder_->filePath(name).toStdString(); }

    ExportRequest asked(const Made& made, ExportFormat format, StoredDtype dtype, const char* out) const {
        ExportRequest request;
        request.model = made.model;
        request.adapter = made.saved;
        request.format = format;
        request.dtype = dtype;
        request.out = path(out);
        return request;
    }

    ExportReport exported(const Made& made, ExportFormat format, StoredDtype dtype, const char* out) const {
        const auto report = export_adapter(asked(made, format, dtype, out));
        if (!report) qFatal("%s", report.error().message.c_str());
        return *report;
    }

    Made make(const std::string& model, const std::string& kinds, bool rslora) const {
        Decoder decoder = load_decoder(support::micro_model(model), Precision::f32, c10::kCPU);
        LoraConfig config;
        config.rank = 3;
        config.alpha = 6;
        config.use_rslora = rslora;
        config.targets = parse_targets(kinds, "");
        AdapterSet adapters = new_adapters(decoder, config, 5);
        for (AdapterSite& site : adapters.sites())
            site.B = at::sin(at::arange(site.B.numel(), at::kFloat)).view(site.B.sizes()) * 0.3;
        const auto saved = path("adapter");
        PeftMetadata metadata;
        metadata.base_model = "base";
        metadata.use_rslora = rslora;
        save_peft(saved, decoder.architecture(), adapters, metadata);
        return {support::micro_model(model), std::move(decoder), std::move(adapters), saved};
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TstGgufExport)
#include "tst_gguf_export.moc"
