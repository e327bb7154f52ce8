// The queue: order, moving, cancelling, stopping, and what the catalog says meanwhile. Training is scripted.
#include "workbench/run_queue.h"
#include "workbench_fixture.h"

#include <QtTest>

#include <condition_variable>
#include <mutex>

using namespace workbench_test;

namespace {

// Holds every run before its first step until it is let go.
class Gate {
  public:
    void wait(engine::RunControl& control) {
        std::unique_lock lock(mutex_);
        ++arrived_;
        while (permits_ == 0 && !control.stop_requested())
            changed_.wait_for(lock, std::chrono::milliseconds(5));
        if (permits_ > 0) --permits_;
    }
    void release(int runs = 1) {
        std::lock_guard lock(mutex_);
        permits_ += runs;
        changed_.notify_all();
    }
    int arrived() {
        std::lock_guard lock(mutex_);
        return arrived_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int permits_ = 0;
    int arrived_ = 0;
};

struct Ended {
    std::string run_id;
    workbench::RunEnded how;
};

}  // namespace

class TstWorkbenchQueue : public QObject {
    Q_OBJECT

    std::unique_ptr<DataFolder> folder_;
    std::unique_ptr<Gate> gate_;
    std::unique_ptr<workbench::Workbench> workbench_;
    std::mutex mutex_;
    std::vector<Ended> ended_;
    std::unique_ptr<workbench::RunQueue> queue_;

    std::vector<Ended> ended() {
        std::lock_guard lock(mutex_);
        return ended_;
    }
    std::string enqueue(const std::string& name) { return queue_->enqueue(folder_->spec(name)).value(); }
    catalog::RunState state(const std::string& run) { return workbench_->catalog().run(run).state; }

  private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<DataFolder>();
        gate_ = std::make_unique<Gate>();
        ScriptedTraining training;
        training.before_step = [this](int64_t step, engine::RunControl& control) {
            if (step == 1) gate_->wait(control);
        };
        workbench_ = folder_->open(training);
        ended_.clear();
        queue_ = std::make_unique<workbench::RunQueue>(
            *workbench_, [this](const std::string& run, const workbench::QueueEvent& event) {
                std::lock_guard lock(mutex_);
                if (const auto* end = std::get_if<workbench::RunEnded>(&event)) ended_.push_back({run, *end});
            });
    }

    void cleanup() {
        gate_->release(100);
        queue_.reset();
        workbench_.reset();
    }

    void runsInOrderOneAtATime() {
        const auto a = enqueue("a"), b = enqueue("b"), c = enqueue("c");
        QTRY_COMPARE(queue_->running(), std::vector{a});
        QCOMPARE(queue_->waiting(), (std::vector{b, c}));
        QTRY_COMPARE(gate_->arrived(), 1);
        gate_->release(3);
        QTRY_COMPARE(ended().size(), std::size_t{3});
        QCOMPARE(ended()[0].run_id, a);
        QCOMPARE(ended()[1].run_id, b);
        QCOMPARE(ended()[2].run_id, c);
        QCOMPARE(ended()[2].how.state, std::string("finished"));
        QVERIFY(!ended()[2].how.adapter_id.empty());
        QCOMPARE(state(c), catalog::RunState::finished);
        QVERIFY(queue_->running().empty());
    }

    void movingChangesTheOrderHereAndInTheCatalog() {
        const auto a = enqueue("a"), b = enqueue("b"), c = enqueue("c"), d = enqueue("d");
        QTRY_COMPARE(queue_->running(), std::vector{a});
        queue_->move(d, 0);
        queue_->move(b, 99);
        QCOMPARE(queue_->waiting(), (std::vector{d, c, b}));
        catalog::RunFilter queued;
        queued.states = {catalog::RunState::queued};
        std::vector<std::string> stored;
        for (const auto& run : workbench_->catalog().runs(queued)) stored.push_back(run.id);
        QCOMPARE(stored, (std::vector{d, c, b}));
        gate_->release(4);
        QTRY_COMPARE(ended().size(), std::size_t{4});
        QCOMPARE(ended()[1].run_id, d);
        QCOMPARE(ended()[3].run_id, b);
    }

