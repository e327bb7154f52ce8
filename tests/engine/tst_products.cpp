// The products that the engine forms by itself or hands to oneDNN, against double precision at every shape of their operands;
// and a part of a model computed twice instead of kept.
#include <QtTest>

#include "engine/runtime.h"
#include "model/large_products.h"
#include "model/low_rank.h"
#include "model/recompute.h"
#include "model/small_products.h"

using namespace engine;

namespace {

double largest(const at::Tensor& a, const at::Tensor& b) { return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>(); }

RowsOf<const float> rows_of(const at::Tensor& x) { return {x.data_ptr<float>(), x.stride(0)}; }

}  // namespace

class TstProducts : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        initialize_runtime();
        at::manual_seed(3);
    }

    void small_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("depth");
        QTest::addColumn<int>("columns");
        QTest::newRow("whole tiles") << 64 << 64 << 64;
        QTest::newRow("one row") << 1 << 5 << 16;
        QTest::newRow("rows left over") << 23 << 64 << 48;
        QTest::newRow("odd columns of vectors") << 10 << 33 << 80;
        QTest::newRow("deep") << 16 << 300 << 32;
    }
    void small() {
        QFETCH(int, rows);
        QFETCH(int, depth);
        QFETCH(int, columns);
        // Both operands and the result are parts of larger memory.
        const at::Tensor a = at::randn({rows, depth + 3}).narrow(1, 0, depth), across = at::randn({depth, rows + 5}).narrow(1, 0, rows);
        const at::Tensor b = at::randn({depth, columns + 7}).narrow(1, 0, columns);
        const at::Tensor around = at::full({rows, columns + 9}, 7.f), c = around.narrow(1, 0, columns);
        const ProductSize size{rows, depth, columns};
        const auto exact = [&](const at::Tensor& left) { return at::mm(left.to(at::kDouble), b.to(at::kDouble)); };
        const RowsOf<float> result{c.data_ptr<float>(), c.stride(0)};
        small_product({a.data_ptr<float>(), a.stride(0), 1}, rows_of(b), result, size, false);
        QVERIFY2(largest(c, exact(a)) < 1e-4, qPrintable(QString::number(largest(c, exact(a)))));
        small_product({across.data_ptr<float>(), 1, across.stride(0)}, rows_of(b), result, size, true);
        QVERIFY(largest(c, exact(a) + exact(across.t())) < 2e-4);
        QVERIFY((around.narrow(1, columns, 9) == 7).all().item<bool>());
    }

    void large_data() {
        QTest::addColumn<bool>("left");
        QTest::addColumn<bool>("right");
        QTest::newRow("as stored") << false << false;
        QTest::newRow("left transposed") << true << false;
        QTest::newRow("right transposed") << false << true;
        QTest::newRow("both transposed") << true << true;
    }
    void large() {
        QFETCH(bool, left);
        QFETCH(bool, right);
        const at::Tensor a = left ? at::randn({70, 150}).t() : at::randn({150, 90}).narrow(1, 10, 70);
        const at::Tensor b = right ? at::randn({40, 70}).t() : at::randn({70, 60}).narrow(1, 5, 40);
        const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble));
        QVERIFY(largest(matrix_product(a, b), exact) < 1e-4);
        at::Tensor y = at::randn({150, 50}).narrow(1, 0, 40);
        const at::Tensor before = y.clone();
        add_matrix_product(y, a, b);
        QVERIFY(largest(y, exact + before) < 1e-4);
        // The same of bf16 factors: the sum is f32, and so is what was there.
        const at::Tensor half_a = a.to(at::kBFloat16), half_b = b.to(at::kBFloat16);
        y.copy_(before);
        add_matrix_product(y, half_a, half_b);
        const at::Tensor of_halves = at::mm(half_a.to(at::kDouble), half_b.to(at::kDouble));
        QVERIFY(largest(y, of_halves + before) <= of_halves.abs().max().item<double>() / 256);
        QCOMPARE(y.scalar_type(), at::kFloat);
    }

    // In turn into the same memory, which is more than one of them fills.
    void intoMemoryAtHand() {
        const at::Tensor buffer = at::full({30, 40}, 7.f), b = at::randn({20, 40});
        for (const int64_t rows : {30, 11}) {
            const at::Tensor a = at::randn({rows, 20});
            at::Tensor y = buffer.narrow(0, 0, rows);
            matrix_product_into(y, a, b);
            QVERIFY(largest(y, at::mm(a.to(at::kDouble), b.to(at::kDouble))) < 1e-4);
            QCOMPARE(y.data_ptr(), buffer.data_ptr());
        }
    }

    void lowRank_data() {
        QTest::addColumn<bool>("half");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("rank");
        for (const bool half : {false, true}) {
            const char* const type = half ? "bf16" : "f32";
            QTest::addRow("%s, rank 4", type) << half << 300 << 144 << 4;
            QTest::addRow("%s, rank 1, one row", type) << half << 1 << 16 << 1;
            QTest::addRow("%s, rank 9, odd sizes", type) << half << 77 << 133 << 9;
            QTest::addRow("%s, rank 100", type) << half << 40 << 128 << 100;
        }
    }
    void lowRank() {
        QFETCH(bool, half);
        QFETCH(int, rows);
        QFETCH(int, width);
        QFETCH(int, rank);
        // Parts of wider rows, as one matrix of a fused projection is.
        const auto values = [&](int64_t columns) {
            return at::randn({rows, columns + 21}).to(half ? at::kBFloat16 : at::kFloat).narrow(1, 5, columns);
        };
        const at::Tensor x = values(width), a = at::randn({rank, width});
        const at::Tensor low = at::randn({rows, rank + 3}).narrow(1, 2, rank), exact_x = x.to(at::kDouble);
        const double allowed = 1e-6 * std::sqrt(rows * width * 100.0);
        QVERIFY(largest(times_transposed(x, a), at::mm(exact_x, a.t().to(at::kDouble))) < allowed);
        QVERIFY(largest(transposed_times(low, x), at::mm(low.t().to(at::kDouble), exact_x)) < allowed);
        const at::Tensor around = at::randn({rows, width + 16}), y = around.narrow(1, 0, width), before = around.clone();
        add_low_rank(y, low, a);
        QVERIFY(largest(y, before.narrow(1, 0, width) + at::mm(low.to(at::kDouble), a.to(at::kDouble))) < allowed);
        QVERIFY(around.narrow(1, width, 16).equal(before.narrow(1, width, 16)));
    }

    void whatOneDnnDoesNotServe() {
        const at::Tensor a = at::randn({12, 20}), b = at::randn({20, 9});
        QVERIFY(largest(matrix_product(a.to(at::kDouble), b.to(at::kDouble)), at::mm(a, b)) < 1e-5);
        QVERIFY(largest(matrix_product(a.to(at::kBFloat16), b.to(at::kBFloat16)), at::mm(a, b)) < 0.2);
        const at::Tensor spread = at::randn({12, 40}).slice(1, 0, 40, 2);  // values apart in both directions
        QVERIFY(largest(matrix_product(spread, b), at::mm(spread.contiguous(), b)) < 1e-5);
        const at::Tensor repeated = at::randn({1, 20}).expand({12, 20});
        QVERIFY(largest(matrix_product(repeated, b), at::mm(repeated.contiguous(), b)) < 1e-5);
        const at::Tensor trained = b.clone().requires_grad_();
        matrix_product(a, trained).sum().backward();
        QVERIFY(largest(trained.grad(), at::mm(a.t(), at::ones({12, 9}))) < 1e-4);
    }

    // The same values, gradients of the input and of what the body reads by itself; the body runs once more for them.
    // bf16 is computed in whole rows: what fills them up is nowhere in the result, of rows as of the sums over them.
    void bf16InWholeRows_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<bool>("transposed");
        for (const int rows : {31, 32, 33, 45, 64, 100}) {
            QTest::newRow(qPrintable(QString("%1 rows").arg(rows))) << rows << false;
            QTest::newRow(qPrintable(QString("sums over %1 rows").arg(rows))) << rows << true;
        }
    }
    void bf16InWholeRows() {
        QFETCH(int, rows);
        QFETCH(bool, transposed);
        const at::Tensor x = at::randn({rows, 50}).to(at::kBFloat16);
        const at::Tensor a = transposed ? x.t() : x, b = at::randn({a.size(1), 70}).to(at::kBFloat16);
        const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble));
        for (const at::Tensor& y : {matrix_product(a, b), library_product(a, b)}) {
            QCOMPARE(y.sizes().vec(), (std::vector<int64_t>{a.size(0), 70}));
            QVERIFY(y.is_contiguous() && y.scalar_type() == at::kBFloat16);
            QVERIFY(largest(y, exact) <= exact.abs().max().item<double>() / 256);
        }
    }

    void affine_data() {
        QTest::addColumn<bool>("biased");
        QTest::addColumn<bool>("residual");
        QTest::newRow("product alone") << false << false;
        QTest::newRow("bias") << true << false;
        QTest::newRow("residual") << false << true;
        QTest::newRow("bias and residual") << true << true;
    }
    void affine() {
        QFETCH(bool, biased);
        QFETCH(bool, residual);
        const at::Tensor a = at::randn({45, 70}), w = at::randn({150, 70});
        const at::Tensor bias = biased ? at::randn({150}) : at::Tensor(), other = residual ? at::randn({150, 45}).t() : at::Tensor();
        QVERIFY(!affine_product(a, w.t(), bias, other, at::kFloat));  // oneDNN adds to what is there
        const at::Tensor half = a.to(at::kBFloat16), weight = w.to(at::kBFloat16).t();
        at::Tensor exact = at::mm(half.to(at::kDouble), weight.to(at::kDouble));
        if (biased) exact += bias;
        if (residual) exact += other;
        QVERIFY(!residual || !affine_product(half, weight, bias, other, at::kBFloat16));
        const auto full = affine_product(half, weight, bias, other, at::kFloat);
        if (!full) QSKIP("no tile unit (AMX) for bf16 in this processor");
        QVERIFY(largest(*full, exact) < 1e-4);
        if (residual) return;
        const auto rounded = affine_product(half, weight, bias, other, at::kBFloat16);
        QVERIFY(rounded && rounded->scalar_type() == at::kBFloat16);
        QVERIFY(largest(*rounded, exact) <= exact.abs().max().item<double>() / 256);
    }

    void recomputedGivesTheSameGradients() {
        const at::Tensor x = at::randn({6, 8}).requires_grad_(), w = at::randn({8, 8}).requires_grad_();
        int runs = 0;
        const auto body = [&](const at::Tensor& in) {
            ++runs;
            return at::mm(in, w).tanh() + in;
        };
        const at::Tensor plain = body(body(x)).square().sum();
        plain.backward();
        const at::Tensor grad_x = x.grad().clone(), grad_w = w.grad().clone();
        x.mutable_grad().zero_();
        w.mutable_grad().zero_();
        runs = 0;
        const at::Tensor again = recomputed(recomputed(x, body), body).square().sum();
        QCOMPARE(runs, 2);
        QCOMPARE(again.item<float>(), plain.item<float>());
        again.backward();
        QCOMPARE(runs, 4);
        QVERIFY(largest(x.grad(), grad_x) < 1e-5);
        QVERIFY(largest(w.grad(), grad_w) < 1e-5);
        QVERIFY(grad_w.abs().max().item<double>() > 1e-3);
    }

    void recomputedKeepsNothingWithoutGradients() {
        const at::NoGradGuard no_grad;
        int runs = 0;
        const at::Tensor y = recomputed(at::ones({2, 2}), [&](const at::Tensor& x) {
            ++runs;
            return x * 2;
        });
        QCOMPARE(runs, 1);
        QVERIFY(!y.requires_grad());
        QCOMPARE(y.sum().item<float>(), 8.f);
    }
};

QTEST_GUILESS_MAIN(TstProducts)
#include "tst_products.moc"
