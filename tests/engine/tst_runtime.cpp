// The machine as found, and the measurements.
#include <QtTest>

#include "bench/flops.h"
#include "engine/bench.h"
#include "engine/precision_probe.h"
#include "engine/runtime.h"
#include "runtime/tensor_memory.h"
#include "support/fixtures.h"

using namespace engine;

class TstRuntime : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void usesEveryUsableCore() {
        const RuntimeInfo info = runtime_info();
        QCOMPARE(info.threads, info.usable_cores);
        QVERIFY(!info.blas.empty());
        QVERIFY(!info.libtorch_version.empty() && !info.cpu_capability.empty());
        int chosen = 0;
        for (const DeviceInfo& device : info.devices) {
            chosen += device.chosen;
            QVERIFY(!device.reason.empty());
        }
        QCOMPARE(chosen, 1);
    }

    void memoryIsThatOfThisProcess() {
        const int64_t before = resident_bytes();
        const at::Tensor block = at::ones({64, 1 << 20}, at::kByte);  // 64 MiB, touched
        QVERIFY(resident_bytes() - before > 50'000'000);
        QVERIFY(peak_resident_bytes() >= resident_bytes() - 1'000'000);
        QVERIFY(block.defined());
    }

    // A block takes the memory of what it holds, not of the huge page that its end lies in, and one that held more before gives
    // the rest back where it would raise the peak.
    void blocksTakeNoMoreThanTheyHold() {
        release_unused_tensor_memory();
        const auto mebibytes = [](int64_t count) { return at::ones({count, 1 << 20}, at::kByte); };
        const auto grown = [before = resident_bytes()] { return static_cast<double>(resident_bytes() - before) / (1 << 20); };
        std::vector<at::Tensor> held;
        for (int i = 0; i < 8; ++i) held.push_back(at::ones({(16 << 20) + 4096}, at::kByte));
        QVERIFY2(grown() < 8 * 16 + 8, qPrintable(QString::number(grown())));
        held.clear();
        release_unused_tensor_memory();
        held.push_back(mebibytes(96));
        held.clear();
        held.push_back(mebibytes(65));  // in the block that was just freed
        held.push_back(mebibytes(96));
        QVERIFY2(grown() < 65 + 96 + 24, qPrintable(QString::number(grown())));
        held.clear();
        release_unused_tensor_memory();
        QVERIFY2(grown() < 24, qPrintable(QString::number(grown())));
    }

    // GPT-2 small, 4 x 256, all tokens trained: performance facts give 508 MFLOP per token for LoRA and 755 for full.
    void countsTheFlopsOfAStep() {
        const Architecture gpt2 = architecture_of_shape("gpt2");
        const double tokens = 4 * 256;
        const double lora = flops_per_step(gpt2, {4, 256, 1024, Method::lora, 0}) / tokens;
        QVERIFY2(std::abs(lora - 508e6) < 6e6, qPrintable(QString::number(lora)));
        const double full = flops_per_step(gpt2, {4, 256, 1024, Method::full, 0}) / tokens;
        QVERIFY2(std::abs(full - 755e6) < 8e6, qPrintable(QString::number(full)));
    }

    void benchmarksReportWhatTheyMeasured() {
        GemmBenchRequest gemm;
        gemm.m = gemm.k = gemm.n = 64;
        gemm.repeats = 3;
        const auto product = bench_gemm(gemm);
        QVERIFY(product.ok());
        QVERIFY(product->min_ms > 0 && product->min_ms <= product->median_ms && product->median_ms <= product->max_ms);
        QVERIFY(product->engine_gflops > 0);
        QVERIFY(std::abs(product->gemm_gflops - 2e-6 * 64 * 64 * 64 / product->median_ms) < 1e-9);
        TrainBenchRequest train;
        train.shape = support::micro_model("micro-llama").string();
        train.batch_size = 2;
        train.seq_len = 16;
        train.steps = 3;
        const auto step = bench_train(train);
        QVERIFY2(step.ok(), step.ok() ? "" : step.error().message.c_str());
        QVERIFY(step->step_ms > 0 && step->tokens_per_second > 0 && step->fraction_of_gemm > 0);
        QVERIFY(std::abs(step->fraction_of_engine * step->engine_gflops - step->fraction_of_gemm * step->gemm_gflops) < 1e-6 * step->gemm_gflops);
        QVERIFY(std::abs(step->tokens_per_second - 1000.0 * 32 / step->step_ms) < 1e-6);
        train.seq_len = 0;
        QVERIFY(!bench_train(train).ok());
    }

    void latencyComparesBaseMergedAndUnmerged() {
        LatencyBenchRequest request;
        request.shape = support::micro_model("micro-gpt2").string();
        request.lengths = {24, 8};
        request.repeats = 3;
        request.tokens = 2;
        for (const Precision precision : {Precision::f32, Precision::bf16}) {
            request.precision = precision;
            const auto result = bench_latency(request);
            QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
            QCOMPARE(result->rows.size(), std::size_t{4});
            QCOMPARE(result->rows[2].tokens, int64_t{8});
            QCOMPARE(result->rows[3].context, int64_t{8});
            for (const LatencyRow& row : result->rows) {
                for (const Timing& timing : {row.base, row.merged, row.unmerged}) {
                    QVERIFY(timing.min_ms > 0 && timing.min_ms <= timing.median_ms && timing.median_ms <= timing.max_ms);
                }
                QVERIFY(row.merged_to_base > 0 && row.unmerged_to_merged > 0);
            }
            QCOMPARE(result->step_ms, result->rows[3].base.median_ms);
            QVERIFY(result->peak_memory_bytes > 0 && result->memory_gb_per_second > 0 && result->fraction_of_memory > 0);
            // 2 layers of 12 d^2 and the head of 384 x 32 values
            QCOMPARE(result->token_bytes, (2 * 12 * 32 * 32 + 384 * 32) * (precision == Precision::bf16 ? 2.0 : 4.0));
        }
        request.lengths = {100000};
        QVERIFY(!bench_latency(request).ok());
        request.lengths = {};
        QVERIFY(!bench_latency(request).ok());
    }

    void kernelsAreMeasuredAgainstTheLibrarys_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QStringList>("names");
        QTest::newRow("gpt2") << "micro-gpt2"
                              << QStringList{"norm", "norm and projections", "gelu", "attention", "head and loss", "one row, f32", "one row, bf16"};
        QTest::newRow("llama") << "micro-llama"
                               << QStringList{"norm", "norm and projections", "silu and product", "rotation", "attention", "head and loss", "one row, f32", "one row, bf16"};
    }
    void kernelsAreMeasuredAgainstTheLibrarys() {
        QFETCH(QString, model);
        QFETCH(QStringList, names);
        KernelBenchRequest request;
        request.shape = support::micro_model(model.toStdString()).string();
        request.batch_size = 2;
        request.seq_len = 16;
        request.repeats = 3;
        const auto result = bench_kernels(request);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        QVERIFY(result->gemm_gflops > 0 && result->memory_gb_per_second > 0);
        QStringList forward, training;
        for (const KernelRow& row : result->rows) {
            (row.training ? training : forward).append(QString::fromStdString(row.name));
            QVERIFY(row.ours.median_ms > 0 && row.aten.median_ms > 0 && row.speedup > 0);
            QVERIFY2((row.gflops > 0) != (row.gb_per_second > 0), row.name.c_str());  // one of them is the limit
            QVERIFY((row.fraction_of_gemm > 0) == (row.gflops > 0) && (row.fraction_of_memory > 0) == (row.gb_per_second > 0));
        }
        QCOMPARE(forward, names);
        QCOMPARE(training, names.mid(0, names.size() - 2));
        request.seq_len = 1;
        QVERIFY(!bench_kernels(request).ok());
    }

    void theFasterPrecisionIsChosen() {
        QCOMPARE(faster_precision(10, 5), Precision::bf16);
        QCOMPARE(faster_precision(10, 9.5), Precision::f32);  // a tie stays exact
        QCOMPARE(faster_precision(10, 80), Precision::f32);   // bf16 in software
        const auto begin = std::chrono::steady_clock::now();
        const auto probe = probe_precision("gpt2", 1024, "cpu");
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        QVERIFY2(probe.ok(), probe.ok() ? "" : probe.error().message.c_str());
        QVERIFY(probe->f32_ms > 0 && probe->bf16_ms > 0);
        QCOMPARE(probe->chosen, faster_precision(probe->f32_ms, probe->bf16_ms));
        QVERIFY(probe->sentence.find(name_of(probe->chosen)) != std::string::npos);
        qInfo("%s %.2f s", probe->sentence.c_str(), took.count());
        // Asked again it answers the same, without measuring.
        QCOMPARE(probe_precision("gpt2", 1024, "cpu")->f32_ms, probe->f32_ms);
        QVERIFY(!probe_precision("no such shape", 1024, "cpu").ok());
    }

    void packedStepsGiveTheLossOfPaddedOnes() {
        const QTemporaryDir folder;
        DataBenchRequest request;
        request.file = support::write_rows(folder);
        request.model = support::micro_model("micro-gpt2");
        request.padded_length = 64;
        request.steps = 2;
        const auto result = bench_data(request);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        QCOMPARE(result->rows, int64_t{48});
        QVERIFY(result->tokens_per_row > 10 && result->tokens_per_row < 64);
        QVERIFY(result->packed_ms > 0 && result->padded_ms > 0 && result->speedup > 0);
        QVERIFY2(result->largest_loss_difference < 1e-6, qPrintable(QString::number(result->largest_loss_difference)));
        request.padded_length = 100000;
        QVERIFY(!bench_data(request).ok());
    }
};

QTEST_GUILESS_MAIN(TstRuntime)
#include "tst_runtime.moc"
