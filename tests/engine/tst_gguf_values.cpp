// The tool behind tests/gguf/run: the values of a rounded GGUF file as a folder and as a file in F32 are those of the file.
#include <QtTest>

#include "engine/export.h"
#include "engine/runtime.h"
#include "gguf/gguf_reader.h"
#include "io/safetensors_writer.h"
#include "support/fixtures.h"
#include "support/gguf_values.h"

using namespace engine;
using support::values_of;

namespace {

using Values = std::vector<float>;

std::string config_of(const std::string& module, int alpha, bool conv1d) {
    return "{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": " + std::to_string(alpha) +
           ", \"layers_to_transform\": [0], \"fan_in_fan_out\": " + (conv1d ? "true" : "false") +
           ", \"target_modules\": [\"" + module + "\"]}";
}

}  // namespace

class TstGgufValues : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void areThoseOfTheFile_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("module");
        QTest::addColumn<int>("dtype");
        for (const auto dtype : {StoredDtype::f16, StoredDtype::bf16, StoredDtype::q8_0}) {
            const std::string name = name_of(dtype);
            QTest::newRow(("llama " + name).c_str()) << "micro-llama" << "self_attn.q_proj" << static_cast<int>(dtype);
            QTest::newRow(("gpt2 " + name).c_str()) << "micro-gpt2" << "mlp.c_fc" << static_cast<int>(dtype);
        }
    }
    // There and back: the folder, written as a GGUF file in F32, holds what the rounded file holds, to the last bit.
    void areThoseOfTheFile() {
        QFETCH(QString, model);
        QFETCH(QString, module);
        QFETCH(int, dtype);
        const auto base = support::micro_model(model.toStdString());
        const auto merged = exported(base, module, 2, ExportFormat::hf, StoredDtype::f32, "merged");
        const auto rounded = exported(base, module, 2, ExportFormat::gguf, static_cast<StoredDtype>(dtype), "rounded.gguf");
        support::write_values_folder(merged, rounded, path("values"));
        support::write_values_file(rounded, path("values.gguf"));
        const auto again = exported(path("values"), module, 0, ExportFormat::gguf, StoredDtype::f32, "again.gguf");
        const auto exact = exported(base, module, 2, ExportFormat::gguf, StoredDtype::f32, "exact.gguf");

        const GgufFile file = GgufFile::open(rounded), as_f32 = GgufFile::open(path("values.gguf")),
                       from_folder = GgufFile::open(again), unrounded = GgufFile::open(exact);
        QCOMPARE(*as_f32.header().find("general.file_type")->as<std::uint32_t>(), std::uint32_t{0});
        int changed = 0;
        for (const GgufTensor& tensor : file.header().tensors) {
            const Values expected = values_of(file, tensor);
            for (const GgufFile* other : {&as_f32, &from_folder}) {
                const GgufTensor* found = other->find(tensor.name);
                QVERIFY2(found && found->type == GgufType::f32, tensor.name.c_str());
                QVERIFY2(values_of(*other, *found) == expected, tensor.name.c_str());
            }
            if (values_of(unrounded, *unrounded.find(tensor.name)) != expected) ++changed;
        }
        QVERIFY(changed > 0);
    }

    void aFileOfAnotherModelIsRefused() {
        const auto merged = exported(support::micro_model("micro-llama"), "self_attn.q_proj", 2, ExportFormat::hf,
                                     StoredDtype::f32, "merged");
        const auto other = exported(support::micro_model("micro-gpt2"), "mlp.c_fc", 2, ExportFormat::gguf,
                                    StoredDtype::q8_0, "other.gguf");
        QVERIFY_EXCEPTION_THROWN(support::write_values_folder(merged, other, path("values")), Failure);
        QVERIFY(!std::filesystem::exists(path("values")));
    }

  private:
    std::filesystem::path path(const std::string& name) const {
        return folder_->filePath(QString::fromStdString(name)).toStdString();
    }

    // One pair of rank 1 on layer 0. With alpha 0 it changes nothing.
    std::filesystem::path adapter(const std::filesystem::path& model, const QString& module, int alpha) const {
        const auto folder = path("adapter");
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        const bool gpt2 = module.startsWith("mlp.c");
        std::ofstream(folder / "adapter_config.json") << config_of(module.section('.', -1).toStdString(), alpha, gpt2);
        const std::string name = std::string("base_model.model.") + (gpt2 ? "transformer.h.0." : "model.layers.0.") +
                                 module.toStdString() + ".lora_";
        const std::int64_t in = 32, out = gpt2 ? gpt2_width(model) : 32;
        Values a(static_cast<std::size_t>(in), 0.25f), b(static_cast<std::size_t>(out), -0.5f);
        write_safetensors(folder / "adapter_model.safetensors", {},
                          {{{name + "A.weight", Dtype::f32, {1, in}}, std::as_bytes(std::span(a))},
                           {{name + "B.weight", Dtype::f32, {out, 1}}, std::as_bytes(std::span(b))}});
        return folder;
    }

    static std::int64_t gpt2_width(const std::filesystem::path& model) {
        return SafetensorsHeader::read(model / "model.safetensors").find("transformer.h.0.mlp.c_fc.weight")->shape[1];
    }

    std::filesystem::path exported(const std::filesystem::path& model, const QString& module, int alpha,
                                   ExportFormat format, StoredDtype dtype, const std::string& out) const {
        ExportRequest request;
        request.model = model;
        request.adapter = adapter(model, module, alpha);
        request.format = format;
        request.dtype = dtype;
        request.out = path(out);
        const auto report = export_adapter(request);
        if (!report) qFatal("%s", report.error().message.c_str());
        if (!report->self_test.passed) qFatal("%s", report->self_test.verdict.c_str());
        return report->path;
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TstGgufValues)
#include "tst_gguf_values.moc"
