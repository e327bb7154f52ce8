#include "catalog_fixture.h"

#include <catalog/catalog.h>

#include <QtTest>

#include <cmath>

using namespace catalog;

class TstCatalogRuns : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void insertedRunIsReadBackWhole() {
        Catalog catalog = Catalog::open(":memory:");
        RunRecord run = sample_run();
        run.train_loss = 1.25;
        run.best_step = 200;
        run.memory_floor_bytes = 351'000'000;
        run.error_message = "none";
        const RunRecord stored = catalog.insert_run(run);
        QCOMPARE(stored.id.size(), std::size_t{8});
        QVERIFY(stored.id.starts_with("r-"));
        QVERIFY(stored.created_at > 1.6e9);

        const RunRecord read = catalog.run(stored.id);
        QCOMPARE(read.name, run.name);
        QVERIFY(read.state == RunState::queued);
        QCOMPARE(read.spec_json, run.spec_json);
        QCOMPARE(read.model_ref, run.model_ref);
        QCOMPARE(read.model_name, run.model_name);
        QCOMPARE(read.model_hash, run.model_hash);
        QCOMPARE(read.data_path, run.data_path);
        QCOMPARE(read.data_hash, run.data_hash);
        QCOMPARE(read.method, run.method);
        QCOMPARE(read.rank, run.rank);
        QCOMPARE(read.alpha, run.alpha);
        QCOMPARE(read.targets, run.targets);
        QCOMPARE(read.seed, run.seed);
        QCOMPARE(read.trainable_params, run.trainable_params);
        QCOMPARE(read.total_params, run.total_params);
        QCOMPARE(read.total_steps, run.total_steps);
        QVERIFY(read.train_loss == 1.25);
        QVERIFY(!read.eval_loss);
        QVERIFY(read.best_step == 200);
        QCOMPARE(read.memory_floor_bytes, run.memory_floor_bytes);
        QCOMPARE(read.run_dir, run.run_dir);
        QCOMPARE(read.error_message, run.error_message);
        QCOMPARE(read.program_version, run.program_version);
        QCOMPARE(read.libtorch_version, run.libtorch_version);
        QCOMPARE(read.device, run.device);
        QCOMPARE(read.dtype, run.dtype);
    }

    void idsAreUniqueAndSortByCreation() {
        Catalog catalog = Catalog::open(":memory:");
        Texts ids;
        for (int i = 0; i < 200; ++i)
            ids.push_back(i % 2 ? catalog.new_run_id() : catalog.insert_run(sample_run()).id);
        QVERIFY(std::is_sorted(ids.begin(), ids.end()));
        QVERIFY(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    }

    void updateWritesOnlyWhatIsGiven() {
        Catalog catalog = Catalog::open(":memory:");
        const RunRecord stored = catalog.insert_run(sample_run());
        catalog.update_run(stored.id, {.global_step = 10, .train_loss = 2.5, .tokens_per_second = 1234.5});
        RunRecord read = catalog.run(stored.id);
        QCOMPARE(read.global_step, 10);
        QVERIFY(read.train_loss == 2.5);
        QVERIFY(read.tokens_per_second == 1234.5);
        QCOMPARE(read.memory_floor_bytes, 0);
        catalog.update_run(stored.id, {.memory_floor_bytes = 7});
        QCOMPARE(catalog.run(stored.id).memory_floor_bytes, 7);
        QCOMPARE(read.name, stored.name);
        QVERIFY(read.state == RunState::queued);

        catalog.update_run(stored.id, {});
        QCOMPARE(catalog.run(stored.id).global_step, 10);
        QVERIFY(throws(ErrorCode::not_found, "r-zzzzzz",
                       [&] { catalog.update_run("r-zzzzzz", {.global_step = 1}); }));
    }

    void nonFiniteLossIsKeptAsUnknown() {
        Catalog catalog = Catalog::open(":memory:");
        const RunRecord stored = catalog.insert_run(sample_run());
        catalog.update_run(stored.id, {.train_loss = std::nan(""), .eval_loss = INFINITY});
        QVERIFY(!catalog.run(stored.id).train_loss);
        QVERIFY(std::isinf(*catalog.run(stored.id).eval_loss));
    }

    void stateChangesSetOwnerAndTimes() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string id = catalog.insert_run(sample_run()).id;
        catalog.update_run(id, {.state = RunState::running});
        RunRecord run = catalog.run(id);
        QVERIFY(run.owner == this_process());
        QVERIFY(run.started_at > 1.6e9);
        QVERIFY(run.heartbeat_at > 1.6e9);
        QCOMPARE(run.finished_at, 0.0);

        catalog.update_run(id, {.state = RunState::stopped});
        QVERIFY(catalog.run(id).finished_at > 1.6e9);
        catalog.update_run(id, {.state = RunState::running});
        QCOMPARE(catalog.run(id).finished_at, 0.0);
        QCOMPARE(catalog.run(id).started_at, run.started_at);
        catalog.update_run(id, {.state = RunState::finished, .finished_at = 5.0});
        QCOMPARE(catalog.run(id).finished_at, 5.0);
    }

    void everyStateIsStoredByName() {
        Catalog catalog = Catalog::open(":memory:");
        for (const char* name :
             {"queued", "running", "paused", "finished", "stopped", "failed", "interrupted", "cancelled"}) {
            const auto state = run_state_from(name);
            QVERIFY(state);
            RunRecord run = sample_run();
            run.state = *state;
            QVERIFY(catalog.run(catalog.insert_run(run).id).state == *state);
            QVERIFY(to_string(*state) == name);
        }
        QVERIFY(!run_state_from("asleep"));
    }

    void runIsFoundByIdNameAndBeginning() {
        Catalog catalog = Catalog::open(":memory:");
        RunRecord run = sample_run("first");
        run.id = "r-0abcde";
        catalog.insert_run(run);
        run = sample_run("second");
        run.id = "r-0abcff";
        catalog.insert_run(run);

        QCOMPARE(catalog.run("r-0abcde").name, std::string("first"));
        QCOMPARE(catalog.run("second").id, std::string("r-0abcff"));
        QCOMPARE(catalog.run("r-0abcd").name, std::string("first"));
        QCOMPARE(catalog.run("0abcf").name, std::string("second"));
        QVERIFY(throws(ErrorCode::ambiguous, "r-0abcde 'first', r-0abcff 'second'",
                       [&] { catalog.run("0abc"); }));
        for (const char* unknown : {"", "r-", "r-0a", "fir", "r-0abcdef", "%", "r-______"})
            QVERIFY2(
                throws(ErrorCode::not_found, "'" + std::string(unknown) + "'", [&] { catalog.run(unknown); }),
                unknown);

        catalog.insert_run(sample_run("first"));
        QVERIFY(throws(ErrorCode::ambiguous, "'first'", [&] { catalog.run("first"); }));
    }

    void listFiltersAndOrders() {
        Catalog catalog = Catalog::open(":memory:");
        RunRecord old = sample_run("old one");
        old.state = RunState::finished;
        old.created_at = 100.0;
        RunRecord young = sample_run("young_one");
        young.state = RunState::failed;
        young.created_at = 200.0;
        catalog.insert_run(old);
        catalog.insert_run(young);
        catalog.insert_run(sample_run("waiting 1"));
        catalog.insert_run(sample_run("waiting 2"));

        QCOMPARE(names_of(catalog.runs()), (Texts{"waiting 1", "waiting 2", "young_one", "old one"}));
        QCOMPARE(names_of(catalog.runs({.states = {RunState::failed, RunState::finished}})),
                 (Texts{"young_one", "old one"}));
        QCOMPARE(names_of(catalog.runs({.text = "ONE tiny old"})), (Texts{"old one"}));
        QCOMPARE(names_of(catalog.runs({.text = "g_o"})), (Texts{"young_one"}));
        QCOMPARE(names_of(catalog.runs({.text = "%"})), Texts{});
        QCOMPARE(names_of(catalog.runs({.text = "'; DROP TABLE runs; --"})), Texts{});
        QCOMPARE(names_of(catalog.runs({.limit = 1})), (Texts{"waiting 1"}));
    }

    void queueIsClaimedInOrder() {
        Catalog catalog = Catalog::open(":memory:");
        Texts ids;
        for (const char* name : {"a", "b", "c", "d"}) ids.push_back(catalog.insert_run(sample_run(name)).id);
        catalog.order_queue({ids[2], ids[0]});
        QCOMPARE(names_of(catalog.runs()), (Texts{"c", "a", "b", "d"}));

        QVERIFY(catalog.cancel_queued(ids[0]));
        QVERIFY(!catalog.cancel_queued(ids[0]));
        const auto first = catalog.claim_next_queued();
        QCOMPARE(first->name, std::string("c"));
        QVERIFY(first->state == RunState::running);
        QVERIFY(first->owner == this_process());
        QVERIFY(!catalog.cancel_queued(first->id));
        QCOMPARE(catalog.claim_next_queued()->name, std::string("b"));
        QCOMPARE(catalog.claim_next_queued()->name, std::string("d"));
        QVERIFY(!catalog.claim_next_queued());
    }

    void runPutBackIntoTheQueueIsLast() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string id = catalog.insert_run(sample_run("a")).id;
        catalog.insert_run(sample_run("b"));
        catalog.claim_run(id);
        catalog.update_run(id, {.state = RunState::stopped});
        catalog.update_run(id, {.state = RunState::queued});
        QCOMPARE(names_of(catalog.runs()), (Texts{"b", "a"}));
        QCOMPARE(catalog.run(id).finished_at, 0.0);
    }

    void onlyAFreeRunCanBeClaimed() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string id = catalog.insert_run(sample_run()).id;
        QVERIFY(catalog.claim_run(id));
        QVERIFY(!catalog.claim_run(id));
        catalog.update_run(id, {.state = RunState::failed, .error_message = "Disk full."});
        QVERIFY(catalog.claim_run(id));
        QCOMPARE(catalog.run(id).error_message, std::string());
        catalog.update_run(id, {.state = RunState::finished});
        QVERIFY(!catalog.claim_run(id));
    }

    void staleHeartbeatBecomesInterruptedAndComesBack() {
        Catalog catalog = Catalog::open(":memory:");
        RunRecord stale = sample_run("stale");
        stale.state = RunState::paused;
        stale.owner = {1, "another-machine"};
        stale.heartbeat_at = 1000.0;
        const std::string stale_id = catalog.insert_run(stale).id;
        RunRecord slept = sample_run("slept");
        slept.state = RunState::running;
        slept.owner = this_process();
        slept.heartbeat_at = 1000.0;
        const std::string slept_id = catalog.insert_run(slept).id;
        const std::string alive_id = catalog.insert_run(sample_run("alive")).id;
        QVERIFY(catalog.claim_run(alive_id));
        catalog.insert_run(sample_run("waiting"));

        QCOMPARE(catalog.mark_interrupted(1e12), Texts{});
        QCOMPARE(ids_of(catalog.runs({.states = {RunState::interrupted}})), Texts{});
        Texts marked = catalog.mark_interrupted(60.0);
        std::sort(marked.begin(), marked.end());
        QCOMPARE(marked, (Texts{stale_id, slept_id}));
        QCOMPARE(catalog.run(stale_id).finished_at, 1000.0);
        QVERIFY(catalog.run(alive_id).state == RunState::running);

        QVERIFY(catalog.heartbeat(alive_id));
        QVERIFY(catalog.heartbeat(slept_id));
        QVERIFY(catalog.run(slept_id).state == RunState::running);
        QVERIFY(!catalog.heartbeat(stale_id));
        QVERIFY(catalog.run(stale_id).state == RunState::interrupted);
        QVERIFY(catalog.claim_run(stale_id));
    }

    void removingARunKeepsItsAdapters() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string id = catalog.insert_run(sample_run()).id;
        catalog.append_metrics(id, {{"loss", {1, 0.1, 2.0}}});
        AdapterRecord adapter = sample_adapter();
        adapter.run_id = id;
        const std::string adapter_id = catalog.insert_adapter(adapter).id;

        catalog.claim_run(id);
        QVERIFY(throws(ErrorCode::constraint, "running", [&] { catalog.remove_run(id); }));
        catalog.update_run(id, {.state = RunState::stopped});
        catalog.remove_run(id);
        QVERIFY(throws(ErrorCode::not_found, id, [&] { catalog.run(id); }));
        QCOMPARE(catalog.series_keys(id), Texts{});
        QCOMPARE(catalog.adapter(adapter_id).run_id, std::string());
    }

    void transactionsAreAllOrNothing() {
        Catalog catalog = Catalog::open(":memory:");
        const auto work = [&] {
            catalog.insert_run(sample_run("kept?"));
            throw Error(ErrorCode::failed, "Half way.");
        };
        QVERIFY(error_of([&] { catalog.in_transaction(work); }));
        QVERIFY(catalog.runs().empty());

        catalog.in_transaction([&] {
            catalog.insert_run(sample_run("outer"));
            error_of([&] { catalog.in_transaction(work); });
        });
        QCOMPARE(names_of(catalog.runs()), Texts{"outer"});
    }

    void settingsAndRecentModelsAreKept() {
        Catalog catalog = Catalog::open(":memory:");
        QVERIFY(!catalog.setting("theme"));
        catalog.set_setting("theme", "dark");
        catalog.set_setting("theme", "");
        QVERIFY(catalog.setting("theme") == std::string());

        catalog.touch_recent_model("/models/a", "a");
        catalog.touch_recent_model("/models/b", "b");
        catalog.touch_recent_model("/models/a", "A");
        QCOMPARE(names_of(catalog.recent_models()), (Texts{"A", "b"}));
        QCOMPARE(names_of(catalog.recent_models(1)), (Texts{"A"}));
        catalog.forget_recent_model("/models/a");
        QCOMPARE(names_of(catalog.recent_models()), (Texts{"b"}));
    }
};

QTEST_APPLESS_MAIN(TstCatalogRuns)
#include "tst_catalog_runs.moc"
