// The tile unit's products against double precision, and attention with them against attention without; also
// the bf16 heads that the whole operation does not choose on this machine.
#include <QtTest>

#include <cstring>
#include <new>
#include <sys/mman.h>

#include "engine/runtime.h"
#include "model/tile_attention.h"
#include "model/tile_loops.h"
#include "model/tile_matrices.h"
#include "runtime/torch.h"

using namespace engine;
using rows::bf16;

namespace {

template <class T>
RowsOf<T> rows_of(const at::Tensor& x) {
    return {reinterpret_cast<T*>(x.data_ptr()), x.stride(0)};
}

at::Tensor bf16_noise(at::IntArrayRef shape) { return at::randn(shape).to(at::kBFloat16); }

struct Results {
    at::Tensor out, log_sums, grad_q, grad_k, grad_v;
};

// q, grad [H, T, D], k, v [T, D]: H heads of queries over one of keys and values.
template <class Head>
Results attention(const HeadShape& shape, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& grad) {
    const auto like = [](const at::Tensor& x) { return at::full_like(x, 7); };
    Results r{like(q), at::empty({q.size(0), q.size(1)}), like(q), like(k), like(v)};
    {
        const at::Tensor memory = at::full({Head::workspace(shape, false)}, std::nan(""));
        Head head(shape, rows_of<const bf16>(k), rows_of<const bf16>(v), false, memory.data_ptr<float>());
        for (int64_t h = 0; h < q.size(0); ++h)
            head.attend(rows_of<const bf16>(q[h]), rows_of<bf16>(r.out[h]), r.log_sums[h].data_ptr<float>());
    }
    const at::Tensor memory = at::full({Head::workspace(shape, true)}, std::nan(""));
    Head head(shape, rows_of<const bf16>(k), rows_of<const bf16>(v), true, memory.data_ptr<float>());
    for (int64_t h = 0; h < q.size(0); ++h) {
        head.differentiate(rows_of<const bf16>(q[h]), rows_of<const bf16>(grad[h]), r.log_sums[h].data_ptr<float>(),
                           rows_of<bf16>(r.grad_q[h]));
    }
    head.gradients_of_keys_and_values(rows_of<bf16>(r.grad_k), rows_of<bf16>(r.grad_v));
    return r;
}

// The same by the formula, in double precision.
Results exact(const HeadShape& shape, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& grad) {
    const auto leaf = [](const at::Tensor& x) { return x.to(at::kDouble).requires_grad_(); };
    const at::Tensor Q = leaf(q), K = leaf(k), V = leaf(v);
    at::Tensor unseen = at::ones({shape.tokens, shape.tokens}, at::kBool).triu_(shape.causal ? 1 : shape.tokens);
    if (shape.window > 0) unseen = unseen.logical_or(at::ones_like(unseen).tril_(-shape.window));
    const at::Tensor scores = (at::matmul(Q, K.t()) * shape.scale).masked_fill(unseen, -std::numeric_limits<double>::infinity());
    const at::Tensor out = at::matmul(at::softmax(scores, -1), V);
    out.backward(grad.to(at::kDouble));
    return {out.detach(), at::logsumexp(scores.detach(), -1), Q.grad(), K.grad(), V.grad()};
}

// The values of a bf16 tensor right in front of a page that may not be touched.
class GuardedCopy {
  public:
    explicit GuardedCopy(const at::Tensor& x) : bytes_((x.nbytes() / page + 2) * page) {
        begin_ = static_cast<char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (begin_ == MAP_FAILED) throw std::bad_alloc();
        mprotect(begin_ + bytes_ - page, page, PROT_NONE);
        data_ = begin_ + bytes_ - page - x.nbytes();
        std::memcpy(data_, x.data_ptr(), x.nbytes());
    }
    ~GuardedCopy() { munmap(begin_, bytes_); }
    GuardedCopy(const GuardedCopy&) = delete;
    GuardedCopy& operator=(const GuardedCopy&) = delete;
    bf16* data() const { return reinterpret_cast<bf16*>(data_); }

