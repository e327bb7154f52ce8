// The way of a few rows (model/few_rows.h) against ATen's products: every layout, both types of weights, odd sizes.
#include <QtTest>

#include <ATen/Parallel.h>

#include "engine/runtime.h"
#include "model/few_rows.h"

using namespace engine;

namespace {

at::Tensor wave(at::IntArrayRef shape, double frequency) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    return at::sin(at::arange(count, at::kFloat) * frequency).view(shape).clone();
}

double largest(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

void compare(const at::Tensor& ours, const at::Tensor& expected, double tolerance) {
    QCOMPARE(ours.sizes().vec(), expected.sizes().vec());
    const double difference = largest(ours, expected);
    QVERIFY2(difference <= tolerance, qPrintable(QString("values differ by %1").arg(difference)));
    QVERIFY(expected.abs().max().item<double>() > 1e-4);
}

}  // namespace

class TstFewRows : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void products_data() {
        QTest::addColumn<int>("few");
        QTest::addColumn<int>("in");
        QTest::addColumn<int>("out");
        QTest::addColumn<bool>("transposed");
        QTest::addColumn<bool>("half");
        for (const bool transposed : {false, true}) {
            for (const bool half : {false, true}) {
                for (const int few : {1, 2, 3, 4}) {
                    const auto add = [&](int in, int out) {
                        const QString name = QString("%1 rows, %2 to %3, %4 %5")
                                                 .arg(few).arg(in).arg(out).arg(half ? "bf16" : "f32")
                                                 .arg(transposed ? "conv1d" : "linear");
                        QTest::newRow(qPrintable(name)) << few << in << out << transposed << half;
                    };
                    add(7, 5);       // less than a block
                    add(33, 66);     // blocks and a rest
                    add(400, 1501);  // several parts
                }
            }
        }
    }
    void products() {
        QFETCH(int, few);
        QFETCH(int, in);
        QFETCH(int, out);
        QFETCH(bool, transposed);
        QFETCH(bool, half);
        const at::NoGradGuard no_grad;
        at::Tensor weight = transposed ? wave({in, out}, 0.7).t() : wave({out, in}, 0.7);
        if (half) weight = weight.to(at::kBFloat16);
        const at::Tensor x = wave({1, few, in}, 0.31), bias = wave({out}, 0.5);
        QVERIFY(is_few_rows(x) && serves_few_rows(weight));
        const at::Tensor exact = at::linear(x.to(at::kDouble), weight.to(at::kDouble));
        compare(project_few_rows(x, weight, {}), exact, 2e-5);
        compare(project_few_rows(x, weight, bias), exact + bias, 2e-5);
    }

    void threadsDoNotChangeTheResult() {
        const at::NoGradGuard no_grad;
        const int threads = at::get_num_threads();
        const at::Tensor x = wave({1, 768}, 0.31), rows = wave({1037, 768}, 0.7), columns = wave({768, 1037}, 0.7).t();
        const at::Tensor first = project_few_rows(x, rows, {}), second = project_few_rows(x, columns, {});
        for (const int count : {1, 3, 16}) {
            at::set_num_threads(count);
            QVERIFY(at::equal(project_few_rows(x, rows, {}), first));
            QVERIFY(at::equal(project_few_rows(x, columns, {}), second));
        }
        at::set_num_threads(threads);
    }

    void lowRank() {
        const at::NoGradGuard no_grad;
        for (const int64_t few : {1, 3}) {
            const at::Tensor x = wave({1, few, 65}, 0.31), a = wave({3, 65}, 0.9), b = wave({34, 3}, 0.4);
            const at::Tensor wide = wave({1, few, 100}, 1.1), y = wide.narrow(2, 20, 34);  // part of a fused projection
            const at::Tensor before = wide.clone(), expected = y + 0.5 * at::linear(at::linear(x, a), b);
            add_low_rank_few_rows(x, a, b, 0.5, y);
            compare(y, expected, 1e-5);
            QVERIFY(at::equal(wide.narrow(2, 0, 20), before.narrow(2, 0, 20)));
            QVERIFY(at::equal(wide.narrow(2, 54, 46), before.narrow(2, 54, 46)));
        }
    }

    void attention_data() {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kv_heads");
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("keys");
        QTest::addColumn<int>("window");
        QTest::newRow("one token") << 4 << 4 << 1 << 37 << 0;
        QTest::newRow("the first token") << 2 << 2 << 1 << 1 << 0;
        QTest::newRow("grouped") << 6 << 2 << 3 << 40 << 0;
        QTest::newRow("many keys") << 2 << 1 << 1 << 900 << 0;
        QTest::newRow("window") << 4 << 2 << 2 << 50 << 9;
        QTest::newRow("four tokens from nothing") << 2 << 2 << 4 << 4 << 0;
    }
    void attention() {
        QFETCH(int, heads);
        QFETCH(int, kv_heads);
        QFETCH(int, tokens);
        QFETCH(int, keys);
        QFETCH(int, window);
        const at::NoGradGuard no_grad;
        const int64_t width = 24, room = keys + 5;  // a cache has room for more
        const at::Tensor q = wave({1, tokens, heads, width}, 0.31).transpose(1, 2);
        const at::Tensor k = wave({1, kv_heads, room, width}, 0.77).narrow(2, 0, keys),
                         v = wave({1, kv_heads, room, width}, 0.13).narrow(2, 0, keys);
        QVERIFY(serves_few_queries(q, k, v));
        const int64_t group = heads / kv_heads;
        const at::Tensor all = at::ones({tokens, keys}, at::kBool);
        at::Tensor unseen = at::triu(all, keys - tokens + 1);
        if (window > 0) unseen = unseen.logical_or(at::tril(all, keys - tokens - window));
        const at::Tensor scores =
            (at::matmul(q, k.repeat_interleave(group, 1).transpose(2, 3)) * 0.6).masked_fill(unseen, -1e30);
        const at::Tensor expected =
            at::matmul(at::softmax(scores, -1), v.repeat_interleave(group, 1)).transpose(1, 2).flatten(2);
        compare(attend_few_queries(q, k, v, 0.6, window), expected, 1e-5);
    }

    void othersAreLeftAlone() {
        const at::Tensor one = at::ones({1, 8});
        QVERIFY(!is_few_rows(one));  // a gradient may be wanted
        const at::NoGradGuard no_grad;
        QVERIFY(is_few_rows(one));
        QVERIFY(!is_few_rows(at::ones({5, 8})));
        QVERIFY(!is_few_rows(at::ones({1, 8}, at::kDouble)));
        QVERIFY(!is_few_rows(at::ones({0, 8})));
        QVERIFY(!serves_few_rows(at::ones({8, 8}, at::kDouble)));
        QVERIFY(!serves_few_rows(at::ones({8, 16}).slice(1, 0, 16, 2)));
        QVERIFY(serves_few_rows(at::ones({8, 16}).narrow(1, 3, 5)));
        QVERIFY(!serves_few_queries(at::ones({2, 1, 1, 4}), at::ones({2, 1, 9, 4}), at::ones({2, 1, 9, 4})));
    }
};

QTEST_GUILESS_MAIN(TstFewRows)
#include "tst_few_rows.moc"
