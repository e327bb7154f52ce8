// Runs from spec to adapter: the gate, the record, stopping, resuming, crashing, two programs at once.
#include "workbench/run_log.h"
#include "workbench_fixture.h"

#include <QtTest>

#include <algorithm>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace workbench_test;

class TstWorkbenchRuns : public QObject {
    Q_OBJECT

    std::unique_ptr<DataFolder> folder_;
    IgnoringObserver observer_;

    // The sentence with which spec is refused.
    std::string refusal(const engine::ExperimentSpec& spec) {
        const auto workbench = folder_->open();
        const auto status = workbench->check(spec);
        const auto created = workbench->create_run(spec);
        if (status.ok() || created.ok() || !workbench->catalog().runs().empty()) return {};
        if (fs::exists(workbench->paths().runs_dir()) && !fs::is_empty(workbench->paths().runs_dir()))
            return {};
        return status.error().message;
    }

  private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<DataFolder>();
        observer_ = {};
    }

    void aRunIsRecordedAndItsAdapterRegistered() {
        const auto workbench = folder_->open(ScriptedTraining{});
        const auto run_id = workbench->create_run(folder_->spec("first")).value();
        QCOMPARE(workbench->catalog().run(run_id).state, catalog::RunState::queued);
        engine::RunControl control;
        const auto outcome = workbench->execute_run(run_id, observer_, control).value();
        const auto run = workbench->catalog().run(run_id);
        QCOMPARE(run.state, catalog::RunState::finished);
        QCOMPARE(run.global_step, int64_t{4});
        QCOMPARE(run.device, std::string("cpu (scripted)"));
        QCOMPARE(run.targets, std::string("q,v"));
        QVERIFY(run.finished_at >= run.started_at && run.started_at > 0);
        QVERIFY(!run.program_version.empty() && !run.libtorch_version.empty());
        QCOMPARE(workbench->catalog().series(run_id, "loss").size(), std::size_t{4});

        const auto adapter = workbench->catalog().adapter(outcome.adapter_id);
        QCOMPARE(adapter.name, std::string("first"));
        QCOMPARE(adapter.run_id, run_id);
        QCOMPARE(adapter.scaling, 2.0);
        QCOMPARE(adapter.step, int64_t{4});
        QCOMPARE(adapter.model_hash, std::string("model-hash"));
        QCOMPARE(adapter.hash.size(), std::size_t{64});
        QCOMPARE(adapter.size_bytes, static_cast<int64_t>(std::string("weights after step 4").size()));
        QVERIFY(fs::exists(fs::path(adapter.path) / "adapter_config.json"));
        // Nothing to start again.
        QVERIFY(!workbench->execute_run(run_id, observer_, control).ok());
    }

    void theBestAdapterIsKeptBesideTheLast() {
        ScriptedTraining training;
        training.best_step = 2;
        const auto workbench = folder_->open(training);
        engine::RunControl control;
        const auto run_id = workbench->create_run(folder_->spec("two")).value();
        const auto outcome = workbench->execute_run(run_id, observer_, control).value();
        auto adapters = workbench->catalog().adapters();
        QCOMPARE(adapters.size(), std::size_t{2});
        const auto& best = adapters[0].id == outcome.adapter_id ? adapters[1] : adapters[0];
        QCOMPARE(best.name, std::string("two best"));
        QCOMPARE(best.step, int64_t{2});
        QCOMPARE(best.eval_loss.value(), 1.25);
    }

    void figuresOfAClassifierAreRecorded() {
        ScriptedTraining training;
        training.best_step = 2;
        training.metrics = {{"accuracy", 0.875}, {"f1", 0.5}};
        const auto workbench = folder_->open(training);
        engine::RunControl control;
        const auto run_id = workbench->create_run(folder_->spec("labels")).value();
        const auto outcome = workbench->execute_run(run_id, observer_, control).value();
        auto& catalog = workbench->catalog();
        const auto run = catalog.run(run_id);
        QCOMPARE(run.eval_metrics, (catalog::Metrics{{"accuracy", 0.875}, {"f1", 0.5}}));
        QCOMPARE(run.best_eval_metrics, (catalog::Metrics{{"accuracy", 0.9375}, {"f1", 0.5}}));
        QCOMPARE(catalog.series(run_id, "eval_f1").size(), std::size_t{1});
        QVERIFY(run.memory_floor_bytes > 0 && run.memory_floor_bytes == run.peak_memory_bytes - 100);
        for (const auto& adapter : catalog.adapters()) {
            const bool last = adapter.id == outcome.adapter_id;
            QCOMPARE(adapter.metrics, last ? run.eval_metrics : run.best_eval_metrics);
            QCOMPARE(adapter.score.value(), last ? 0.875 : 0.9375);
        }
    }

    void adaptersOfTheSameNameGetANumber() {
        const auto workbench = folder_->open(ScriptedTraining{});
        std::vector<std::string> names;
        for (int i = 0; i < 3; ++i) {
            engine::RunControl control;
            const auto run_id = workbench->create_run(folder_->spec("same")).value();
            const auto outcome = workbench->execute_run(run_id, observer_, control).value();
            names.push_back(workbench->catalog().adapter(outcome.adapter_id).name);
        }
        QCOMPARE(names, (std::vector<std::string>{"same", "same (2)", "same (3)"}));
    }

    void aStoppedRunResumesAndItsAdapterIsReplaced() {
        ScriptedTraining training;
        std::vector<engine::TrainRequest> requests;
        training.requests = &requests;
        training.before_step = [&](int64_t step, engine::RunControl& control) {
            if (step == 3 && requests.size() == 1) control.stop();
        };
        const auto workbench = folder_->open(training);
        auto& catalog = workbench->catalog();
        const auto run_id = workbench->create_run(folder_->spec("halted")).value();
        engine::RunControl first_control;
        const auto first = workbench->execute_run(run_id, observer_, first_control).value();
        QVERIFY(first.result.stopped);
        QCOMPARE(catalog.run(run_id).state, catalog::RunState::stopped);
        QCOMPARE(catalog.adapter(first.adapter_id).step, int64_t{2});
        catalog.set_tags(first.adapter_id, {"keep"});
        catalog.set_notes(first.adapter_id, "half way");
        const auto old_hash = catalog.adapter(first.adapter_id).hash;

        engine::RunControl second_control;
        const auto second = workbench->execute_run(run_id, observer_, second_control).value();
        QVERIFY(requests.back().resume);
        QCOMPARE(second.adapter_id, first.adapter_id);
        QCOMPARE(catalog.adapters().size(), std::size_t{1});
        const auto adapter = catalog.adapter(second.adapter_id);
        QCOMPARE(adapter.step, int64_t{4});
        QCOMPARE(adapter.tags, std::vector<std::string>{"keep"});
        QCOMPARE(adapter.notes, std::string("half way"));
        QVERIFY(adapter.hash != old_hash);
        QCOMPARE(catalog.series(run_id, "loss").size(), std::size_t{4});
    }

    void aStopBeforeTheFirstStepLeavesNoAdapter() {
        const auto workbench = folder_->open(ScriptedTraining{});
        engine::RunControl control;
        control.stop();
        const auto run_id = workbench->create_run(folder_->spec()).value();
        const auto outcome = workbench->execute_run(run_id, observer_, control).value();
        QVERIFY(outcome.adapter_id.empty());
        QVERIFY(workbench->catalog().adapters().empty());
        QCOMPARE(workbench->catalog().run(run_id).state, catalog::RunState::stopped);
    }

    void aFailureIsRecordedWithItsSentence() {
        ScriptedTraining training;
        training.before_step = [](int64_t step, engine::RunControl&) {
            if (step == 3)
                throw engine::Failure(engine::ErrorCode::failed, "The loss is not finite at step 3.");
        };
        const auto workbench = folder_->open(training);
        const auto run_id = workbench->create_run(folder_->spec()).value();
        engine::RunControl control;
        const auto outcome = workbench->execute_run(run_id, observer_, control);
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().message, std::string("The loss is not finite at step 3."));
        const auto run = workbench->catalog().run(run_id);
        QCOMPARE(run.state, catalog::RunState::failed);
        QCOMPARE(run.error_message, outcome.error().message);
        QCOMPARE(workbench->catalog().series(run_id, "loss").size(), std::size_t{2});
    }

    void anInterruptedRunResumes() {
        std::vector<engine::TrainRequest> requests;
        ScriptedTraining training;
        training.requests = &requests;
        const auto workbench = folder_->open(training);
        auto& catalog = workbench->catalog();
        const auto run_id = workbench->create_run(folder_->spec()).value();
        // As a program leaves it that dies after its checkpoint at step 2.
        QVERIFY(catalog.claim_run(run_id));
        write_text(fs::path(catalog.run(run_id).run_dir) / "state.safetensors", "2");
        QTest::qWait(30);
        QCOMPARE(catalog.mark_interrupted(0.01), std::vector<std::string>{run_id});
        QCOMPARE(catalog.run(run_id).state, catalog::RunState::interrupted);
        engine::RunControl control;
        const auto outcome = workbench->execute_run(run_id, observer_, control).value();
        QVERIFY(requests.front().resume);
        QCOMPARE(outcome.result.steps, int64_t{4});
        QCOMPARE(catalog.run(run_id).state, catalog::RunState::finished);
        QCOMPARE(catalog.series(run_id, "loss").front().step, int64_t{3});
    }

    void twoWorkbenchesShareOneCatalog() {
        std::atomic<int> running{0}, most{0};
        ScriptedTraining training;
        training.steps = 20;
        training.before_step = [&](int64_t step, engine::RunControl&) {
            if (step == 1) most = std::max<int>(most, ++running);
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            if (step == 20) --running;
        };
        const auto first = folder_->open(training);
        const auto second = folder_->open(training);
        const auto a = first->create_run(folder_->spec("a")).value();
        const auto b = second->create_run(folder_->spec("b")).value();
        QCOMPARE(first->catalog().runs().size(), std::size_t{2});
        const auto execute = [](workbench::Workbench& workbench, const std::string& run) {
            IgnoringObserver observer;
            engine::RunControl control;
            QVERIFY(workbench.execute_run(run, observer, control).ok());
        };
        {
            std::jthread one([&] { execute(*first, a); });
            std::jthread two([&] { execute(*second, b); });
        }
        QCOMPARE(most.load(), 2);
        QCOMPARE(second->catalog().adapters().size(), std::size_t{2});
        QCOMPARE(first->catalog().series(a, "loss").size(), std::size_t{20});
        QCOMPARE(first->catalog().series(b, "loss").size(), std::size_t{20});
    }

    void aRunIsExecutedOnce() {
        std::atomic<bool> started{false}, go_on{false};
        ScriptedTraining training;
        training.before_step = [&](int64_t, engine::RunControl&) {
            started = true;
            while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        };
        const auto first = folder_->open(training);
        const auto second = folder_->open(training);
        const auto run_id = first->create_run(folder_->spec()).value();
        std::jthread thread([&] {
            IgnoringObserver observer;
            engine::RunControl control;
            (void)first->execute_run(run_id, observer, control).ok();
        });
        QTRY_VERIFY(started);
        engine::RunControl control;
        const auto refused = second->execute_run(run_id, observer_, control);
        go_on = true;
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().message.find("another program") != std::string::npos);
    }

    void aRunTakenOverIsLeftToItsNewProcess() {
        // The other process is there before any thread is, and waits for the id.
        int ids[2];
        QCOMPARE(pipe(ids), 0);
        const fs::path file = folder_->paths().catalog_file();
        const pid_t other = fork();
        if (other == 0) {
            char id[64] = {};
            if (read(ids[0], id, sizeof id - 1) > 0)
                catalog::Catalog::open(file).update_run(id, {.state = catalog::RunState::running});
            pause();  // alive until the test is over
        }
        ScriptedTraining training;
        training.before_step = [&](int64_t step, engine::RunControl& control) {
            if (step != 2) return;
            auto catalog = catalog::Catalog::open(file);
            const auto runs = catalog.runs();
            QTRY_VERIFY(
                !catalog.series(runs[0].id, "loss").empty());  // what was written at the start is done
            QCOMPARE(write(ids[1], runs[0].id.data(), runs[0].id.size()), ssize_t(runs[0].id.size()));
            QTRY_VERIFY_WITH_TIMEOUT(control.stop_requested(), 20'000);  // at the next heartbeat
        };
        const auto workbench = folder_->open(training);
        const auto run_id = workbench->create_run(folder_->spec()).value();
        engine::RunControl control;
        const auto outcome = workbench->execute_run(run_id, observer_, control);
        const auto run = workbench->catalog().run(run_id);
        kill(other, SIGKILL);
        waitpid(other, nullptr, 0);
        QVERIFY(!outcome.ok());
        QVERIFY(outcome.error().message.find("took it over") != std::string::npos);
        QCOMPARE(run.state, catalog::RunState::running);
        QCOMPARE(run.owner.pid, std::int64_t{other});
        QVERIFY(run.error_message.empty());
    }

    void removingARunKeepsItsAdapter() {
        const auto workbench = folder_->open(ScriptedTraining{});
        const auto run_id = workbench->create_run(folder_->spec()).value();
        engine::RunControl control;
        const auto outcome = workbench->execute_run(run_id, observer_, control).value();
        const fs::path run_dir = workbench->catalog().run(run_id).run_dir;
        QVERIFY(fs::exists(run_dir));
        QVERIFY(workbench->remove_run(run_id).ok());
        QVERIFY(!fs::exists(run_dir));
        QVERIFY(workbench->resolve_adapter(outcome.adapter_id).ok());
        QVERIFY(!workbench->remove_run(run_id).ok());
    }

    void theRealEngineTrainsThroughIt() {
        const auto workbench = folder_->open();
        const auto run_id = workbench->create_run(folder_->spec("real")).value();
        engine::RunControl control;
        int64_t steps = 0;
        observer_.listener = [&](const engine::Event& event) {
            if (std::holds_alternative<engine::StepMetrics>(event)) ++steps;
        };
        const auto outcome = workbench->execute_run(run_id, observer_, control).value();
        QCOMPARE(steps, int64_t{4});
        const auto run = workbench->catalog().run(run_id);
        QCOMPARE(run.global_step, int64_t{4});
        QVERIFY(run.eval_loss.has_value());
        QCOMPARE(run.trainable_params, workbench->plan(folder_->spec()).value().trainable_params);
        const auto adapter = workbench->resolve_adapter("real").value();
        QCOMPARE(adapter.record->id, outcome.adapter_id);
        QCOMPARE(adapter.spec->name, std::string("real"));

        engine::ExportRequest request;
        request.format = engine::ExportFormat::hf;
        request.out = folder_->root() / "merged";
        const auto report = workbench->export_adapter("real", request).value();
        QVERIFY2(report.self_test.passed, report.self_test.verdict.c_str());
        const auto exports = workbench->catalog().exports(outcome.adapter_id);
        QCOMPARE(exports.size(), std::size_t{1});
        QVERIFY(exports.front().passed);
        QVERIFY(workbench->inspect((folder_->root() / "merged").string()).ok());
    }

    void anOpenPrecisionIsDecidedOnce() {
        const auto workbench = folder_->open();
        auto spec = folder_->spec("auto");
        spec.precision = engine::Precision::automatic;
        const auto run = workbench->catalog().run(workbench->create_run(spec).value());
        const auto decided = engine::spec_from_json(run.spec_json).value();
        QVERIFY(decided.precision != engine::Precision::automatic);
        QCOMPARE(run.dtype, std::string(engine::name_of(decided.precision)));
        const auto log = workbench::read_run_log(run.run_dir).lines;
        QCOMPARE(log.size(), std::size_t{1});
        QVERIFY2(log.front().text.find("Precision auto: " + run.dtype) == 0, log.front().text.c_str());
        engine::RunControl control;
        QCOMPARE(workbench->execute_run(run.id, observer_, control).value().result.steps, int64_t{4});
    }

    void whatCannotTrainIsRefusedBeforeThereIsARun_data() {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("said");
        QTest::newRow("no model") << "model"
                                  << "No base model";
        QTest::newRow("no such folder") << "folder"
                                        << "no model folder";
        QTest::newRow("rank above the matrix") << "rank"
                                               << "rank";
        QTest::newRow("no matrix") << "targets"
                                   << "matri";
        QTest::newRow("context") << "length"
                                 << "context is 128";
        QTest::newRow("no data file") << "file"
                                      << "nowhere.jsonl";
        QTest::newRow("empty data") << "empty"
                                    << "empty.jsonl";
        QTest::newRow("bad row") << "row"
                                 << "line 3";
        QTest::newRow("bad evaluation row") << "eval row"
                                            << "line 3";
        QTest::newRow("device") << "device"
                                << "cuda:7";
    }
    void whatCannotTrainIsRefusedBeforeThereIsARun() {
        QFETCH(QString, what);
        QFETCH(QString, said);
        const fs::path broken = folder_->root() / "broken.jsonl";
        write_text(broken, "{\"text\": \"a\"}\n{\"text\": \"b\"}\n{\"text\": \n{\"text\": \"c\"}\n");
        write_text(folder_->root() / "empty.jsonl", "");
        auto spec = folder_->spec();
        if (what == "model") spec.model.clear();
        if (what == "folder") spec.model = "/no/such/folder";
        if (what == "rank") spec.lora.rank = 33;
        if (what == "targets") spec.lora.targets.clear();
        if (what == "length") spec.data.seq_len = 129;
        if (what == "file") spec.data.train_path = (folder_->root() / "nowhere.jsonl").string();
        if (what == "empty") spec.data.train_path = (folder_->root() / "empty.jsonl").string();
        if (what == "row") spec.data.train_path = broken.string();
        if (what == "eval row") spec.data.eval_path = broken.string();
        if (what == "device") spec.device = "cuda:7";
        const auto sentence = QString::fromStdString(refusal(spec));
        QVERIFY2(sentence.contains(said), qPrintable(sentence));
        QVERIFY2(sentence.endsWith("."), qPrintable(sentence));
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchRuns)
#include "tst_workbench_runs.moc"
