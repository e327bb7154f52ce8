// The time forecast against a real run: its counts exactly, its seconds roughly, for a micro model's steps are milliseconds.
#include <QtTest>

#include "engine/runtime.h"
#include "engine/time_probe.h"
#include "support/fixtures.h"

using namespace engine;

class TstTimeProbe : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        data_ = support::write_rows(*folder_);
    }

    void evaluationsAreCountedAsTheTrainerDoes_data() {
        QTest::addColumn<int>("steps");
        QTest::addColumn<int>("interval");
        QTest::newRow("fits") << 12 << 4;
        QTest::newRow("does not fit") << 13 << 5;
        QTest::newRow("usual") << 25 << 0;
        QTest::newRow("fewer steps than evaluations") << 4 << 0;
    }
    void evaluationsAreCountedAsTheTrainerDoes() {
        QFETCH(int, steps);
        QFETCH(int, interval);
        auto spec = support::micro_spec(data_);
        spec.steps = steps;
        spec.eval_interval = interval;
        RunControl control;
        support::RecordingObserver observer;
        QVERIFY(train(support::micro_request(spec, path("run")), observer, control).ok());
        QCOMPARE(evaluations_of(steps, interval), static_cast<int64_t>(observer.all<EvalMetrics>().size()));
    }

    void forecastsARun() {
        auto spec = support::micro_spec(data_);
        spec.steps = 0;
        spec.epochs = 12;
        spec.grad_accum = 2;
        spec.lora.targets = parse_targets("q,k,v,o,gate,up,down");
        const auto probe = probe_time(support::micro_request(spec, path("nothing")));
        QVERIFY2(probe.ok(), probe.ok() ? "" : probe.error().message.c_str());
        QVERIFY(!std::filesystem::exists(path("nothing")));
        RunControl control;
        support::RecordingObserver observer;
        const auto run = train(support::micro_request(spec, path("run")), observer, control);
        QVERIFY(run.ok());
        QCOMPARE(probe->steps, run->total_steps);
        QCOMPARE(probe->evaluations, static_cast<int64_t>(observer.all<EvalMetrics>().size()));
        double tokens = 0;
        for (const StepMetrics& step : observer.all<StepMetrics>()) tokens += step.tokens;
        QVERIFY(std::abs(tokens / static_cast<double>(run->total_steps) - probe->tokens_per_step) < 0.1 * probe->tokens_per_step);
        QCOMPARE(observer.all<RunStarted>().front().tokens_per_step, probe->tokens_per_step);
        qInfo("forecast %.2f s, measured %.2f s", probe->estimated_seconds(), run->seconds);
        QVERIFY(probe->estimated_seconds() > run->seconds / 4 && probe->estimated_seconds() < 4 * run->seconds);
    }

    void withoutDataByFullRows() {
        auto spec = support::micro_spec(data_);
        spec.steps = 50;
        const auto probe = probe_time_of_shape(support::micro_model("micro-llama").string(), spec);
        QVERIFY2(probe.ok(), probe.ok() ? "" : probe.error().message.c_str());
        QCOMPARE(probe->tokens_per_step, 4.0 * 48);
        QCOMPARE(probe->evaluations, int64_t{0});
        QVERIFY(probe->seconds_per_step > 0);
        QCOMPARE(probe->estimated_seconds(), 50 * probe->seconds_per_step);
    }

    void canBeStoppedAndRefused() {
        std::stop_source stop;
        stop.request_stop();
        auto spec = support::micro_spec(data_);
        QCOMPARE(probe_time(support::micro_request(spec, path("run")), stop.get_token()).error().code, ErrorCode::interrupted);
        spec.data.train_path = path("missing.jsonl");
        QVERIFY(!probe_time(support::micro_request(spec, path("run"))).ok());
    }

  private:
    std::string path(const char* name) const { return folder_->filePath(name).toStdString(); }

    std::unique_ptr<QTemporaryDir> folder_;
    std::filesystem::path data_;
};

QTEST_GUILESS_MAIN(TstTimeProbe)
#include "tst_time_probe.moc"