  private:
    static constexpr std::size_t page = 4096;
    std::size_t bytes_;
    char* begin_;
    char* data_;
};

// Relative to the largest value: how far a and the exact one are apart.
double error(const at::Tensor& a, const at::Tensor& exact) {
    return ((a.to(at::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
}

}  // namespace

class TstTiles : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() {
        initialize_runtime();
        at::manual_seed(5);
    }

    void product_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("depth");
        QTest::addColumn<int>("columns");
        QTest::newRow("one tile") << 16 << 32 << 16;
        QTest::newRow("two by two") << 32 << 64 << 32;
        QTest::newRow("odd rows") << 48 << 32 << 64;
        QTest::newRow("odd columns") << 64 << 96 << 48;
        QTest::newRow("odd both") << 80 << 160 << 16;
    }
    void product() {
        if (!tile_unit()) QSKIP("no tile unit (AMX) for bf16 in this processor");
        QFETCH(int, rows);
        QFETCH(int, depth);
        QFETCH(int, columns);
        // The operands and the result are parts of larger memory.
        const at::Tensor a = bf16_noise({rows, depth + 32}).narrow(1, 0, depth), b = bf16_noise({depth, columns});
        const at::Tensor pairs = at::empty({depth / 2, columns}, at::kInt);
        tile_loops::pairs_of_rows(rows_of<const bf16>(b), depth, columns, rows_of<BfPair>(pairs));
        const at::Tensor around = at::full({rows, columns + 16}, 7.f), c = around.narrow(1, 0, columns);
        const at::Tensor product = at::mm(a.to(at::kDouble), b.to(at::kDouble));
        const TileRegisters registers;
        tile_product(rows_of<const bf16>(a), rows_of<const BfPair>(pairs), rows_of<float>(c), {rows, depth, columns}, false);
        QVERIFY(error(c, product) < 1e-6);
        tile_product(rows_of<const bf16>(a), rows_of<const BfPair>(pairs), rows_of<float>(c), {rows, depth, columns}, true);
        QVERIFY(error(c, 2 * product) < 1e-6);
        QVERIFY((around.narrow(1, columns, 16) == 7).all().item<bool>());
    }

    void matrix_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("depth");
        QTest::addColumn<int>("columns");
        QTest::addColumn<bool>("transposed");
        for (const bool transposed : {false, true}) {
            const char* const right = transposed ? ", right operand transposed" : "";
            QTest::addRow("whole blocks%s", right) << 64 << 256 << 256 << transposed;
            QTest::addRow("one value%s", right) << 1 << 1 << 1 << transposed;
            QTest::addRow("nothing is a multiple%s", right) << 77 << 301 << 333 << transposed;
            QTest::addRow("one column over%s", right) << 33 << 257 << 129 << transposed;
            QTest::addRow("17 columns of a panel%s", right) << 31 << 31 << 17 << transposed;
            QTest::addRow("sums wait%s", right) << 530 << 6500 << 140 << transposed;
        }
    }
    void matrix() {
        if (!tile_unit()) QSKIP("no tile unit (AMX) for bf16 in this processor");
        QFETCH(int, rows);
        QFETCH(int, depth);
        QFETCH(int, columns);
        QFETCH(bool, transposed);
        // Beyond the operands there are no numbers: what reads them shows.
        const auto part = [](int64_t height, int64_t width) {
            const at::Tensor around = at::full({height + 1, width + 40}, std::nan(""), at::kBFloat16);
            const at::Tensor x = around.narrow(0, 0, height).narrow(1, 3, width);
            x.copy_(at::randn({height, width}));
            return x;
        };
        const at::Tensor a = part(rows, depth), stored = transposed ? part(columns, depth) : part(depth, columns);
        const RightMatrix b{rows_of<const bf16>(stored).data, stored.stride(0), transposed};
        const at::Tensor bias = at::randn({columns}), residual = at::randn({rows, columns + 5}).narrow(1, 0, columns);
        const at::Tensor product = at::mm(a.to(at::kDouble), (transposed ? stored.t() : stored).to(at::kDouble));
        const at::Tensor around = at::full({rows, columns + 16}, 7.f), full = around.narrow(1, 0, columns);

        ProductTarget target;
        target.full = rows_of<float>(full);
        tile_matrix_product(rows_of<const bf16>(a), b, target, {rows, depth, columns});
        QVERIFY(error(full, product) < 1e-5);
        target.bias = bias.data_ptr<float>();
        target.residual = rows_of<const float>(residual);
        tile_matrix_product(rows_of<const bf16>(a), b, target, {rows, depth, columns});
        QVERIFY(error(full, product + bias + residual) < 1e-5);
        QVERIFY((around.narrow(1, columns, 16) == 7).all().item<bool>());

        const at::Tensor half_around = around.to(at::kBFloat16), half = half_around.narrow(1, 0, columns);
        target = {};
        target.half = rows_of<bf16>(half);
        target.bias = bias.data_ptr<float>();
        tile_matrix_product(rows_of<const bf16>(a), b, target, {rows, depth, columns});
        QVERIFY(error(half, product + bias) < 4e-3);
        QVERIFY(half_around.narrow(1, columns, 16).equal(at::full({rows, 16}, 7).to(at::kBFloat16)));
    }

