// Classifiers of the reference folder, encoders and a decoder, through the engine's own loader, against the numbers of other
// implementations within the tolerances that came with them.
#include <QTemporaryDir>
#include <nlohmann/json.hpp>

#include <fstream>

#include "engine/compute.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "io/safetensors.h"
#include "lora/attach.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "support/difference_table.h"
#include "support/golden.h"
#include "train/adamw.h"
#include "train/classification_loss.h"

using namespace engine;

namespace {

constexpr double logits_tolerance = 1e-4;
constexpr double loss_tolerance = 2e-5;
constexpr double trained_tolerance = 5e-5;

const char* const cases[] = {"bert_regression", "roberta_cls", "deberta_v2_cls", "llama_cls"};

support::DifferenceTable differences;

struct Golden {
    explicit Golden(const std::filesystem::path& path) : file(SafetensorsFile::open(path)) {}
    at::Tensor operator[](const std::string& name) const {
        const TensorEntry* entry = file.find(name);
        return entry ? map_tensor(file, *entry).clone() : at::Tensor();
    }
    SafetensorsFile file;
};

void compare_near(const at::Tensor& mine, const at::Tensor& theirs, double tolerance, const std::string& label,
                  const std::string& check) {
    const std::string what = label + " " + check;
    QVERIFY2(mine.defined() && mine.sizes() == theirs.sizes(), (what + ": absent or of another shape").c_str());
    const double largest = (mine - theirs).abs().max().item<double>();
    QVERIFY2(largest <= tolerance,
             (what + ": largest difference " + std::to_string(largest) + ", allowed " + std::to_string(tolerance)).c_str());
    differences.note(label, check, largest, tolerance);
}

ForwardOptions options_for(const Golden& inputs, const AdapterSet* adapters) {
    ForwardOptions options;
    options.adapters = adapters;
    options.key_mask = inputs["attention_mask"].ne(0);
    return options;
}

at::Tensor mean_loss(const Decoder& model, const AdapterSet* adapters, const Golden& inputs) {
    const at::Tensor hidden = model.forward(inputs["input_ids"], options_for(inputs, adapters));
    const at::Tensor logits = model.classify(hidden, inputs["attention_mask"].ne(0)), labels = inputs["labels"];
    return classification_loss(*model.architecture().classifier, logits, labels) / static_cast<double>(labels.size(0));
}

}  // namespace

