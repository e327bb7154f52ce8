// Every model case and adapter of the reference folder, through the engine's own loader, against the numbers of other
// implementations within the tolerances that came with them.
#include <QTemporaryDir>
#include <nlohmann/json.hpp>

#include <fstream>

#include "data/dataset.h"
#include "engine/compute.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "generate/decode_loop.h"
#include "io/safetensors.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "support/device.h"
#include "support/difference_table.h"
#include "support/golden.h"
#include "train/adamw.h"

using namespace engine;

namespace {

constexpr double logits_tolerance = 1e-4;
constexpr double loss_tolerance = 2e-5;
constexpr double trained_tolerance = 5e-5;

const char* const cases[] = {"gpt2",        "gpt2_hub_layout",   "llama_gqa",       "llama_tied", "llama_bf16_sharded",
                             "llama3_rope", "llama_linear_rope", "mistral_sliding", "qwen2",      "qwen3",
                             "gemma",       "phi3",              "phi",             "gpt_neox",   "opt"};

support::DifferenceTable differences;

struct Golden {
    explicit Golden(const std::filesystem::path& path) : file(SafetensorsFile::open(path)) {}
    at::Tensor operator[](const std::string& name) const {
        const TensorEntry* entry = file.find(name);
        return entry ? map_tensor(file, *entry).clone() : at::Tensor();
    }
    SafetensorsFile file;
};

double difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

nlohmann::json read_json(const std::filesystem::path& path) { return nlohmann::json::parse(std::ifstream(path)); }

void compare_near(const at::Tensor& mine, const at::Tensor& theirs, double tolerance, const std::string& label,
                  const std::string& check) {
    const std::string what = label + " " + check;
    QVERIFY2(mine.sizes() == theirs.sizes(), (what + ": shapes differ").c_str());
    const double largest = difference(mine, theirs);
    QVERIFY2(largest <= tolerance,
             (what + ": largest difference " + std::to_string(largest) + ", allowed " + std::to_string(tolerance)).c_str());
    differences.note(label, check, largest, tolerance);
}

// Mean cross-entropy over labels that count, plainly in double: independent of the engine's chunked loss.
double plain_loss(const at::Tensor& logits, const at::Tensor& labels) {
    const at::Tensor rows = logits.narrow(1, 0, logits.size(1) - 1).flatten(0, 1).to(at::kDouble);
    const at::Tensor targets = labels.narrow(1, 1, labels.size(1) - 1).flatten();
    const at::Tensor counted = targets.ne(-100).nonzero().squeeze(1);
    const at::Tensor log_probabilities = at::log_softmax(rows.index_select(0, counted), -1);
    return -log_probabilities.gather(1, targets.index_select(0, counted).unsqueeze(1)).mean().item<double>();
}

}  // namespace

class TstGolden : public QObject {
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
        const auto folder = support::golden_dir() / name.toStdString();
        const Golden golden(folder / "golden.safetensors");
        QTemporaryDir out;
        const std::filesystem::path result = out.filePath("logits.safetensors").toStdString();
        LogitsRequest request;
        request.model = folder / "model";
        request.input = folder / "golden.safetensors";
        request.output = result;
        request.device = support::test_device();
        const Status status = compute_logits(request);
        QVERIFY2(status.ok(), status.ok() ? "" : status.error().message.c_str());
        const Golden mine(result);
        const at::Tensor mask = golden["attention_mask"].unsqueeze(-1).to(at::kFloat);
        compare_near(mine["logits"] * mask, golden["logits"] * mask, logits_tolerance, name.toStdString(), "logits");
        const double loss = plain_loss(mine["logits"], golden["labels"]);
        const double loss_difference = std::abs(loss - golden["loss"].item<double>());
        QVERIFY(loss_difference <= loss_tolerance);
        differences.note(name.toStdString(), "loss", loss_difference, loss_tolerance);

