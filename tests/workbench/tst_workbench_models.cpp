// Models by reference, the list of recent ones, the samples.
#include "workbench_fixture.h"

#include <QtTest>

using namespace workbench_test;

class TstWorkbenchModels : public QObject {
    Q_OBJECT

    std::unique_ptr<DataFolder> folder_;
    std::unique_ptr<workbench::Workbench> workbench_;

    std::string refusal(const std::string& ref) {
        const auto path = workbench_->resolve_model(ref);
        return path.ok() ? std::string() : path.error().message;
    }
    static bool says(const std::string& sentence, const std::string& part) {
        return sentence.find(part) != std::string::npos;
    }

  private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<DataFolder>();
        const fs::path resources = folder_->root() / "resources";
        fs::create_directories(resources / "models");
        fs::copy(micro_model(), resources / "models/micro");
        fs::create_directories(resources / "models/not-a-model");
        write_text(resources / "samples/table_to_text.train.jsonl", "{\"text\": \"a\"}\n");
        write_text(resources / "samples/table_to_text.held_out.jsonl", "{\"text\": \"a\"}\n");
        write_text(resources / "samples/alone.train.jsonl", "{\"text\": \"a\"}\n");
        qputenv("LWB_RESOURCES", resources.c_str());
        qputenv("HF_HOME", (folder_->root() / "no-cache").c_str());
        workbench_ = folder_->open();
    }
    void cleanup() {
        for (const char* name : {"LWB_RESOURCES", "HF_HUB_CACHE", "HF_HOME"}) qunsetenv(name);
    }

    void builtinModelsAreThoseOfTheResources() {
        const auto models = workbench_->models();
        QCOMPARE(models.size(), std::size_t{1});
        QCOMPARE(models[0].ref, std::string("builtin:micro"));
        QVERIFY(models[0].builtin && models[0].last_used == 0);
        QCOMPARE(workbench_->resolve_model("builtin:micro").value(), models[0].path);
        QCOMPARE(workbench_->inspect("builtin:micro").value().layers, int64_t{2});
        QVERIFY(says(refusal("builtin:other"), "builtin:micro"));
    }

    void usedModelsAreRemembered() {
        const std::string folder = micro_model().string();
        workbench_->remember_model(folder);
        workbench_->remember_model("builtin:micro");
        workbench_->remember_model("shape:gpt2");  // nothing that one could train
        const auto models = workbench_->models();
        QCOMPARE(models.size(), std::size_t{2});
        QVERIFY(models[0].last_used > 0);
        QCOMPARE(models[1].ref, folder);
        QCOMPARE(models[1].name, std::string("micro-llama"));
    }

    void whatIsNoModelFolderIsRefused() {
        QVERIFY(says(refusal(""), "No base model"));
        QVERIFY(says(refusal("/no/such/folder"), "'/no/such/folder'"));
        QVERIFY(says(refusal("someone/some-model"), "downloads nothing"));
        QVERIFY(says(refusal((micro_model() / "config.json").string()), "is a file"));
        QVERIFY(says(refusal("shape:gpt2"), "planning only"));
        QVERIFY(says(workbench_->inspect(folder_->root().string()).error().message, "config.json"));
    }

    void theHuggingFaceCacheIsListed() {
        const fs::path cache = folder_->root() / "hub";
        const auto fetched = [&](const std::string& model, const std::string& hash, bool with_blobs = true) {
            const fs::path snapshot = cache / model / "snapshots" / hash;
            fs::create_directories(snapshot);
            for (const auto& file : fs::directory_iterator(micro_model())) {
                const fs::path blob = cache / model / "blobs" / (hash + file.path().filename().string());
                fs::create_directories(blob.parent_path());
                if (with_blobs) fs::copy(file.path(), blob, fs::copy_options::overwrite_existing);
                fs::create_symlink(fs::relative(blob, snapshot), snapshot / file.path().filename());
            }
            return snapshot;
        };
        fetched("models--Some--Model", "old");
        const fs::path current = fetched("models--Some--Model", "new");
        write_text(cache / "models--Some--Model/refs/main", "new");
        const fs::path lone = fetched("models--lone", "f00");  // fetched by a revision: no refs/main
        fetched("models--Gone--Blobs", "bad", false);
        fs::create_directories(cache / "models--Half--Fetched/snapshots");
        write_text(cache / "models--Led--Astray/refs/main", "../../Some--Model/snapshots/new");
        fs::create_directories(cache / "datasets--Some--Data/snapshots/new");
        qputenv("HF_HUB_CACHE", cache.c_str());

        auto models = workbench_->models();
        QCOMPARE(models.size(), std::size_t{3});
        QCOMPARE(models[1].name, std::string("Some/Model"));
        QCOMPARE(models[1].path, current);
        QVERIFY(models[1].cached && models[1].last_used == 0);
        QCOMPARE(models[2].name, std::string("lone"));
        QCOMPARE(models[2].ref, lone.string());
        QCOMPARE(workbench_->resolve_model("Some/Model").value(), current);
        const auto info = workbench_->inspect("Some/Model");
        QVERIFY2(info.ok(), info.ok() ? "" : info.error().message.c_str());
        QCOMPARE(info->name, std::string("Some/Model"));
        QVERIFY(info->has_weights && !info->tokenizer.empty());
        QVERIFY(says(refusal("Gone/Blobs"), "not in the Hugging Face cache"));

        workbench_->remember_model(current.string());
        models = workbench_->models();
        QCOMPARE(models.size(), std::size_t{3});  // once, among the recent ones
        QCOMPARE(models[1].name, std::string("Some/Model"));
        QVERIFY(models[1].last_used > 0 && models[1].cached);

        qunsetenv("HF_HUB_CACHE");
        qputenv("HF_HOME", folder_->root().c_str());
        QCOMPARE(workbench_->models().size(), std::size_t{3});
        qputenv("HF_HOME", "/no/such/folder");
        QVERIFY(says(refusal("Some/Model"), "downloads nothing"));
    }

    void shapesCanBePlanned() {
        auto spec = folder_->spec();
        spec.model = "shape:gpt2";
        spec.lora.rank = 4;
        QCOMPARE(workbench_->plan(spec).value().trainable_params, int64_t{4 * 2 * 12 * (768 + 768)});
    }

    void samplesHaveTitlesAndHeldOutRows() {
        const auto samples = workbench_->samples();
        QCOMPARE(samples.size(), std::size_t{2});
        QCOMPARE(samples[0].title, std::string("Alone"));
        QVERIFY(samples[0].held_out.empty());
        QCOMPARE(samples[1].title, std::string("Table to text"));
        QVERIFY(fs::exists(samples[1].held_out));
    }

    void theFirstExperimentPointsAtWhatIsShipped() {
        const auto spec = workbench_->first_experiment();
        QCOMPARE(spec.model, std::string("builtin:tiny"));
        QVERIFY(fs::exists(spec.data.train_path));
        QVERIFY(fs::exists(spec.data.eval_path));
        QVERIFY(engine::validate(spec).ok());
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchModels)
#include "tst_workbench_models.moc"
