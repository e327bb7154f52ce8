// What is written for other software: PEFT folders and merged models, read back and compared.
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <QtTest>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/adapter_info.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "exporting/staged.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "support/fixtures.h"
#include "support/ordinary_user.h"

using namespace engine;

namespace {

at::Tensor probe() { return at::arange(40, at::kLong).mul_(37).remainder_(384).view({2, 20}); }

at::Tensor logits(const Decoder& decoder, const AdapterSet* adapters) {
    at::NoGradGuard no_grad;
    ForwardOptions options;
    options.adapters = adapters;
    return decoder.logits(decoder.forward(probe(), options));
}

std::vector<std::string> entries(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

double largest(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

class TstExport : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void variants_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("kinds");
        QTest::addColumn<QString>("layers");
        QTest::addColumn<bool>("rslora");
        QTest::newRow("llama q,v") << "micro-llama" << "q,v" << "" << false;
        QTest::newRow("llama all") << "micro-llama" << "q,k,v,o,gate,up,down" << "" << false;
        QTest::newRow("llama one layer") << "micro-llama" << "q,down" << "1" << false;
        QTest::newRow("gpt2 q alone") << "micro-gpt2" << "q" << "" << false;
        QTest::newRow("gpt2 q,v") << "micro-gpt2" << "q,v" << "" << false;
        QTest::newRow("gpt2 q,v,o,down rslora") << "micro-gpt2" << "q,v,o,down" << "" << true;
        QTest::newRow("gpt2 k of layer 0") << "micro-gpt2" << "k" << "0" << false;
    }

    void peftFolderKeepsTheFunction_data() { variants_data(); }
    void peftFolderKeepsTheFunction() {
        const auto [decoder, adapters, saved] = make();
        const AdapterSet reloaded = load_peft(saved, decoder.architecture(), c10::kCPU);
        const at::Tensor base = logits(decoder, nullptr), mine = logits(decoder, &adapters);
        QVERIFY(largest(base, mine) > 0.05);  // the adapter does something
        QVERIFY2(largest(mine, logits(decoder, &reloaded)) < 1e-5, "reloaded adapter differs");
        const auto info = inspect_adapter(saved);
        QVERIFY(info.ok());
        QCOMPARE(info->base_model, std::string("base"));
    }

    void mergedModelEqualsBasePlusAdapter_data() { variants_data(); }
    void mergedModelEqualsBasePlusAdapter() {
        const auto [decoder, adapters, saved] = make();
        ExportRequest request;
        QFETCH(QString, model);
        request.model = support::micro_model(model.toStdString());
        request.adapter = saved;
        request.out = path("merged");
        const auto report = export_adapter(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QVERIFY2(report->self_test.passed, report->self_test.verdict.c_str());
        QVERIFY(report->self_test.max_abs_diff < 1e-5);
        QCOMPARE(report->self_test.missing + report->self_test.unexpected, int64_t{0});
        const Decoder merged = load_decoder(request.out, Precision::f32, c10::kCPU);
        QVERIFY(largest(logits(decoder, &adapters), logits(merged, nullptr)) < 1e-5);
        QVERIFY(std::filesystem::exists(request.out / "tokenizer.json"));
        QVERIFY(!std::filesystem::exists(request.out / "adapter_config.json"));
        const auto written = nlohmann::json::parse(support::read_file(request.out / "export_report.json"));
        QCOMPARE(written["self_test"]["passed"].get<bool>(), true);
    }

    void storedTypesRoundOnce_data() {
        QTest::addColumn<int>("dtype");
        QTest::addColumn<double>("allowed");
        QTest::newRow("f16") << static_cast<int>(StoredDtype::f16) << 0.02;
        QTest::newRow("bf16") << static_cast<int>(StoredDtype::bf16) << 0.2;
    }
    void storedTypesRoundOnce() {
        QFETCH(int, dtype);
        QFETCH(double, allowed);
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v,down", "", false);
        ExportRequest request;
        request.model = support::micro_model("micro-llama");
        request.adapter = saved;
        request.dtype = static_cast<StoredDtype>(dtype);
        request.out = path("merged");
        const auto report = export_adapter(request);
        QVERIFY2(report.ok() && report->self_test.passed, report.ok() ? report->self_test.verdict.c_str() : report.error().message.c_str());
        QVERIFY(report->self_test.max_abs_diff > 0 && report->self_test.max_abs_diff < allowed);
        // Every merged value is the f32 sum cast once.
        const Checkpoint written = Checkpoint::open(request.out), base = Checkpoint::open(request.model);
        const std::string name = "model.layers.0.self_attn.q_proj.weight";
        const auto mine = written.require(name), theirs = base.require(name);
        const at::Tensor stored = map_tensor(*mine.file, *mine.entry);
        const at::Tensor expected = adapters.merged(0, 0, map_tensor(*theirs.file, *theirs.entry));
        QVERIFY(at::equal(stored, expected.to(stored.scalar_type())));
    }

    void largeModelsAreSharded() {
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v", "", false);
        ExportRequest request;
        request.model = support::micro_model("micro-llama");
        request.adapter = saved;
        request.max_shard_bytes = 60000;
        request.out = path("merged");
        const auto report = export_adapter(request);
        QVERIFY(report.ok() && report->self_test.passed);
        QVERIFY(std::filesystem::exists(request.out / "model.safetensors.index.json"));
        QVERIFY(Checkpoint::open(request.out).files().size() > 1);
    }

    void cancelAndFailureLeaveNothingBehind() {
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v", "", false);
        ExportRequest request;
        request.model = support::micro_model("micro-llama");
        request.adapter = saved;
        request.out = path("merged");
        std::stop_source stop;
        const auto cancelled = export_adapter(request, [&](double fraction, const std::string&) { if (fraction > 0.3) stop.request_stop(); },
                                              stop.get_token());
        QVERIFY(!cancelled.ok());
        QCOMPARE(cancelled.error().code, ErrorCode::interrupted);
        QVERIFY(!std::filesystem::exists(request.out));
        QCOMPARE(entries(folder_->path().toStdString()), std::vector<std::string>{"adapter"});
        request.model = support::micro_model("micro-gpt2");  // another base than the adapter's
        const auto mismatched = export_adapter(request);
        QVERIFY(!mismatched.ok());
        QCOMPARE(mismatched.error().code, ErrorCode::bad_input);
        QVERIFY(!std::filesystem::exists(request.out));
        request.model = support::micro_model("micro-llama");
        ExportRequest nowhere = request;
        nowhere.out.clear();
        QVERIFY(!export_adapter(nowhere).ok() && export_adapter(nowhere).error().code == ErrorCode::bad_input);
        std::filesystem::create_directories(request.out);
        std::ofstream(request.out / "kept") << "mine";
        QVERIFY(!export_adapter(request).ok());
        QCOMPARE(support::read_file(request.out / "kept"), std::string("mine"));
    }

    void foldersOfTheBaseAreListed() {
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v", "", false);
        ExportRequest request;
        request.model = path("base");
        request.adapter = saved;
        request.out = path("merged");
        std::filesystem::copy(support::micro_model("micro-llama"), request.model, std::filesystem::copy_options::recursive);
        const std::string extra = "additional_chat_templates/x.jinja";
        std::filesystem::create_directories(request.model / "additional_chat_templates");
        std::ofstream(request.model / extra) << "{{ messages }}";
        const auto report = export_adapter(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QCOMPARE(support::read_file(request.out / extra), std::string("{{ messages }}"));
        QCOMPARE(std::count(report->files.begin(), report->files.end(), extra), std::ptrdiff_t{1});
        std::uintmax_t bytes = 0;
        for (const std::string& file : report->files) bytes += std::filesystem::file_size(request.out / file);
        QCOMPARE(report->bytes, static_cast<int64_t>(bytes));
    }

    void stagingTouchesNothingElse() {
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v", "", false);
        ExportRequest request;
        request.model = support::micro_model("micro-llama");
        request.adapter = saved;
        request.out = path("merged/");  // as a shell completes it
        request.format = ExportFormat::peft;
        std::filesystem::create_directories(path("merged.partial"));
        std::ofstream(path("merged.partial/kept")) << "mine";
        const auto report = export_adapter(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QCOMPARE(support::read_file(path("merged.partial/kept")), std::string("mine"));
        QCOMPARE(entries(folder_->path().toStdString()), (std::vector<std::string>{"adapter", "merged", "merged.partial"}));
        QCOMPARE(report->files, entries(path("merged")));
    }

    void whatKilledExportsLeftIsRemovedByTheNext() {
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v", "", false);
        const pid_t dead = fork();
        if (dead == 0) _exit(0);
        QCOMPARE(waitpid(dead, nullptr, 0), dead);
        const std::string gone = std::to_string(dead);
        const auto stage = [&](const std::string& name) {
            std::filesystem::create_directories(path(name) / "half");
            std::ofstream(path(name) / "half/model.safetensors") << "half";
        };
        stage(".one.lwb-partial-" + gone);
        stage(".two.gguf.lwb-partial-" + gone + "-3");
        const std::vector<std::string> kept = {
            ".alive.lwb-partial-" + std::to_string(getppid()), ".held.lwb-partial-" + gone,
            ".lwb-partial-" + gone, ".odd.lwb-partial-" + gone + "x", "one.lwb-partial-" + gone,
            ".zero.lwb-partial-0"};
        for (const std::string& name : kept) stage(name);
        std::ofstream(path(".file.lwb-partial-" + gone)) << "a file";
        std::filesystem::create_directories(path("elsewhere"));
        std::ofstream(path("elsewhere/mine")) << "mine";
        std::filesystem::create_directory_symlink(path("elsewhere"), path(".link.lwb-partial-" + gone));
        // Another machine's process may have any number; its lock tells that it lives.
        const int held = open(path(".held.lwb-partial-" + gone).c_str(), O_RDONLY | O_DIRECTORY);
        QCOMPARE(flock(held, LOCK_EX | LOCK_NB), 0);

        ExportRequest request;
        request.model = support::micro_model("micro-llama");
        request.adapter = saved;
        request.out = path("merged");
        request.format = ExportFormat::peft;
        const auto report = export_adapter(request);
        close(held);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        std::vector<std::string> expected = kept;
        expected.insert(expected.end(), {".file.lwb-partial-" + gone, ".link.lwb-partial-" + gone, "adapter", "elsewhere",
                                         "merged"});
        std::sort(expected.begin(), expected.end());
        QCOMPARE(entries(folder_->path().toStdString()), expected);
        QCOMPARE(support::read_file(path("elsewhere/mine")), std::string("mine"));
    }

    // A real one, ended in the middle by a signal.
    void aKilledExportIsRemovedByTheNext() {
        const std::filesystem::path target = path("merged");
        const pid_t child = fork();
        if (child == 0) {
            Staged staged(target, Staged::Kind::folder);
            std::ofstream(staged.path() / "model.safetensors") << "half";
            kill(getpid(), SIGKILL);
        }
        QCOMPARE(waitpid(child, nullptr, 0), child);
        const std::string left = ".merged.lwb-partial-" + std::to_string(child);
        QCOMPARE(entries(folder_->path().toStdString()), std::vector<std::string>{left});
        {
            const Staged other(path("other"), Staged::Kind::folder);
            QVERIFY(!std::filesystem::exists(path(left)));
            const Staged third(path("third"), Staged::Kind::folder);  // at work beside it
            QVERIFY(std::filesystem::exists(other.path()));
        }
        QVERIFY(entries(folder_->path().toStdString()).empty());
    }

    void aFolderThatRefusesWritesIsNamed_data() {
        QTest::addColumn<int>("format");
        for (const ExportFormat format : {ExportFormat::peft, ExportFormat::hf, ExportFormat::gguf, ExportFormat::gguf_adapter})
            QTest::newRow(name_of(format)) << static_cast<int>(format);
    }
    void aFolderThatRefusesWritesIsNamed() {
        QFETCH(int, format);
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v", "", false);
        const auto locked = path("locked");
        std::filesystem::create_directories(locked);
        std::filesystem::permissions(path(""), std::filesystem::perms(0755));
        std::filesystem::permissions(locked, std::filesystem::perms(0555));
        ExportRequest request;
        request.model = support::micro_model("micro-llama");
        request.adapter = saved;
        request.out = locked / "out";
        request.format = static_cast<ExportFormat>(format);
        const auto report = [&] {
            const support::AsOrdinaryUser user;
            return export_adapter(request);
        }();
        QVERIFY(!report.ok());
        QCOMPARE(report.error().code, ErrorCode::io);
        const QString message = QString::fromStdString(report.error().message);
        QVERIFY2(message.contains(QString::fromStdString(locked.string())), qPrintable(message));
        QVERIFY2(message.contains(QStringLiteral("permission was denied")), qPrintable(message));
        QVERIFY(entries(locked).empty());
    }

    void damagedAdaptersAreRefused() {
        const auto [decoder, adapters, saved] = make("micro-llama", "q,v", "", false);
        auto config = nlohmann::json::parse(support::read_file(saved / "adapter_config.json"));
        const auto refused = [&](const nlohmann::json& changed) {
            std::ofstream(saved / "adapter_config.json") << changed.dump();
            try {
                load_peft(saved, decoder.architecture(), c10::kCPU);
                return QString("accepted");
            } catch (const Failure& failure) {
                return QString::fromStdString(failure.error().message);
            }
        };
        auto changed = config;
        changed["target_modules"] = {"q_proj", "v_proj", "o_proj"};
        QVERIFY(refused(changed).contains("o_proj"));
        changed = config;
        changed["target_modules"] = {"q_proj"};
        QVERIFY(refused(changed).contains("v_proj"));
        changed = config;
        changed["r"] = 5;
        QVERIFY(refused(changed).contains("shape"));
        changed = config;
        changed["use_dora"] = true;
        QVERIFY(refused(changed).contains("lora_magnitude_vector"));
        changed = config;
        changed["modules_to_save"] = {"lm_head"};
        QVERIFY(refused(changed).contains("lm_head.weight"));
        changed = config;
        changed["lora_bias"] = true;
        QVERIFY(refused(changed).contains("lora_bias"));
        changed = config;
        changed["init_lora_weights"] = "pissa";
        QVERIFY(refused(changed).contains("pissa"));
        changed = config;
        changed["target_modules"] = "(";
        QVERIFY(refused(changed).contains("regular expression"));
        changed = config;
        changed["target_modules"] = "(.*.*.*.*.*.*.*)*x";  // would search for ever
        QVERIFY(!refused(changed).isEmpty() && refused(changed) != "accepted");
        changed = config;
        changed["peft_type"] = "IA3";
        QVERIFY(refused(changed).contains("IA3"));
    }

  private:
    struct Made {
        Decoder decoder;
        AdapterSet adapters;
        std::filesystem::path saved;
    };

    std::filesystem::path path(const std::string& name) const { return std::filesystem::path(folder_->path().toStdString()) / name; }

    Made make() {
        QFETCH(QString, model);
        QFETCH(QString, kinds);
        QFETCH(QString, layers);
        QFETCH(bool, rslora);
        return make(model.toStdString(), kinds.toStdString(), layers.toStdString(), rslora);
    }

    Made make(const std::string& model, const std::string& kinds, const std::string& layers, bool rslora) {
        Decoder decoder = load_decoder(support::micro_model(model), Precision::f32, c10::kCPU);
        LoraConfig config;
        config.rank = 3;
        config.alpha = 6;
        config.use_rslora = rslora;
        config.targets = parse_targets(kinds, layers);
        AdapterSet adapters = new_adapters(decoder.architecture(), config, 5, c10::kCPU);
        for (AdapterSite& site : adapters.sites()) {
            site.B = at::sin(at::arange(site.B.numel(), at::kFloat)).view(site.B.sizes()) * 0.3;
        }
        const auto saved = path("adapter");
        save_peft(saved, decoder.architecture(), adapters, {"base", 0, rslora});
        return {std::move(decoder), std::move(adapters), saved};
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TstExport)
#include "tst_export.moc"