        const Decoder decoder = load_decoder(folder / "model", Precision::f32, c10::kCPU);
        at::NoGradGuard no_grad;
        std::vector<at::Tensor> states;
        ForwardOptions options;
        options.hidden_states = &states;
        decoder.forward(golden["input_ids"].narrow(0, 0, 1), options);
        compare_near(at::cat(states, 0), golden["hidden_states_row0"], logits_tolerance,
                     name.toStdString(), "hidden states");
        compareGreedy(decoder, nullptr, golden, name.toStdString());
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
        const std::filesystem::path result = out.filePath("gradients.safetensors").toStdString();
        LogitsRequest request;
        request.model = folder / "model";
        request.adapter = peft;
        request.input = folder / "golden.safetensors";
        request.output = result;
        request.device = support::test_device();
        const Status status = compute_gradients(request);
        QVERIFY2(status.ok(), status.ok() ? "" : status.error().message.c_str());
        const Golden mine(result);
        const at::Tensor mask = inputs["attention_mask"].unsqueeze(-1).to(at::kFloat);
        compare_near(mine["logits"] * mask, golden["logits"] * mask, logits_tolerance, label, "logits");
        compare_near(mine["loss"], golden["loss"], loss_tolerance, label, "loss");
        int gradients = 0;
        for (const TensorEntry& entry : golden.file.entries()) {
            if (entry.name.rfind("grad.", 0) != 0) continue;
            const at::Tensor theirs = golden[entry.name];
            QVERIFY2(mine[entry.name].defined(), entry.name.c_str());
            const double allowed = 1e-5 + 1e-3 * theirs.abs().max().item<double>();
            const double largest = difference(mine[entry.name], theirs);
            QVERIFY2(largest <= allowed, (entry.name + " differs by " + std::to_string(largest)).c_str());
            differences.note(label, "gradients", largest, allowed);
            ++gradients;
        }
        QVERIFY(gradients > 0);