    void aCancelledRunNeverStarts() {
        const auto a = enqueue("a"), b = enqueue("b"), c = enqueue("c");
        QTRY_COMPARE(queue_->running(), std::vector{a});
        queue_->cancel(b);
        QCOMPARE(state(b), catalog::RunState::cancelled);
        queue_->cancel(a);  // runs already: nothing happens
        gate_->release(2);
        QTRY_COMPARE(ended().size(), std::size_t{2});
        QCOMPARE(ended()[1].run_id, c);
        QCOMPARE(state(a), catalog::RunState::finished);
    }

    void aStoppedRunCanBeQueuedAgainAndGoesOn() {
        const auto a = enqueue("a");
        QTRY_COMPARE(gate_->arrived(), 1);
        queue_->stop_and_save(a);
        QTRY_COMPARE(ended().size(), std::size_t{1});
        QCOMPARE(ended()[0].how.state, std::string("stopped"));
        QCOMPARE(state(a), catalog::RunState::stopped);

        const auto b = enqueue("b");
        QTRY_COMPARE(queue_->running(), std::vector{b});
        QVERIFY(queue_->enqueue_existing(a).ok());
        QCOMPARE(state(a), catalog::RunState::queued);
        QVERIFY(!queue_->enqueue_existing(a).ok());  // it waits already
        queue_->cancel(a);
        QCOMPARE(state(a), catalog::RunState::stopped);  // not cancelled for ever
        QVERIFY(queue_->enqueue_existing(a).ok());
        gate_->release(2);
        QTRY_COMPARE(ended().size(), std::size_t{3});
        QCOMPARE(ended()[2].how.state, std::string("finished"));
        QVERIFY(!queue_->enqueue_existing(a).ok());  // finished
    }

    void pausingHoldsARun() {
        const auto a = enqueue("a");
        QTRY_COMPARE(gate_->arrived(), 1);
        queue_->pause(a, true);
        QVERIFY(queue_->paused(a));
        gate_->release();
        QTest::qWait(60);
        QVERIFY(ended().empty());
        queue_->pause(a, false);
        QTRY_COMPARE(ended().size(), std::size_t{1});
        QVERIFY(!queue_->paused(a));
    }

    void aFailureIsToldAndTheNextRunStarts() {
        auto bad = folder_->spec("bad");
        bad.data.train_path = folder_->data_file(12).string();
        const auto a = enqueue("a");
        QTRY_COMPARE(gate_->arrived(), 1);
        const auto b = queue_->enqueue(bad).value();
        workbench_->catalog().update_run(b, {.spec_json = "{}}"});  // something broke it while it waited
        const auto c = enqueue("c");
        gate_->release(3);
        QTRY_COMPARE(ended().size(), std::size_t{3});
        QCOMPARE(ended()[1].how.state, std::string("failed"));
        QVERIFY(!ended()[1].how.message.empty());
        QCOMPARE(workbench_->catalog().run(b).error_message, ended()[1].how.message);
        QCOMPARE(ended()[2].how.state, std::string("finished"));
    }

    void whatIsRefusedIsNotQueued() {
        auto spec = folder_->spec();
        spec.lora.rank = 1000;
        const auto refused = queue_->enqueue(spec);
        QVERIFY(!refused.ok());
        QCOMPARE(refused.error().code, engine::ErrorCode::bad_input);
        QVERIFY(workbench_->catalog().runs().empty());
        QVERIFY(queue_->waiting().empty());
    }

    void destroyingStopsAndSavesAndLeavesTheRestQueued() {
        const auto a = enqueue("a"), b = enqueue("b");
        QTRY_COMPARE(gate_->arrived(), 1);
        queue_.reset();
        QCOMPARE(state(a), catalog::RunState::stopped);
        QCOMPARE(state(b), catalog::RunState::queued);
        QTRY_COMPARE(gate_->arrived(), 1);
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchQueue)
#include "tst_workbench_queue.moc"
