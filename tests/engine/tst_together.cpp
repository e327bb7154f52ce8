// Several runs in one call: each has the results it has alone, and its own pauses, stop and failure.
#include <QtTest>

#include <thread>

#include "engine/runtime.h"
#include "support/fixtures.h"
#include "train/shared_inputs.h"

using namespace engine;

namespace {

struct Run {
    ExperimentSpec spec;
    std::string name;
    bool resume = false;
    support::RecordingObserver observer = {};
    RunControl control = {};
};

double relative(double a, double b) { return std::abs(a - b) / std::max(std::abs(b), 1e-12); }

}  // namespace

class TstTogether : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        data_ = support::write_rows(*folder_);
    }

    // Too many tokens to stack: the bytes of the adapters are those of each alone.
    void inTurnTheBytesAreTheSame_data() {
        QTest::addColumn<QString>("model");
        QTest::newRow("gpt2") << "micro-gpt2";
        QTest::newRow("llama") << "micro-llama";
    }
    void inTurnTheBytesAreTheSame() {
        QFETCH(QString, model);
        auto specs = study(model.toStdString());
        for (ExperimentSpec& spec : specs) spec.batch_size = 16;
        const auto together = finish(specs, "together"), alone = finish_alone(specs, "alone");
        for (std::size_t i = 0; i < specs.size(); ++i) {
            QCOMPARE(weights(together[i]->name), weights(alone[i]->name));
            const auto a = together[i]->observer.all<StepMetrics>(), b = alone[i]->observer.all<StepMetrics>();
            QCOMPARE(a.size(), b.size());
            for (std::size_t s = 0; s < a.size(); ++s) {
                QCOMPARE(a[s].loss, b[s].loss);
                QCOMPARE(a[s].grad_norm, b[s].grad_norm);
                QCOMPARE(a[s].learning_rate, b[s].learning_rate);
            }
            QCOMPARE(together[i]->observer.all<EvalMetrics>().back().loss, alone[i]->observer.all<EvalMetrics>().back().loss);
        }
    }

    // In one pass the sums have another order: the first losses differ in the last digits, which the steps that follow
    // carry on.
    void stackedTheLossesAreTheSame_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<bool>("bf16");
        QTest::newRow("gpt2") << "micro-gpt2" << false;
        QTest::newRow("llama") << "micro-llama" << false;
        QTest::newRow("llama bf16") << "micro-llama" << true;
    }
    void stackedTheLossesAreTheSame() {
        QFETCH(QString, model);
        QFETCH(bool, bf16);
        auto specs = study(model.toStdString());
        if (bf16) {
            for (ExperimentSpec& spec : specs) spec.precision = Precision::bf16;
        }
        const auto together = finish(specs, "together"), alone = finish_alone(specs, "alone");
        double loss = 0, norm = 0;
        for (std::size_t i = 0; i < specs.size(); ++i) {
            const auto a = together[i]->observer.all<StepMetrics>(), b = alone[i]->observer.all<StepMetrics>();
            QCOMPARE(a.size(), b.size());
            for (std::size_t s = 0; s < a.size(); ++s) {
                loss = std::max(loss, relative(a[s].loss, b[s].loss));
                norm = std::max(norm, relative(a[s].grad_norm, b[s].grad_norm));
            }
            QVERIFY(a.front().loss != a.back().loss);
        }
        const QString text = QString("losses differ by %1, norms of gradients by %2").arg(loss).arg(norm);
        qInfo("%s", qPrintable(text));
        QVERIFY2(loss <= 1e-6 && norm <= 1e-4, qPrintable(text));
    }

    // The members are not one: other ranks, seeds and rates give other runs.
    void membersDiffer() {
        const auto runs = finish(study("micro-gpt2"), "run");
        for (std::size_t i = 1; i < runs.size(); ++i) {
            QVERIFY(runs[i]->observer.all<StepMetrics>().back().loss != runs[0]->observer.all<StepMetrics>().back().loss);
        }
    }

    void aStopEndsOneAndItGoesOnLater() {
        auto specs = study("micro-llama");
        for (ExperimentSpec& spec : specs) spec.batch_size = 16;
        const auto alone = finish_alone(specs, "alone");
        auto runs = make(specs, "run");
        runs[1]->observer.on_each = [&](const Event& event) {
            const auto* step = std::get_if<StepMetrics>(&event);
            if (step && step->global_step == 5) runs[1]->control.stop();
        };
        const auto results = start(runs);
        QVERIFY(results[1]->stopped);
        QCOMPARE(results[1]->steps, int64_t{5});
        for (const std::size_t other : {0, 2}) {
            QVERIFY(!results[other]->stopped);
            QCOMPARE(weights(runs[other]->name), weights(alone[other]->name));
        }
        // Beside a run that starts: each at a step of its own.
        auto rest = make({specs[1], specs[0]}, "rest");
        rest[0]->name = runs[1]->name;
        rest[0]->resume = true;
        start(rest);
        QCOMPARE(rest[0]->observer.all<RunStarted>().front().first_step, int64_t{5});
        QCOMPARE(weights(rest[0]->name), weights(alone[1]->name));
        QCOMPARE(weights(rest[1]->name), weights(alone[0]->name));
    }

    void aPausedRunWaitsForItselfAlone() {
        const auto specs = study("micro-gpt2");
        auto runs = make(specs, "run");
        std::vector<int64_t> of_paused;  // its steps when the others ended
        const auto steps_of = [&](std::size_t i) { return static_cast<int64_t>(runs[i]->observer.all<StepMetrics>().size()); };
        runs[0]->observer.on_each = [&](const Event& event) {
            const auto* step = std::get_if<StepMetrics>(&event);
            if (step && step->global_step == 2) runs[0]->control.pause(true);
        };
        runs[1]->observer.on_each = [&](const Event& event) {
            const auto* step = std::get_if<StepMetrics>(&event);
            if (step && step->global_step == specs[1].steps) {
                of_paused.push_back(steps_of(0));
                runs[0]->control.pause(false);
            }
        };
        const auto results = start(runs);
        QCOMPARE(of_paused, std::vector<int64_t>{2});
        QCOMPARE(results[0]->steps, specs[0].steps);
        const auto states = runs[0]->observer.all<StateChanged>();
        QVERIFY(std::any_of(states.begin(), states.end(), [](const StateChanged& state) { return state.state == "paused"; }));
    }

    void allPausedIsAWaitThatAnyOfThemEnds() {
        auto runs = make(study("micro-gpt2"), "run");
        std::atomic<int> paused{0};
        for (auto& run : runs) {
            run->control.pause(true);
            run->observer.on_each = [&](const Event& event) {
                const auto* state = std::get_if<StateChanged>(&event);
                if (state && state->state == "paused") ++paused;
            };
        }
        std::thread waker([&] {
            while (paused < 3) std::this_thread::yield();
            runs[2]->control.stop();
            runs[0]->control.pause(false);
            runs[1]->control.pause(false);
        });
        const auto results = start(runs);
        waker.join();
        QVERIFY(results[2]->stopped && results[2]->steps == 0);
        QVERIFY(!results[0]->stopped && !results[1]->stopped);
    }

    // Rows of several runs that do not fit into one pass go through the base run by run: as each alone.
    void memoryThatRunsOutTakesThemOneByOne() {
        if (!support::on_cpu()) QSKIP("the limit is one of the CPU's memory");
        std::string rows;
        for (int i = 0; i < 40; ++i) rows += "{\"text\": \"" + std::string(28, static_cast<char>('a' + i % 26)) + "\"}\n";
        data_ = path("texts.jsonl");
        std::ofstream(data_) << rows;
        auto specs = study("micro-llama");
        for (ExperimentSpec& spec : specs) spec.recompute_layers = 0;
        auto tight = make(specs, "tight");
        // Nothing of 256 KiB or more, which is what is counted: the logits of three runs are 267 kB, those of one 89 kB.
        const auto results = start(tight, 1);
        for (const auto& result : results) QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        for (const auto& run : tight) {
            const auto messages = run->observer.all<RunMessage>();
            QCOMPARE(messages.size(), std::size_t{1});
            QVERIFY(messages.front().warning && messages.front().text.find("one by one") != std::string::npos);
        }
        const auto alone = finish_alone(specs, "alone");
        for (std::size_t i = 0; i < specs.size(); ++i) QCOMPARE(weights(tight[i]->name), weights(alone[i]->name));
    }

    void aFailureIsThatOfOne() {
        auto specs = study("micro-llama");
        specs[1].lora.alpha = 1e38;  // the gradient of B leaves the range of f32
        specs.push_back(specs[0]);
        specs.back().lora.rank = 99;  // above the matrix
        for (ExperimentSpec& spec : specs) spec.batch_size = 16;
        auto runs = make(specs, "run");
        const auto results = start(runs);
        QVERIFY(results[0].ok() && results[2].ok());
        QVERIFY(!results[1].ok() && !results[3].ok());
        QVERIFY(QString::fromStdString(results[1].error().message).contains("gradient"));
        QVERIFY(QString::fromStdString(results[3].error().message).contains("at most"));
        const auto alone = finish_alone({specs[0]}, "alone");
        QCOMPARE(weights(runs[0]->name), weights(alone[0]->name));
    }

    // Adapters beside a run of the whole model, and beside one on another base.
    void differentKindsOfRuns() {
        auto specs = study("micro-llama");
        specs[1].method = Method::full;
        specs[2].base_type = BaseType::nf4;
        specs.push_back(study("micro-gpt2")[0]);
        for (ExperimentSpec& spec : specs) spec.batch_size = 16;
        const auto together = finish(specs, "together"), alone = finish_alone(specs, "alone");
        for (std::size_t i = 0; i < specs.size(); ++i)
            QCOMPARE(together[i]->observer.all<StepMetrics>().back().loss, alone[i]->observer.all<StepMetrics>().back().loss);
    }

    void whatIsSharedIsThereOnce() {
        const auto specs = study("micro-llama");
        SharedInputs shared;
        const auto request = [&](std::size_t i) { return support::micro_request(specs[i], path("none")); };
        const auto embedding = [](const Decoder& decoder) { return decoder.weights().embedding.unsafeGetTensorImpl(); };
        const Decoder first = shared.base(request(0), c10::kCPU, {});
        QCOMPARE(embedding(shared.base(request(1), c10::kCPU, {})), embedding(first));
        auto other = request(1);
        other.spec.precision = Precision::bf16;
        QVERIFY(embedding(shared.base(other, c10::kCPU, {})) != embedding(first));
        auto whole = request(1);
        whole.spec.method = Method::full;
        QVERIFY(embedding(shared.base(whole, c10::kCPU, {})) != embedding(first));
        QCOMPARE(shared.texts(request(0), {}), shared.texts(request(1), {}));
        QVERIFY(shared.texts(request(0), {}) != shared.texts(request(2), {}));  // another seed holds back other rows
    }

  private:
    // Ranks, rates, targets, dropout and seeds.
    std::vector<ExperimentSpec> study(const std::string& model) const {
        std::vector<ExperimentSpec> specs(3, support::micro_spec(data_, model));
        specs[0].lora.rank = 1;
        specs[1].lora.targets = parse_targets("q,k,v,o");
        specs[1].lora.dropout = 0.1;
        specs[1].optimizer.learning_rate = 1e-3;
        specs[2].seed = 2;
        specs[2].grad_accum = 2;
        return specs;
    }

    std::vector<std::unique_ptr<Run>> make(const std::vector<ExperimentSpec>& specs, const std::string& name) const {
        std::vector<std::unique_ptr<Run>> runs;
        for (std::size_t i = 0; i < specs.size(); ++i) {
            runs.push_back(std::make_unique<Run>());
            runs.back()->spec = specs[i];
            runs.back()->name = name + std::to_string(i);
        }
        return runs;
    }

    std::vector<Result<RunResult>> start(std::vector<std::unique_ptr<Run>>& runs, int64_t memory_limit = 0) const {
        std::vector<TrainMember> members;
        for (auto& run : runs) {
            auto request = support::micro_request(run->spec, path(run->name));
            request.resume = run->resume;
            request.memory_limit_bytes = memory_limit;
            members.push_back({request, run->observer, run->control});
        }
        std::vector<std::optional<Result<RunResult>>> ended(runs.size());
        train_together(members, [&](std::size_t i, Result<RunResult> result) {
            if (ended[i]) qFatal("a run ended twice");
            ended[i] = std::move(result);
        });
        std::vector<Result<RunResult>> results;
        for (auto& result : ended) results.push_back(std::move(result.value()));
        return results;
    }

    std::vector<std::unique_ptr<Run>> finish(const std::vector<ExperimentSpec>& specs, const std::string& name) const {
        auto runs = make(specs, name);
        for (const auto& result : start(runs)) {
            if (!result.ok()) qFatal("%s", result.error().message.c_str());
        }
        return runs;
    }

    std::vector<std::unique_ptr<Run>> finish_alone(const std::vector<ExperimentSpec>& specs, const std::string& name) const {
        auto runs = make(specs, name);
        for (auto& run : runs) {
            const auto result = train(support::micro_request(run->spec, path(run->name)), run->observer, run->control);
            if (!result.ok()) qFatal("%s", result.error().message.c_str());
        }
        return runs;
    }

    std::filesystem::path path(const std::string& name) const { return folder_->filePath(QString::fromStdString(name)).toStdString(); }
    std::string weights(const std::string& run) const {
        return support::read_file(path(run) / "last" / "adapter_model.safetensors");
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::filesystem::path data_;
};

QTEST_GUILESS_MAIN(TstTogether)
#include "tst_together.moc"