    // Operands and result end where the process may read and write no further.
    void matrixAtTheEndOfMemory_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("depth");
        QTest::addColumn<int>("columns");
        QTest::newRow("whole blocks") << 64 << 256 << 128;
        QTest::newRow("nothing is a multiple") << 45 << 301 << 141;
        QTest::newRow("one row") << 1 << 64 << 32;
    }
    void matrixAtTheEndOfMemory() {
        if (!tile_unit()) QSKIP("no tile unit (AMX) for bf16 in this processor");
        QFETCH(int, rows);
        QFETCH(int, depth);
        QFETCH(int, columns);
        for (const bool transposed : {false, true}) {
            const at::Tensor a = bf16_noise({rows, depth}), b = transposed ? bf16_noise({columns, depth}) : bf16_noise({depth, columns});
            const GuardedCopy left(a), right(b), half(at::zeros({rows, columns}).to(at::kBFloat16));
            ProductTarget target;
            target.half = {half.data(), columns};
            tile_matrix_product({left.data(), depth}, {right.data(), b.size(1), transposed}, target, {rows, depth, columns});
            const at::Tensor y = at::from_blob(half.data(), {rows, columns}, at::kBFloat16);
            QVERIFY(error(y, at::mm(a.to(at::kDouble), (transposed ? b.t() : b).to(at::kDouble))) < 4e-3);
        }
    }

    // oneDNN's bf16 products on the same thread, between ours and inside the life of our arrangement.
    void besideOtherUsersOfTheRegisters() {
        if (!tile_unit()) QSKIP("no tile unit (AMX) for bf16 in this processor");
        const at::Tensor a = bf16_noise({64, 64}), b = bf16_noise({64, 64}), pairs = at::empty({32, 64}, at::kInt), c = at::empty({64, 64});
        const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble));
        tile_loops::pairs_of_rows(rows_of<const bf16>(b), 64, 64, rows_of<BfPair>(pairs));
        for (int turn = 0; turn < 3; ++turn) {
            QVERIFY(error(at::mm(a, b), exact) < 6e-3);
            const TileRegisters registers;
            {
                const TileRegisters again;
            }
            tile_product(rows_of<const bf16>(a), rows_of<const BfPair>(pairs), rows_of<float>(c), {64, 64, 64}, false);
            QVERIFY(error(c, exact) < 1e-6);
        }
    }

    void transposes() {
        if (!tile_unit()) QSKIP("no tile unit (AMX) for bf16 in this processor");
        const at::Tensor x = bf16_noise({48, 64});
        const RowsOf<const BfPair> words{static_cast<const BfPair*>(x.data_ptr()), 32};
        const at::Tensor across = bf16_noise({64, 80}), words_across = bf16_noise({32, 160});
        tile_loops::values_across(words, 48, 32, rows_of<bf16>(across));
        QVERIFY(across.narrow(1, 0, 48).equal(x.t()));
        tile_loops::words_across(words, 48, 32, {static_cast<BfPair*>(words_across.data_ptr()), 80});
        QVERIFY(words_across.narrow(1, 0, 96).view({32, 48, 2}).equal(x.view({48, 32, 2}).transpose(0, 1)));
    }

    void attention_data() {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("window");  // negative: not causal
        QTest::newRow("full, one token") << 1 << 1 << 64 << -1;
        QTest::newRow("full, part of a tile") << 1 << 13 << 64 << -1;
        QTest::newRow("full, last block of one") << 2 << 65 << 8 << -1;
        QTest::newRow("full, several blocks") << 1 << 300 << 80 << -1;
        QTest::newRow("one token") << 1 << 1 << 64 << 0;
        QTest::newRow("part of a tile") << 1 << 13 << 64 << 0;
        QTest::newRow("narrow, grouped") << 3 << 40 << 8 << 0;
        QTest::newRow("one block") << 1 << 64 << 64 << 0;
        QTest::newRow("last block of one") << 2 << 65 << 64 << 0;
        QTest::newRow("several blocks") << 1 << 300 << 80 << 0;
        QTest::newRow("window") << 2 << 200 << 32 << 5;
        QTest::newRow("wide window") << 1 << 333 << 64 << 150;
        QTest::newRow("window of one") << 1 << 70 << 16 << 1;
    }
    void attention() {
        QFETCH(int, heads);
        QFETCH(int, tokens);
        QFETCH(int, width);
        QFETCH(int, window);
        const HeadShape shape{tokens, width, std::max(0, window), 0.3f, window >= 0};
        const at::Tensor q = bf16_noise({heads, tokens, width}), grad = bf16_noise({heads, tokens, width});
        const at::Tensor k = bf16_noise({tokens, width}), v = bf16_noise({tokens, width});
        const Results right = exact(shape, q, k, v, grad);
        const auto check = [&](const Results& r, const char* how) {
            QVERIFY2(error(r.log_sums, right.log_sums) < 1e-5, how);
            // Rounding of one bf16 is 2^-9 = 0.002 of a value.
            QVERIFY2(error(r.out, right.out) < 6e-3, how);
            if (tokens == 1) {  // the only key's weight is 1 whatever q and k are
                QCOMPARE(r.grad_q.abs().max().item<float>(), 0.f);
            } else if (window != 1) {
                QVERIFY2(error(r.grad_q, right.grad_q) < 1e-2, how);
                QVERIFY2(error(r.grad_k, right.grad_k) < 1e-2, how);
            }
            QVERIFY2(error(r.grad_v, right.grad_v) < 6e-3, how);
        };
        check(::attention<AttentionHead<bf16>>(shape, q, k, v, grad), "vectors");
        if (QTest::currentTestFailed()) return;
        if (!tile_unit()) QSKIP("no tile unit (AMX) for bf16 in this processor");
        check(::attention<TileAttentionHead>(shape, q, k, v, grad), "tiles");
    }

    // What is not a number reaches every query that sees it, and no other.
    void nanIsKept() {
        if (!tile_unit()) QSKIP("no tile unit (AMX) for bf16 in this processor");
        const at::Tensor q = bf16_noise({1, 40, 32}), v = bf16_noise({40, 32}), k = bf16_noise({40, 32});
        k[20].fill_(std::nan(""));
        const Results r = ::attention<TileAttentionHead>({40, 32, 0, 1}, q, k, v, q);
        QVERIFY(!r.out[0].narrow(0, 0, 20).isnan().any().item<bool>());
        QVERIFY(r.out[0].narrow(0, 20, 20).isnan().all().item<bool>());
        QVERIFY(r.grad_q[0].narrow(0, 20, 20).isnan().any().item<bool>());
    }
};

QTEST_GUILESS_MAIN(TstTiles)
#include "tst_tiles.moc"