        const Decoder decoder = load_decoder(folder / "model", Precision::f32, c10::kCPU);
        const AdapterSet adapters = load_peft(peft, decoder.architecture(), c10::kCPU);
        compareGreedy(attached(decoder, adapters), &adapters, golden, label, inputs["input_ids"]);
        compareWritten(folder / "model", peft, golden, inputs);
        compareTraining(decoder, peft, inputs, golden, label);
        compareMerged(folder / "model", peft, inputs, golden, label);
    }

  private:
    void compareGreedy(const Decoder& decoder, const AdapterSet* adapters, const Golden& golden,
                       const std::string& label, const at::Tensor& ids = {}) {
        const at::Tensor expected = golden["greedy"];
        QVERIFY(expected.defined());
        const at::Tensor start = (ids.defined() ? ids : golden["input_ids"]).select(0, 0).narrow(0, 0, 4);
        std::vector<int32_t> prompt;
        for (int64_t i = 0; i < 4; ++i) prompt.push_back(static_cast<int32_t>(start[i].item<int64_t>()));
        DecodeOptions options;
        options.max_new_tokens = expected.size(1) - 4;
        const auto generated = decode_loop(decoder, adapters, prompt, options);
        differences.note(label, "greedy tokens", 0, 0);  // or the test fails
        for (int64_t i = 4; i < expected.size(1); ++i) {
            QCOMPARE(static_cast<int64_t>(generated[static_cast<std::size_t>(i - 4)]), expected[0][i].item<int64_t>());
        }
    }

    // Full batch every step, AdamW as in case.json, no schedule, no clipping.
    void compareTraining(const Decoder& decoder, const std::filesystem::path& peft, const Golden& inputs,
                         const Golden& golden, const std::string& label) {
        const at::Tensor expected = golden["train_losses"];
        if (!expected.defined()) return;
        const auto settings = read_json(peft / "case.json");
        AdapterSet adapters = load_peft(peft, decoder.architecture(), c10::kCPU);
        std::vector<ParameterArena::Entry> entries;
        for (const AdapterSet::Parameter& parameter : adapters.parameters()) {
            entries.push_back({parameter.name, parameter.tensor, true});
        }
        ParameterArena arena(std::move(entries));
        const Decoder trained_decoder = attached(decoder, adapters);
        OptimizerConfig config;
        const auto& train = settings.contains("train") ? settings.at("train") : settings;
        config.weight_decay = train.value("weight_decay", 0.0);
        const double learning_rate = train.contains("lr") ? train.at("lr").get<double>() : train.at("learning_rate").get<double>();
        AdamW optimizer(arena, config);
        const at::Tensor labels = inputs["labels"].narrow(1, 1, inputs["labels"].size(1) - 1).flatten();
        const at::Tensor counted = labels.ne(-100).nonzero().squeeze(1);
        std::vector<float> losses;
        for (int64_t step = 0; step < expected.numel(); ++step) {
            ForwardOptions options;
            options.adapters = &adapters;
            options.key_mask = inputs["attention_mask"].ne(0);
            const at::Tensor hidden = trained_decoder.forward(inputs["input_ids"], options);
            const at::Tensor rows = hidden.narrow(1, 0, hidden.size(1) - 1).flatten(0, 1).index_select(0, counted);
            const at::Tensor loss = trained_decoder.cross_entropy(rows, labels.index_select(0, counted)) /
                                    static_cast<double>(counted.numel());
            losses.push_back(loss.item<float>());
            if (step + 1 == expected.numel()) break;
            arena.zero_gradients();
            loss.backward();
            optimizer.step(learning_rate);
        }
        compare_near(at::tensor(losses), expected, loss_tolerance, label, "train_losses");
        double largest = -1;
        for (const auto& [key, tensor, transposed] : peft_tensors(decoder.architecture(), adapters)) {
            const at::Tensor trained = golden["trained." + key];
            if (!trained.defined()) continue;
            largest = std::max(largest, difference(transposed ? tensor.detach().t() : tensor.detach(), trained));
        }
        QVERIFY2(largest <= trained_tolerance, std::to_string(largest).c_str());
        if (largest >= 0) differences.note(label, "trained values", largest, trained_tolerance);
    }

    // Our own folder of the same adapter: the same logits bit for bit, the same tensors under the same keys.
    void compareWritten(const std::filesystem::path& model, const std::filesystem::path& peft, const Golden& golden,
                        const Golden& inputs) {
        const Architecture architecture = read_architecture(model);
        QTemporaryDir out;
        const std::filesystem::path written = out.filePath("written").toStdString();
        save_peft(written, architecture, load_peft(peft, architecture, c10::kCPU), read_peft_metadata(peft));
        const Golden mine(written / "adapter_model.safetensors"), theirs(peft / "adapter_model.safetensors");
        QCOMPARE(mine.file.entries().size(), theirs.file.entries().size());
        for (const TensorEntry& entry : theirs.file.entries()) {
            QVERIFY2(mine[entry.name].defined() && at::equal(mine[entry.name], theirs[entry.name]), entry.name.c_str());
        }
        LogitsRequest request;
        request.model = model;
        request.adapter = written;
        request.input = model.parent_path() / "golden.safetensors";
        request.output = std::filesystem::path(out.filePath("logits.safetensors").toStdString());
        QVERIFY(compute_logits(request).ok());
        const at::Tensor mask = inputs["attention_mask"].unsqueeze(-1).to(at::kFloat);
        QVERIFY(difference(Golden(request.output)["logits"] * mask, golden["logits"] * mask) <= logits_tolerance);
    }

    void compareMerged(const std::filesystem::path& model, const std::filesystem::path& peft, const Golden& inputs,
                       const Golden& golden, const std::string& label) {
        QTemporaryDir out;
        ExportRequest request;
        request.model = model;
        request.adapter = peft;
        request.format = ExportFormat::hf;
        request.dtype = StoredDtype::f32;
        request.out = out.filePath("merged").toStdString();
        const auto report = export_adapter(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QVERIFY(report->self_test.passed);
        at::NoGradGuard no_grad;
        const Decoder merged = load_decoder(request.out, Precision::f32, c10::kCPU);
        const at::Tensor logits = merged.logits(merged.forward(inputs["input_ids"].narrow(0, 0, 1)))[0];
        compare_near(logits, golden["merged_logits_row0"], logits_tolerance, label, "merged logits");
        const Checkpoint checkpoint = Checkpoint::open(request.out);
        for (const TensorEntry& entry : golden.file.entries()) {
            if (entry.name.rfind("merged_head.", 0) != 0) continue;
            const auto stored = checkpoint.require(entry.name.substr(std::string("merged_head.").size()));
            const at::Tensor mine = map_tensor(*stored.file, *stored.entry).narrow(0, 0, entry.shape[0]);
            QVERIFY2(difference(mine, golden[entry.name]) <= 1e-5, entry.name.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TstGolden)
#include "tst_golden.moc"