class TstGoldenClassification : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        LWB_NEEDS_GOLDEN();
        initialize_runtime();
    }

    void cleanupTestCase() { differences.print(); }

    void baseModel_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : cases) QTest::newRow(name) << name;
    }

    void baseModel() {
        QFETCH(QString, name);
        const std::string label = name.toStdString();
        const auto folder = support::golden_dir() / label;
        const Golden golden(folder / "golden.safetensors");
        QTemporaryDir out;
        LogitsRequest request;
        request.model = folder / "model";
        request.input = folder / "golden.safetensors";
        request.output = out.filePath("logits.safetensors").toStdString();
        const Status status = compute_logits(request);
        QVERIFY2(status.ok(), status.ok() ? "" : status.error().message.c_str());
        compare_near(Golden(request.output)["logits"], golden["logits"], logits_tolerance, label, "logits");

        const Decoder model = load_decoder(folder / "model", Precision::f32, c10::kCPU);
        at::NoGradGuard no_grad;
        std::vector<at::Tensor> states;
        ForwardOptions options = options_for(golden, nullptr);
        options.hidden_states = &states;
        model.forward(golden["input_ids"], options);
        for (at::Tensor& state : states) state = state.narrow(0, 0, 1);
        compare_near(at::cat(states, 0), golden["hidden_states_row0"], logits_tolerance, label, "hidden states");
        compare_near(mean_loss(model, nullptr, golden), golden["loss"], loss_tolerance, label, "loss");
    }

    void adapter_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("adapter");
        if (!support::have_golden()) return;
        for (const char* name : cases) {
            for (const auto& entry : std::filesystem::directory_iterator(support::golden_dir() / name / "adapters")) {
                const std::string adapter = entry.path().filename().string();
                QTest::newRow((std::string(name) + "/" + adapter).c_str()) << name << QString::fromStdString(adapter);
            }
        }
    }

    void adapter() {
        QFETCH(QString, name);
        QFETCH(QString, adapter);
        const std::string label = (name + "/" + adapter).toStdString();
        const auto folder = support::golden_dir() / name.toStdString();
        const auto peft = folder / "adapters" / adapter.toStdString();
        const Golden inputs(folder / "golden.safetensors"), golden(peft / "golden.safetensors");
        QTemporaryDir out;
        LogitsRequest request;
        request.model = folder / "model";
        request.adapter = peft;
        request.input = folder / "golden.safetensors";
        request.output = out.filePath("gradients.safetensors").toStdString();
        const Status status = compute_gradients(request);
        QVERIFY2(status.ok(), status.ok() ? "" : status.error().message.c_str());
        const Golden mine(request.output);
        compare_near(mine["logits"], golden["logits"], logits_tolerance, label, "logits");
        compare_near(mine["loss"], golden["loss"], loss_tolerance, label, "loss");
        int gradients = 0;
        for (const TensorEntry& entry : golden.file.entries()) {
            if (entry.name.rfind("grad.", 0) != 0) continue;
            const at::Tensor theirs = golden[entry.name];
            QVERIFY2(mine[entry.name].defined(), entry.name.c_str());
            const double allowed = 1e-5 + 1e-3 * theirs.abs().max().item<double>();
            const double largest = (mine[entry.name] - theirs).abs().max().item<double>();
            QVERIFY2(largest <= allowed, (entry.name + " differs by " + std::to_string(largest)).c_str());
            differences.note(label, "gradients", largest, allowed);
            ++gradients;
        }
        QVERIFY(gradients > 0);
        const Decoder model = load_decoder(folder / "model", Precision::f32, c10::kCPU);
        compareWritten(model.architecture(), peft);
        compareTraining(model, peft, inputs, golden, label);
        compareMerged(folder / "model", peft, inputs, golden, label);
    }

  private:
    // Our own folder of the same adapter: the same tensors under the same keys, and its task.
    void compareWritten(const Architecture& architecture, const std::filesystem::path& peft) {
        QTemporaryDir out;
        const std::filesystem::path written = out.filePath("written").toStdString();
        save_peft(written, architecture, load_peft(peft, architecture, c10::kCPU), read_peft_metadata(peft));
        const Golden mine(written / "adapter_model.safetensors"), theirs(peft / "adapter_model.safetensors");
        QCOMPARE(mine.file.entries().size(), theirs.file.entries().size());
        for (const TensorEntry& entry : theirs.file.entries()) {
            QVERIFY2(mine[entry.name].defined() && at::equal(mine[entry.name], theirs[entry.name]), entry.name.c_str());
        }
        const auto config = nlohmann::json::parse(std::ifstream(written / "adapter_config.json"));
        QCOMPARE(QString::fromStdString(config.at("task_type")), QString("SEQ_CLS"));
    }

    // Full batch every step, AdamW as in case.json, no schedule, no clipping.
    void compareTraining(const Decoder& model, const std::filesystem::path& peft, const Golden& inputs, const Golden& golden,
                         const std::string& label) {
        const auto settings = nlohmann::json::parse(std::ifstream(peft / "case.json")).at("train");
        const at::Tensor expected = golden["train_losses"];
        AdapterSet adapters = load_peft(peft, model.architecture(), c10::kCPU);
        std::vector<ParameterArena::Entry> entries;
        for (const AdapterSet::Parameter& parameter : adapters.parameters()) entries.push_back({parameter.name, parameter.tensor, true});
        ParameterArena arena(std::move(entries));
        const Decoder trained_model = attached(model, adapters);
        OptimizerConfig config;
        config.weight_decay = settings.at("weight_decay");
        AdamW optimizer(arena, config);
        std::vector<float> losses;
        for (int64_t step = 0; step < expected.numel(); ++step) {
            const at::Tensor loss = mean_loss(trained_model, &adapters, inputs);
            losses.push_back(loss.item<float>());
            if (step + 1 == expected.numel()) break;
            arena.zero_gradients();
            loss.backward();
            optimizer.step(settings.at("lr"));
        }
        compare_near(at::tensor(losses), expected, loss_tolerance, label, "train_losses");
        double largest = -1;
        for (const auto& [key, tensor, transposed] : peft_tensors(model.architecture(), adapters)) {
            const at::Tensor trained = golden["trained." + key];
            if (trained.defined()) largest = std::max(largest, (tensor.detach() - trained).abs().max().item<double>());
        }
        QVERIFY2(largest <= trained_tolerance, std::to_string(largest).c_str());
        if (largest >= 0) differences.note(label, "trained values", largest, trained_tolerance);
    }

    void compareMerged(const std::filesystem::path& folder, const std::filesystem::path& peft, const Golden& inputs,
                       const Golden& golden, const std::string& label) {
        QTemporaryDir out;
        ExportRequest request;
        request.model = folder;
        request.adapter = peft;
        request.format = ExportFormat::hf;
        request.dtype = StoredDtype::f32;
        request.out = out.filePath("merged").toStdString();
        const auto report = export_adapter(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QVERIFY2(report->self_test.passed, report->self_test.verdict.c_str());
        at::NoGradGuard no_grad;
        const Decoder merged = load_decoder(request.out, Precision::f32, c10::kCPU);
        const at::Tensor hidden = merged.forward(inputs["input_ids"].narrow(0, 0, 1));
        compare_near(merged.classify(hidden, {})[0], golden["merged_logits_row0"], logits_tolerance, label, "merged logits");
        request.format = ExportFormat::gguf;
        request.out = out.filePath("model.gguf").toStdString();
        // llama.cpp knows BERT and RoBERTa with their heads, neither DeBERTa nor a decoder that puts texts into classes.
        const auto gguf = export_adapter(request);
        QCOMPARE(gguf.ok(), label.find("bert") != label.npos && label.find("deberta") == label.npos);
        if (gguf.ok()) QVERIFY2(gguf->self_test.passed && gguf->self_test.max_abs_diff == 0, gguf->self_test.verdict.c_str());
    }
};

QTEST_GUILESS_MAIN(TstGoldenClassification)
#include "tst_golden_classification.moc"
