// A run as a whole: it learns, it repeats to the byte, it stops and goes on, it refuses what it must.
#include <QtTest>

#include <fstream>

#include "engine/compute.h"
#include "engine/plan.h"
#include "engine/runtime.h"
#include "engine/tokenizer.h"
#include "support/fixtures.h"

using namespace engine;

namespace {

struct Finished {
    RunResult result;
    support::RecordingObserver observer;
};

}  // namespace

class TstTraining : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        data_ = support::write_rows(*folder_);
    }

    void learnsTheRule() {
        auto spec = support::micro_spec(data_);
        spec.steps = 60;
        spec.optimizer.learning_rate = 2e-2;
        spec.lora.targets = parse_targets("q,k,v,o,gate,up,down");
        const Finished run = finish(spec, "run");
        QVERIFY2(run.result.eval_loss < 0.8 * run.result.base_eval_loss,
                 qPrintable(QString("%1 of %2").arg(run.result.eval_loss).arg(run.result.base_eval_loss)));
        QCOMPARE(run.result.steps, int64_t{60});
        const auto steps = run.observer.all<StepMetrics>();
        QCOMPARE(steps.size(), std::size_t{60});
        for (std::size_t i = 0; i < steps.size(); ++i) QCOMPARE(steps[i].global_step, static_cast<int64_t>(i + 1));
        QVERIFY(steps.back().loss_smooth < steps.front().loss_smooth);
        QVERIFY(steps.back().rss_bytes > 1000000 && steps.back().tokens_per_second > 0);
        const auto norms = run.observer.all<DeltaNorms>();
        QCOMPARE(norms.back().norms.size(), std::size_t{14});
        QVERIFY(norms.back().norms.front().norm > 0);
    }

    void firstEvaluationIsTheBase() {
        const auto spec = support::micro_spec(data_);
        const Finished run = finish(spec, "run");
        const auto evaluations = run.observer.all<EvalMetrics>();
        QCOMPARE(evaluations.front().global_step, int64_t{0});
        QCOMPARE(evaluations.size(), std::size_t{4});  // 0, 4, 8, 12
        QCOMPARE(evaluations.front().loss, run.result.base_eval_loss);
    }

    void sameSeedGivesTheSameBytes_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<double>("dropout");
        QTest::newRow("llama") << "micro-llama" << 0.0;
        QTest::newRow("llama with dropout") << "micro-llama" << 0.2;
        QTest::newRow("gpt2") << "micro-gpt2" << 0.1;
    }
    void sameSeedGivesTheSameBytes() {
        QFETCH(QString, model);
        QFETCH(double, dropout);
        auto spec = support::micro_spec(data_, model.toStdString());
        spec.lora.dropout = dropout;
        const Finished first = finish(spec, "first"), second = finish(spec, "second");
        QCOMPARE(weights("first"), weights("second"));
        spec.seed = 2;
        const Finished other = finish(spec, "other");
        QVERIFY(weights("first") != weights("other"));
    }

    void recomputedLayersGiveTheSameBytes_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<bool>("full");
        QTest::newRow("llama") << "micro-llama" << false;
        QTest::newRow("gpt2") << "micro-gpt2" << false;
        QTest::newRow("every weight") << "micro-llama" << true;
    }
    void recomputedLayersGiveTheSameBytes() {
        QFETCH(QString, model);
        QFETCH(bool, full);
        auto spec = support::micro_spec(data_, model.toStdString());
        spec.lora.dropout = full ? 0 : 0.2;
        spec.recompute_layers = 0;
        if (full) spec.method = Method::full;
        const Finished kept = finish(spec, "kept");
        spec.recompute_layers = recompute_all;
        const Finished again = finish(spec, "again");
        const char* const file = full ? "model.safetensors" : "adapter_model.safetensors";
        const auto saved = [&](const char* run) { return support::read_file(path(run) / "last" / file); };
        QVERIFY(!saved("kept").empty());
        QVERIFY(saved("kept") == saved("again"));
        QVERIFY(again.observer.all<RunMessage>().empty());  // it was asked for
    }

    void littleMemoryHasLayersRecomputed() {
        auto spec = support::micro_spec(data_);
        const Finished roomy = finish(spec, "roomy");
        QVERIFY(roomy.observer.all<RunMessage>().empty());
        Finished tight;
        RunControl control;
        TrainRequest request = support::micro_request(spec, path("tight"));
        request.memory_limit_bytes = 64 << 20;  // less than the program itself takes
        const auto result = train(request, tight.observer, control);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        const auto messages = tight.observer.all<RunMessage>();
        QCOMPARE(messages.size(), std::size_t{1});
        QVERIFY2(messages.front().text.find("computed again") != std::string::npos, messages.front().text.c_str());
        QVERIFY(weights("roomy") == weights("tight"));
    }

    // The memory is that of the rows there are, not of rows as long as they might be.
    void shortRowsAreNotRecomputed() {
        auto spec = support::micro_spec(data_);
        spec.data.seq_len = 128;
        spec.batch_size = 4096;
        spec.steps = 1;
        Finished run;
        RunControl control;
        TrainRequest request = support::micro_request(spec, path("short"));
        const auto model = inspect_model(request.model_dir).value();
        ExperimentSpec asked = spec;
        asked.recompute_layers = 0;
        request.memory_limit_bytes = plan(model, asked).value().memory.total - 1;
        QVERIFY(plan(model, spec, request.memory_limit_bytes).value().recomputed_layers > 0);
        const auto result = train(request, run.observer, control);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        QVERIFY(run.observer.all<RunMessage>().empty());
    }

    void dropoutChangesTheRun() {
        auto spec = support::micro_spec(data_);
        const Finished without = finish(spec, "without");
        spec.lora.dropout = 0.3;
        const Finished with = finish(spec, "with");
        QVERIFY(weights("without") != weights("with"));
        // Evaluation has no dropout, so both start from the same base loss.
        QCOMPARE(without.result.base_eval_loss, with.result.base_eval_loss);
    }

    void stopAndResumeGiveTheBytesOfAnUninterruptedRun_data() {
        QTest::addColumn<int>("stop_after");
        QTest::newRow("after step 1") << 1;
        QTest::newRow("after an evaluation") << 4;
        QTest::newRow("between evaluations") << 7;
    }
    void stopAndResumeGiveTheBytesOfAnUninterruptedRun() {
        QFETCH(int, stop_after);
        auto spec = support::micro_spec(data_);
        spec.lora.dropout = 0.1;
        spec.grad_accum = 2;
        const Finished whole = finish(spec, "whole");

        auto request = support::micro_request(spec, path("parts"));
        RunControl control;
        support::RecordingObserver observer;
        observer.on_each = [&](const Event& event) {
            const auto* step = std::get_if<StepMetrics>(&event);
            if (step && step->global_step == stop_after) control.stop();
        };
        const auto stopped = train(request, observer, control);
        QVERIFY2(stopped.ok(), stopped.ok() ? "" : stopped.error().message.c_str());
        QVERIFY(stopped->stopped);
        QCOMPARE(stopped->steps, static_cast<int64_t>(stop_after));
        request.resume = true;
        RunControl fresh;
        support::RecordingObserver rest;
        const auto resumed = train(request, rest, fresh);
        QVERIFY2(resumed.ok(), resumed.ok() ? "" : resumed.error().message.c_str());
        QVERIFY(!resumed->stopped);
        QCOMPARE(rest.all<RunStarted>().front().first_step, static_cast<int64_t>(stop_after));
        QCOMPARE(weights("whole"), weights("parts"));
        QCOMPARE(resumed->eval_loss, whole.result.eval_loss);
        QCOMPARE(resumed->train_loss, whole.result.train_loss);
        QCOMPARE(resumed->best_step, whole.result.best_step);
    }

    void theChatTemplateIsReadOnce() {
        const std::string text = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
        data_ = path("chats.jsonl");
        std::ofstream rows(data_);
        for (int i = 0; i < 40; ++i)
            rows << "{\"messages\": [{\"role\": \"user\", \"content\": \"" << i % 7
                 << "\"}, {\"role\": \"assistant\", \"content\": \"yes\"}]}\n";
        rows.close();
        auto spec = support::micro_spec(data_);
        spec.data.chat_template = path("own.jinja").string();
        const auto write = [&](const std::string& content) { std::ofstream(spec.data.chat_template) << content; };
        write(text);
        const Finished whole = finish(spec, "whole");

        const auto request = [&](bool resume) {
            auto made = support::micro_request(spec, path("parts"));
            made.resume = resume;
            return made;
        };
        RunControl control;
        support::RecordingObserver observer;
        observer.on_each = [&](const Event& event) {
            const auto* step = std::get_if<StepMetrics>(&event);
            if (step && step->global_step == 1) std::filesystem::remove(spec.data.chat_template);
            if (step && step->global_step == 5) control.stop();
        };
        const auto stopped = train(request(false), observer, control);
        QVERIFY2(stopped.ok(), stopped.ok() ? "" : stopped.error().message.c_str());
        QCOMPARE(support::read_file(path("parts") / "last" / "chat_template.jinja"), text);
        write("another one");
        RunControl fresh;
        support::RecordingObserver rest;
        const auto resumed = train(request(true), rest, fresh);
        QVERIFY2(resumed.ok(), resumed.ok() ? "" : resumed.error().message.c_str());
        QCOMPARE(weights("whole"), weights("parts"));
        QCOMPARE(support::read_file(path("parts") / "last" / "chat_template.jinja"), text);
    }

    void accumulationEqualsOneLargerBatch() {
        auto spec = support::micro_spec(data_);
        spec.optimizer.max_grad_norm = 0;
        spec.batch_size = 38;  // all training rows
        spec.steps = 3;
        const Finished large = finish(spec, "large");
        spec.batch_size = 19;
        spec.grad_accum = 2;
        const Finished small = finish(spec, "small");
        const auto a = large.observer.all<StepMetrics>(), b = small.observer.all<StepMetrics>();
        for (std::size_t i = 0; i < a.size(); ++i) {
            QVERIFY2(std::abs(a[i].loss - b[i].loss) < 1e-4, qPrintable(QString("%1 %2").arg(a[i].loss).arg(b[i].loss)));
        }
    }

    void fullTrainingWritesAModelThatLoads() {
        auto spec = support::micro_spec(data_, "micro-gpt2");
        spec.method = Method::full;
        spec.optimizer.learning_rate = 1e-3;
        const Finished run = finish(spec, "run");
        QVERIFY(run.result.eval_loss < run.result.base_eval_loss);
        QCOMPARE(run.result.trainable_params, run.result.total_params);
        EvaluateRequest request;
        request.model = run.result.last;
        request.data = data_;
        request.seq_len = 48;
        QVERIFY(evaluate(request).ok());
    }

    void aStepThatIsNotANumberChangesNothing() {
        auto spec = support::micro_spec(data_);
        spec.lora.alpha = 1e38;  // the gradient of B leaves the range of f32
        RunControl control;
        support::RecordingObserver observer;
        const auto result = train(support::micro_request(spec, path("run")), observer, control);
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::failed);
        const QString message = QString::fromStdString(result.error().message);
        QVERIFY2(message.contains("step 1") && message.contains("gradient"), qPrintable(message));
        QVERIFY(!std::filesystem::exists(path("run") / "last"));
    }

    void losslessWhenStepsAreReadLater() {
        auto spec = support::micro_spec(data_);
        spec.grad_accum = 2;
        spec.optimizer.max_grad_norm = 0.05;  // clips every step
        const Finished each = finish(spec, "each");
        spec.log_interval = 5;
        const Finished fifth = finish(spec, "fifth");
        QCOMPARE(weights("fifth"), weights("each"));
        QCOMPARE(fifth.result.train_loss, each.result.train_loss);
        const auto all = each.observer.all<StepMetrics>(), some = fifth.observer.all<StepMetrics>();
        QCOMPARE(some.size(), std::size_t{3});  // 5, 10 and the last
        for (const StepMetrics& step : some) {
            const StepMetrics& same = all[static_cast<std::size_t>(step.global_step - 1)];
            QCOMPARE(step.loss, same.loss);
            QCOMPARE(step.loss_smooth, same.loss_smooth);
            QCOMPARE(step.grad_norm, same.grad_norm);
            QVERIFY(step.grad_norm > spec.optimizer.max_grad_norm);
            QVERIFY(step.tokens_per_second > 0);
        }
    }

    void pauseHoldsAndGoesOn() {
        const auto spec = support::micro_spec(data_);
        RunControl control;
        support::RecordingObserver observer;
        std::atomic<bool> was_paused{false};
        std::thread waker;
        observer.on_each = [&](const Event& event) {
            const auto* step = std::get_if<StepMetrics>(&event);
            if (step && step->global_step == 3) control.pause(true);
            const auto* state = std::get_if<StateChanged>(&event);
            if (state && state->state == "paused") {
                was_paused = true;
                waker = std::thread([&] { control.pause(false); });
            }
        };
        const auto result = train(support::micro_request(spec, path("run")), observer, control);
        waker.join();
        QVERIFY(was_paused);
        QCOMPARE(result->steps, int64_t{12});
        const Finished plain = finish(spec, "plain");
        QCOMPARE(weights("plain"), weights("run"));
    }

    void badSpecificationsAreSentences_data() {
        QTest::addColumn<QString>("change");
        QTest::addColumn<QString>("says");
        QTest::newRow("rank 0") << "rank0" << "rank";
        QTest::newRow("rank above the matrix") << "rank99" << "at most 32";
        QTest::newRow("no matrix") << "no targets" << "matrix";
        QTest::newRow("unknown matrix") << "gate on gpt2" << "gate";
        QTest::newRow("unknown layer") << "layer 9" << "9";
        QTest::newRow("unknown device") << "device" << "cuda:77";
        QTest::newRow("no model") << "model" << "nowhere";
        QTest::newRow("no data") << "data" << "nothing.jsonl";
        QTest::newRow("too long") << "length" << "positions";
    }
    void badSpecificationsAreSentences() {
        QFETCH(QString, change);
        QFETCH(QString, says);
        auto spec = support::micro_spec(data_, "micro-gpt2");
        auto request = support::micro_request(spec, path("run"));
        if (change == "rank0") request.spec.lora.rank = 0;
        if (change == "rank99") request.spec.lora.rank = 99;
        if (change == "no targets") request.spec.lora.targets.clear();
        if (change == "gate on gpt2") request.spec.lora.targets = {{"gate", {}}};
        if (change == "layer 9") request.spec.lora.targets = {{"q", {9}}};
        if (change == "device") request.spec.device = "cuda:77";
        if (change == "model") request.model_dir = "/nowhere";
        if (change == "data") request.spec.data.train_path = "/nothing.jsonl";
        if (change == "length") request.spec.data.seq_len = 100000;
        RunControl control;
        support::RecordingObserver observer;
        const auto result = train(request, observer, control);
        QVERIFY(!result.ok());
        QVERIFY(result.error().code == ErrorCode::bad_input || result.error().code == ErrorCode::no_device);
        const QString message = QString::fromStdString(result.error().message);
        QVERIFY2(message.contains(says, Qt::CaseInsensitive), qPrintable(message));
        QVERIFY(message.endsWith('.') && !message.contains('\n'));
        QVERIFY(!std::filesystem::exists(path("run") / "last"));
    }

    // A step that does not fit is computed in parts and gives the same; the person is told.
    void memoryThatRunsOutMakesTheStepSmaller() {
        if (!support::on_cpu()) QSKIP("the limit is one of the CPU's memory");
        std::string rows;
        for (int i = 0; i < 700; ++i) rows += "{\"text\": \"" + std::string(120, static_cast<char>('a' + i % 26)) + "\"}\n";
        const auto data = path("long.jsonl");
        std::ofstream(data) << rows;
        auto spec = support::micro_spec(data);
        spec.data.seq_len = 128;
        spec.batch_size = 256;
        spec.steps = 3;
        spec.eval_interval = 3;
        spec.recompute_layers = 0;
        const Finished roomy = finish(spec, "roomy");
        QVERIFY(roomy.observer.all<RunMessage>().empty());

        RunControl control;
        Finished tight;
        TrainRequest request = support::micro_request(spec, path("tight"));
        request.memory_limit_bytes = 24 << 20;
        const auto result = train(request, tight.observer, control);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        const auto messages = tight.observer.all<RunMessage>();
        QVERIFY(!messages.empty() && messages.front().warning);
        QVERIFY(messages.front().text.find(" rows at a time") != std::string::npos);
        const auto expected = roomy.observer.all<StepMetrics>(), steps = tight.observer.all<StepMetrics>();
        QCOMPARE(steps.size(), expected.size());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            QVERIFY(std::abs(steps[i].loss - expected[i].loss) < 1e-4 * expected[i].loss);
            QVERIFY(std::abs(steps[i].grad_norm - expected[i].grad_norm) < 1e-3 * expected[i].grad_norm);
        }
    }

    // The same of an evaluation: the figures are those of all rows at once.
    void memoryThatRunsOutMakesTheEvaluationSmaller_data() {
        QTest::addColumn<int>("kibibytes");
        QTest::addColumn<bool>("fits");
        QTest::newRow("in parts") << 2048 << true;
        QTest::newRow("not even one row") << 256 << false;
    }
    void memoryThatRunsOutMakesTheEvaluationSmaller() {
        if (!support::on_cpu()) QSKIP("the limit is one of the CPU's memory");
        QFETCH(int, kibibytes);
        QFETCH(bool, fits);
        std::string rows;
        for (int i = 0; i < 100; ++i)
            rows += "{\"text\": \"" + std::string(fits ? 60 + i : 1000, static_cast<char>('a' + i % 26)) + "\"}\n";
        const auto data = path("long.jsonl");
        std::ofstream(data) << rows;
        auto spec = support::micro_spec(data);
        spec.data.seq_len = 1000;
        spec.data.held_out = 0.5;
        spec.batch_size = 50;
        spec.steps = 1;
        spec.recompute_layers = 0;
        TrainRequest request = support::micro_request(spec, path("tight"));
        request.memory_limit_bytes = kibibytes << 10;
        RunControl control;
        Finished tight;
        const auto result = train(request, tight.observer, control);
        if (!fits) {
            QVERIFY(!result.ok());
            QCOMPARE(result.error().code, ErrorCode::out_of_memory);
            return;
        }
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        const auto messages = tight.observer.all<RunMessage>();
        QVERIFY(!messages.empty() && messages.front().warning);
        QVERIFY2(messages.front().text.find("evaluation") != std::string::npos, messages.front().text.c_str());
        const Finished roomy = finish(spec, "roomy");
        QVERIFY(roomy.observer.all<RunMessage>().empty());
        const auto expected = roomy.observer.all<EvalMetrics>(), measured = tight.observer.all<EvalMetrics>();
        QCOMPARE(measured.size(), expected.size());
        for (std::size_t i = 0; i < measured.size(); ++i) {
            QCOMPARE(measured[i].tokens, expected[i].tokens);
            QVERIFY(std::abs(measured[i].loss - expected[i].loss) < 1e-5 * expected[i].loss);
        }
    }

  private:
    std::filesystem::path path(const std::string& name) const { return folder_->filePath(QString::fromStdString(name)).toStdString(); }

    std::string weights(const std::string& run) const {
        return support::read_file(path(run) / "last" / "adapter_model.safetensors");
    }

    Finished finish(const ExperimentSpec& spec, const std::string& name) {
        Finished run;
        RunControl control;
        auto result = train(support::micro_request(spec, path(name)), run.observer, control);
        if (!result.ok()) qFatal("%s", result.error().message.c_str());
        run.result = *result;
        return run;
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::filesystem::path data_;
};

QTEST_GUILESS_MAIN(TstTraining)
#include "tst_training.moc"
