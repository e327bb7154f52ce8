// The order of training: streams of random numbers, epochs, batches.
#include "data/dataset.h"
#include "data/seeded.h"

#include <QTest>

#include <algorithm>
#include <numeric>
#include <set>

using namespace engine;

namespace {

Dataset dataset_of_lengths(const std::vector<std::size_t>& lengths) {
    Dataset dataset;
    for (const std::size_t length : lengths) {
        Example example;
        example.ids.assign(length, 7);
        example.trained.assign(length, 1);
        example.group = dataset.examples.size();
        dataset.examples.push_back(example);
    }
    return dataset;
}

std::int64_t longest(const Dataset& dataset, const std::vector<std::int64_t>& rows) {
    std::size_t length = 0;
    for (const std::int64_t row : rows)
        length = std::max(length, dataset.examples[static_cast<std::size_t>(row)].ids.size());
    return static_cast<std::int64_t>(length);
}

// Tokens that would fill every row up to the longest of its batch.
std::int64_t padding_of(const Dataset& dataset, BatchSampler& sampler) {
    std::int64_t padding = 0;
    for (std::int64_t k = 0; k < sampler.batches_per_epoch(); ++k) {
        const auto rows = sampler.batch(k);
        const Batch batch = pack(dataset, rows);
        padding += batch.rows() * longest(dataset, rows) - batch.tokens();
    }
    return padding;
}

}  // namespace

class TstBatches : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void oneHugePromptIsNotHeldOut() {
        Dataset data = dataset_of_lengths(std::vector<std::size_t>(100, 3));
        for (std::size_t i = 0; i < 80; ++i) data.examples[i].group = 1000;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const Split split = split_held_out(data, 0.05, seed);
            QVERIFY(split.held_out.examples.size() <= 10 && !split.held_out.examples.empty());
        }
    }

    // Fixed by hand: the sequence must be the same in every release and on every machine.
    void randomStreamsAreFixed() {
        SeededRandom random(1234567);
        QCOMPARE(random.next(), std::uint64_t{6457827717110365317u});  // published SplitMix64 values
        QCOMPARE(random.next(), std::uint64_t{3203168211198807973u});
        QCOMPARE(random.next(), std::uint64_t{9817491932198370423u});
        QCOMPARE(epoch_order(8, 1, 0), epoch_order(8, 1, 0));
        QVERIFY(epoch_order(100, 1, 0) != epoch_order(100, 1, 1));
        QVERIFY(epoch_order(100, 1, 0) != epoch_order(100, 2, 0));
        QVERIFY(derive_seed(1, "shuffle") != derive_seed(1, "dropout"));
        QVERIFY(derive_seed(1, "shuffle", 0) != derive_seed(1, "shuffle", 1));
        QVERIFY(derive_seed(1, "shuffle") != derive_seed(2, "shuffle"));
    }

    void randomNumbersAreUniform() {
        SeededRandom random(7);
        std::vector<int> counts(7);
        double sum = 0;
        for (int i = 0; i < 70000; ++i) {
            ++counts[random.below(7)];
            const double value = random.uniform();
            QVERIFY(value >= 0 && value < 1);
            sum += value;
        }
        for (const int count : counts) QVERIFY(std::abs(count - 10000) < 500);
        QVERIFY(std::abs(sum / 70000 - 0.5) < 0.01);
    }

    void anEpochShowsEveryRowOnce_data() {
        QTest::addColumn<bool>("grouped");
        QTest::newRow("in random order") << false;
        QTest::newRow("grouped by length") << true;
    }
    void anEpochShowsEveryRowOnce() {
        QFETCH(bool, grouped);
        std::vector<std::size_t> lengths;
        for (std::size_t i = 0; i < 103; ++i) lengths.push_back(2 + i * 37 % 50);
        const Dataset data = dataset_of_lengths(lengths);
        BatchSampler sampler(data, 10, 5, grouped);
        QCOMPARE(sampler.batches_per_epoch(), std::int64_t{11});
        std::vector<std::vector<std::int64_t>> steps;
        for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
            std::vector<std::int64_t> seen;
            for (std::int64_t k = 0; k < 11; ++k) {
                steps.push_back(sampler.batch(epoch * 11 + k));
                QVERIFY(steps.back().size() == 10 || steps.back().size() == 3);
                seen.insert(seen.end(), steps.back().begin(), steps.back().end());
            }
            std::sort(seen.begin(), seen.end());
            for (std::size_t i = 0; i < seen.size(); ++i) QCOMPARE(seen[i], static_cast<std::int64_t>(i));
        }
        QVERIFY(steps[0] != steps[11]);
        // A resumed run asks for a step without the ones before it.
        BatchSampler resumed(data, 10, 5, grouped);
        for (const std::int64_t k : {17, 3, 21, 0})
            QCOMPARE(resumed.batch(k), steps[static_cast<std::size_t>(k)]);
    }

    void groupingByLengthBringsSimilarRowsTogether() {
        std::vector<std::size_t> lengths;
        SeededRandom random(3);
        for (int i = 0; i < 2000; ++i) lengths.push_back(4 + random.below(60));
        const Dataset data = dataset_of_lengths(lengths);
        BatchSampler plain(data, 8, 1, false), grouped(data, 8, 1, true);
        const std::int64_t before = padding_of(data, plain), after = padding_of(data, grouped);
        QVERIFY2(after * 10 < before, qPrintable(QString("%1 and %2 padded tokens").arg(before).arg(after)));
        // Batches do not run from short to long.
        std::int64_t descents = 0, last = 0;
        for (std::int64_t k = 0; k < grouped.batches_per_epoch(); ++k) {
            const std::int64_t length = longest(data, grouped.batch(k));
            descents += length < last;
            last = length;
        }
        QVERIFY(descents > grouped.batches_per_epoch() / 4);
    }
};

QTEST_APPLESS_MAIN(TstBatches)
#include "tst_batches.moc"
