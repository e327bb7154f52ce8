// Several runs at once: each is a run of its own in the catalog and in the queue.
#include "workbench/run_log.h"
#include "workbench/run_queue.h"
#include "workbench_fixture.h"

#include <QtTest>

#include <engine/runtime.h>

#include <algorithm>
#include <atomic>
#include <mutex>

using namespace workbench_test;

namespace {

struct Heard {
    std::string run_id;
    std::string what;  // "started", or how it ended
};

}  // namespace

class TstWorkbenchStudy : public QObject {
    Q_OBJECT

    std::unique_ptr<DataFolder> folder_;
    std::unique_ptr<workbench::Workbench> workbench_;
    std::mutex mutex_;
    std::vector<Heard> heard_;
    std::function<void(const std::string&, const workbench::QueueEvent&)> on_each_;

    std::vector<engine::ExperimentSpec> ranks() const {
        std::vector<engine::ExperimentSpec> specs;
        for (const int64_t rank : {1, 2, 4}) {
            specs.push_back(folder_->spec("rank " + std::to_string(rank)));
            specs.back().lora.rank = rank;
            specs.back().lora.alpha = static_cast<double>(2 * rank);
            specs.back().steps = 6;
        }
        return specs;
    }

    workbench::RunQueue::Listener listener() {
        return [this](const std::string& run, const workbench::QueueEvent& event) {
            const auto* end = std::get_if<workbench::RunEnded>(&event);
            const auto* engine_event = std::get_if<engine::Event>(&event);
            const bool started = engine_event && std::holds_alternative<engine::RunStarted>(*engine_event);
            if (on_each_) on_each_(run, event);
            std::lock_guard lock(mutex_);
            if (end || started) heard_.push_back({run, end ? end->state : "started"});
        };
    }
    std::vector<Heard> heard() {
        std::lock_guard lock(mutex_);
        return heard_;
    }
    std::size_t ends() {
        const auto all = heard();
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [](const Heard& each) { return each.what != "started"; }));
    }
    const catalog::RunRecord record(const std::string& id) { return workbench_->catalog().run(id); }

  private Q_SLOTS:
    void initTestCase() { engine::initialize_runtime(); }
    void init() {
        folder_ = std::make_unique<DataFolder>();
        workbench_ = folder_->open();
        heard_.clear();
        on_each_ = {};
    }

    void eachIsARunOfItsOwn() {
        std::vector<std::string> ids;
        for (const auto& spec : ranks()) ids.push_back(workbench_->create_run(spec).value());
        IgnoringObserver observers[3];
        engine::RunControl controls[3];
        std::vector<workbench::RunToExecute> runs;
        for (std::size_t i = 0; i < 3; ++i) runs.push_back({ids[i], observers[i], controls[i]});
        std::vector<std::string> adapters(3);
        workbench_->execute_runs(runs, [&](std::size_t i, engine::Result<workbench::RunOutcome> outcome) {
            if (outcome) adapters[i] = outcome->adapter_id;
        });
        for (std::size_t i = 0; i < 3; ++i) {
            const auto run = record(ids[i]);
            QCOMPARE(run.state, catalog::RunState::finished);
            QCOMPARE(run.global_step, int64_t{6});
            QCOMPARE(workbench_->catalog().series(ids[i], "loss").size(), std::size_t{6});
            QVERIFY(!adapters[i].empty());
            QCOMPARE(workbench_->catalog().adapter(adapters[i]).run_id, ids[i]);
            QCOMPARE(workbench_->catalog().adapter(adapters[i]).name, run.name);
            QVERIFY(!workbench::read_run_log(run.run_dir).lines.empty());
        }
        QVERIFY(record(ids[0]).trainable_params < record(ids[1]).trainable_params);
    }

    // What cannot start says so, and the rest trains.
    void oneThatCannotStartIsAlone() {
        std::vector<std::string> ids;
        for (const auto& spec : ranks()) ids.push_back(workbench_->create_run(spec).value());
        workbench_->catalog().update_run(ids[0], {.spec_json = "{}}"});
        workbench_->catalog().update_run(ids[1], {.state = catalog::RunState::cancelled});
        IgnoringObserver observer;
        engine::RunControl controls[3];
        std::vector<workbench::RunToExecute> runs;
        for (std::size_t i = 0; i < 3; ++i) runs.push_back({ids[i], observer, controls[i]});
        std::vector<bool> good(3);
        int calls = 0;
        workbench_->execute_runs(runs, [&](std::size_t i, const engine::Result<workbench::RunOutcome>& outcome) {
            good[i] = outcome.ok();
            ++calls;
        });
        QCOMPARE(calls, 3);
        QCOMPARE(good, (std::vector<bool>{false, false, true}));
        QCOMPARE(record(ids[0]).state, catalog::RunState::failed);
        QCOMPARE(record(ids[1]).state, catalog::RunState::cancelled);
        QCOMPARE(record(ids[2]).state, catalog::RunState::finished);
    }

    void theQueueTrainsAStudyAtOnce() {
        workbench::RunQueue queue(*workbench_, listener());
        const auto ids = queue.enqueue_study(ranks()).value();
        const auto after = queue.enqueue(folder_->spec("after")).value();
        QTRY_COMPARE_WITH_TIMEOUT(ends(), std::size_t{4}, 60000);
        const auto all = heard();
        // All have started before the first one ends; what was queued behind them starts then.
        for (std::size_t i = 0; i < 3; ++i) {
            QCOMPARE(all[i].run_id, ids[i]);
            QCOMPARE(all[i].what, std::string("started"));
        }
        for (std::size_t i = 3; i < 6; ++i) QCOMPARE(all[i].what, std::string("finished"));
        QCOMPARE(all[6].run_id, after);
        QVERIFY(queue.running().empty());
    }

    // Its record says so at once, while the others go on; then it may go on by itself.
    void aStopEndsOneOfThem() {
        std::vector<std::string> ids;
        workbench::RunQueue* of = nullptr;
        std::string state_then;
        std::vector<std::string> running_then;
        auto specs = ranks();
        for (auto& spec : specs) spec.steps = 40;
        on_each_ = [&](const std::string& run, const workbench::QueueEvent& event) {
            const auto* engine_event = std::get_if<engine::Event>(&event);
            const auto* step = engine_event ? std::get_if<engine::StepMetrics>(engine_event) : nullptr;
            if (step && run == ids[1] && step->global_step == 3) of->stop_and_save(ids[1]);
            if (std::holds_alternative<workbench::RunEnded>(event) && run == ids[1] && state_then.empty()) {
                state_then = std::string(catalog::to_string(workbench_->catalog().run(ids[1]).state));
                running_then = of->running();
            }
        };
        std::atomic<bool> known{false};  // the ids, which who listens asks for
        const auto queue = std::make_unique<workbench::RunQueue>(
            *workbench_, [&](const std::string& run, const workbench::QueueEvent& event) {
                known.wait(false);
                listener()(run, event);
            });
        of = queue.get();
        ids = queue->enqueue_study(specs).value();
        known = true;
        known.notify_all();
        QTRY_COMPARE_WITH_TIMEOUT(ends(), std::size_t{3}, 60000);
        QCOMPARE(state_then, std::string("stopped"));
        QCOMPARE(running_then, (std::vector{ids[0], ids[2]}));
        QCOMPARE(record(ids[0]).state, catalog::RunState::finished);
        QCOMPARE(record(ids[1]).global_step, int64_t{3});
        QVERIFY(queue->enqueue_existing(ids[1]).ok());
        QTRY_COMPARE_WITH_TIMEOUT(ends(), std::size_t{4}, 60000);
        QCOMPARE(record(ids[1]).state, catalog::RunState::finished);
        QCOMPARE(record(ids[1]).global_step, int64_t{40});
    }

    void aStudyIsMadeWholeOrNotAtAll() {
        workbench::RunQueue queue(*workbench_, listener());
        auto specs = ranks();
        specs[2].lora.rank = 1000;
        QVERIFY(!queue.enqueue_study(specs).ok());
        QVERIFY(workbench_->catalog().runs().empty());
        QVERIFY(queue.waiting().empty() && queue.running().empty());
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchStudy)
#include "tst_workbench_study.moc"
