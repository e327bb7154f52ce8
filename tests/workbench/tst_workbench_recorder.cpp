// The run recorder: what reaches the catalog, in which order, and what happens when it cannot.
#include "run_recorder.h"
#include "workbench_fixture.h"

#include <QtTest>

using namespace std::chrono_literals;
using namespace workbench_test;

namespace {

constexpr workbench::RunRecorder::Pace quick{20ms, 40ms};

engine::StepMetrics step(int64_t number, double loss) {
    engine::StepMetrics metrics;
    metrics.global_step = number;
    metrics.loss = loss;
    metrics.loss_smooth = loss + 0.5;
    metrics.elapsed_s = 0.1 * static_cast<double>(number);
    metrics.rss_bytes = 1000;
    return metrics;
}

std::string running_run(catalog::Catalog& catalog) {
    catalog::RunRecord run;
    run.name = "recorded";
    run.state = catalog::RunState::running;
    return catalog.insert_run(run).id;
}

}  // namespace

class TstWorkbenchRecorder : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path file_;
    std::optional<catalog::Catalog> catalog_;
    std::string run_;
    IgnoringObserver next_;
    std::unique_ptr<engine::RunControl> control_;

  private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        file_ = fs::path(folder_->path().toStdString()) / "catalog.sqlite";
        catalog_ = catalog::Catalog::open(file_);
        run_ = running_run(*catalog_);
        next_ = {};
        control_ = std::make_unique<engine::RunControl>();
    }

    void everyStepIsKeptInOrder() {
        workbench::RunRecorder recorder(file_, run_, next_, *control_, quick);
        recorder.on_event(engine::RunStarted{.total_steps = 3000, .device = "cpu", .model_hash = "m"});
        for (int64_t i = 1; i <= 3000; ++i) recorder.on_event(step(i, 1.0 / static_cast<double>(i)));
        recorder.finish();
        const auto points = catalog_->series(run_, "loss");
        QCOMPARE(points.size(), std::size_t{3000});
        for (std::size_t i = 0; i < points.size(); ++i) QCOMPARE(points[i].step, static_cast<int64_t>(i) + 1);
        QCOMPARE(points[99].value, 0.01);
        QCOMPARE(points[99].time_s, 10.0);
        const auto run = catalog_->run(run_);
        QCOMPARE(run.global_step, int64_t{3000});
        QCOMPARE(run.total_steps, int64_t{3000});
        QCOMPARE(run.model_hash, std::string("m"));
        QCOMPARE(run.train_loss.value(), 1.0 / 3000 + 0.5);
        QCOMPARE(run.peak_memory_bytes, int64_t{1000});
    }

    void eventsReachTheNextObserverAtOnce() {
        int heard = 0;
        next_.listener = [&](const engine::Event&) { ++heard; };
        workbench::RunRecorder recorder(file_, run_, next_, *control_, {1h, 1h});
        recorder.on_event(step(1, 1));
        recorder.on_event(engine::RunMessage{"note"});
        QCOMPARE(heard, 2);
        QVERIFY(catalog_->series(run_, "loss").empty());  // the writer's hour is not over
        recorder.finish();
        QCOMPARE(catalog_->series(run_, "loss").size(), std::size_t{1});
    }

    void evaluationsAndNormsHaveTheirSeries() {
        workbench::RunRecorder recorder(file_, run_, next_, *control_, quick);
        recorder.on_event(engine::EvalMetrics{.global_step = 10, .loss = 1.5, .best = true});
        recorder.on_event(engine::EvalMetrics{.global_step = 20, .loss = 1.75});
        recorder.on_event(engine::DeltaNorms{20, {{0, "q", 0.25}, {1, "v", 0.5}}});
        recorder.finish();
        QCOMPARE(catalog_->series(run_, "eval_loss").size(), std::size_t{2});
        QCOMPARE(catalog_->series(run_, "delta_norm/1/v").front().value, 0.5);
        const auto run = catalog_->run(run_);
        QCOMPARE(run.eval_loss.value(), 1.75);
        QCOMPARE(run.best_eval_loss.value(), 1.5);
        QCOMPARE(run.best_step.value(), int64_t{10});
    }

    void resumingDropsWhatWasRecordedAfterTheCheckpoint() {
        {
            workbench::RunRecorder recorder(file_, run_, next_, *control_, quick);
            for (int64_t i = 1; i <= 8; ++i) recorder.on_event(step(i, 1));
            recorder.finish();
        }
        workbench::RunRecorder recorder(file_, run_, next_, *control_, quick);
        recorder.on_event(engine::RunStarted{.total_steps = 10, .first_step = 5});
        recorder.on_event(step(6, 2));
        recorder.finish();
        const auto points = catalog_->series(run_, "loss");
        QCOMPARE(points.size(), std::size_t{6});
        QCOMPARE(points.back().step, int64_t{6});
        QCOMPARE(points.back().value, 2.0);
    }

    void pausingShowsInTheCatalog() {
        workbench::RunRecorder recorder(file_, run_, next_, *control_, quick);
        recorder.on_event(engine::StateChanged{"paused"});
        QTRY_COMPARE(catalog_->run(run_).state, catalog::RunState::paused);
        recorder.on_event(engine::StateChanged{"training"});
        QTRY_COMPARE(catalog_->run(run_).state, catalog::RunState::running);
        recorder.finish();
    }

    void heartbeatsWithoutAnyEvent() {
        const double before = catalog_->run(run_).heartbeat_at;
        workbench::RunRecorder recorder(file_, run_, next_, *control_, quick);
        QTRY_VERIFY(catalog_->run(run_).heartbeat_at > before);
        recorder.finish();
    }

    void stopsARunThatIsNoLongerItsOwn() {
        workbench::RunRecorder recorder(file_, run_, next_, *control_, quick);
        catalog_->update_run(run_, {.state = catalog::RunState::stopped});
        QTRY_VERIFY(control_->stop_requested());
        QVERIFY(recorder.lost());
        recorder.on_event(step(1, 1));
        recorder.finish();
        QVERIFY(catalog_->series(run_, "loss").empty());
    }

    void saysSoWhenNothingCouldBeStored() {
        const auto nowhere = fs::path(folder_->path().toStdString()) / "catalog.sqlite/inside";
        workbench::RunRecorder recorder(nowhere, run_, next_, *control_, quick);
        recorder.on_event(step(1, 1));
        QVERIFY_THROWS_EXCEPTION(catalog::Error, recorder.finish());
    }

    void keepsWhatCouldNotBeStoredYet() {
        // The run is entered only after the first tries have failed.
        workbench::RunRecorder recorder(file_, "r-later0", next_, *control_, {20ms, 1h});
        recorder.on_event(engine::RunStarted{.total_steps = 9});
        recorder.on_event(step(1, 1));
        QTest::qWait(120);
        recorder.on_event(step(2, 1));
        catalog::RunRecord run;
        run.id = "r-later0";
        run.name = "later";
        run.state = catalog::RunState::running;
        catalog_->insert_run(run);
        recorder.finish();
        QCOMPARE(catalog_->series("r-later0", "loss").size(), std::size_t{2});
        QCOMPARE(catalog_->run("r-later0").total_steps, int64_t{9});
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchRecorder)
#include "tst_workbench_recorder.moc"
