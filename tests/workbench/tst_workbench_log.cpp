// The log of a run: what is worth a line, that it stays, and what reading does with long and broken files.
#include "workbench/run_log.h"
#include "workbench_fixture.h"

#include <QtTest>

using namespace workbench_test;

class TstWorkbenchLog : public QObject {
    Q_OBJECT

    std::unique_ptr<DataFolder> folder_;
    IgnoringObserver observer_;

    static std::vector<std::string> texts(const workbench::LogPart& part) {
        std::vector<std::string> texts;
        for (const auto& line : part.lines) texts.push_back(line.text);
        return texts;
    }
    using Texts = std::vector<std::string>;

  private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<DataFolder>();
        observer_ = {};
    }

    void eventsWorthALineAreWrittenAndAllArePassedOn() {
        int heard = 0;
        observer_.listener = [&](const engine::Event&) { ++heard; };
        workbench::RunLogger logger(folder_->root(), observer_);
        logger.on_event(engine::RunStarted{.total_steps = 9, .device = "cpu", .dtype = "f32"});
        logger.on_event(engine::StateChanged{"training"});
        logger.on_event(engine::StepMetrics{.global_step = 1});
        logger.on_event(engine::EvalMetrics{.global_step = 4, .loss = 1.5, .best = true});
        logger.on_event(engine::CheckpointSaved{4, "folder", true});
        logger.on_event(engine::StateChanged{"paused"});
        logger.on_event(engine::StateChanged{"training"});
        logger.on_event(engine::DeltaNorms{4, {{0, "q", 1}}});
        logger.on_event(engine::RunMessage{"two\nlines", true});
        logger.on_event(engine::RunStarted{.first_step = 4, .device = "cpu", .dtype = "f32"});
        QCOMPARE(heard, 10);
        const auto part = workbench::read_run_log(folder_->root());
        QCOMPARE(texts(part),
                 (Texts{"started on cpu, f32", "step 4: evaluation loss 1.5000, the lowest so far",
                        "step 4: best state saved", "paused", "goes on", "Warning: two lines",
                        "goes on at step 4 on cpu, f32"}));
        const double now = static_cast<double>(QDateTime::currentSecsSinceEpoch());
        for (const auto& line : part.lines) QVERIFY(line.time > now - 60 && line.time <= now);
    }

    void readingGoesOnWhereItEnded() {
        workbench::append_run_log(folder_->root(), "one");
        const auto first = workbench::read_run_log(folder_->root());
        QCOMPARE(texts(first), Texts{"one"});
        QVERIFY(workbench::read_run_log(folder_->root(), first.end).lines.empty());
        workbench::append_run_log(folder_->root(), "two");
        std::ofstream(workbench::run_log_file(folder_->root()), std::ios::app) << "half a li";
        const auto second = workbench::read_run_log(folder_->root(), first.end);
        QCOMPARE(texts(second), Texts{"two"});
        std::ofstream(workbench::run_log_file(folder_->root()), std::ios::app) << "ne\n";
        QCOMPARE(texts(workbench::read_run_log(folder_->root(), second.end)), Texts{"half a line"});
        // Replaced by a shorter one: from its start.
        write_text(workbench::run_log_file(folder_->root()), "anew\n");
        QCOMPARE(texts(workbench::read_run_log(folder_->root(), second.end)), Texts{"anew"});
    }

    void ofALongLogTheEndIsRead() {
        for (int i = 0; i < 100; ++i) workbench::append_run_log(folder_->root(), "line " + std::to_string(i));
        const auto part = workbench::read_run_log(folder_->root(), 0, 100);
        QCOMPARE(texts(part), (Texts{"line 97", "line 98", "line 99"}));
    }

    void withoutAFolderThereIsNoLogAndNoHarm() {
        const fs::path nowhere = folder_->root() / "no such folder";
        workbench::append_run_log(nowhere, "lost");
        workbench::append_run_log({}, "lost");
        QVERIFY(workbench::read_run_log(nowhere).lines.empty());
        QVERIFY(workbench::read_run_log({}).lines.empty());
        QVERIFY(!fs::exists(nowhere));
    }

    void aRunKeepsItsLogOverStopAndResume() {
        ScriptedTraining training;
        training.before_step = [](int64_t step, engine::RunControl& control) {
            if (step == 3) control.stop();
        };
        std::string run_id;
        {
            const auto workbench = folder_->open(training);
            engine::RunControl control;
            run_id = workbench->create_run(folder_->spec()).value();
            (void)workbench->execute_run(run_id, observer_, control).value();
        }
        const auto workbench = folder_->open(ScriptedTraining{});
        engine::RunControl control;
        (void)workbench->execute_run(run_id, observer_, control).value();
        const fs::path run_dir = workbench->catalog().run(run_id).run_dir;
        QCOMPARE(texts(workbench::read_run_log(run_dir)),
                 (Texts{"started on cpu (scripted), f32", "step 2: evaluation loss 1.5000, the lowest so far",
                        "stopped, state saved", "goes on at step 2 on cpu (scripted), f32",
                        "step 4: evaluation loss 1.5000, the lowest so far", "finished"}));
        QVERIFY(workbench->remove_run(run_id).ok());
        QVERIFY(!fs::exists(run_dir));
    }

    void aFailureIsTheLastLine() {
        ScriptedTraining training;
        training.before_step = [](int64_t step, engine::RunControl&) {
            if (step == 2) engine::fail_input("The loss of step 2 is not finite.");
        };
        const auto workbench = folder_->open(training);
        engine::RunControl control;
        const auto run_id = workbench->create_run(folder_->spec()).value();
        QVERIFY(!workbench->execute_run(run_id, observer_, control).ok());
        const auto part = workbench::read_run_log(workbench->catalog().run(run_id).run_dir);
        QCOMPARE(part.lines.back().text, std::string("failed: The loss of step 2 is not finite."));
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchLog)
#include "tst_workbench_log.moc"
