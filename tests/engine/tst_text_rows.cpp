// Attention among the tokens of a text, computed again in the backward pass, against the formula under
// automatic differentiation in double precision, and where padding goes.
#include "engine/runtime.h"
#include "model/text_rows.h"

#include <QtTest>

using namespace engine;

namespace {

at::Tensor noise(at::IntArrayRef shape) {
    return (0.5 * at::randn(shape)).requires_grad_();
}

// true at the tokens of texts of these lengths, from a place on.
at::Tensor mask_of(const std::vector<int64_t>& lengths, int64_t tokens, int64_t from = 0) {
    at::Tensor mask = at::zeros({static_cast<int64_t>(lengths.size()), tokens}, at::kBool);
    for (std::size_t i = 0; i < lengths.size(); ++i)
        mask[static_cast<int64_t>(i)].narrow(0, from, lengths[i]).fill_(true);
    return mask;
}

// A product with a table that all texts and heads share, as relative positions have.
at::Tensor terms(const at::Tensor& q, const at::Tensor& k, const std::vector<at::Tensor>& tables) {
    const int64_t tokens = q.size(2);
    return at::matmul(q, tables[0].narrow(0, 0, tokens).t()) +
           at::matmul(k, tables[1].narrow(0, 0, tokens).t()).transpose(2, 3);
}

}  // namespace

class TstTextRows : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }
    void init() { at::manual_seed(3); }

    void paddingIsTakenOutAndPutBack() {
        const at::Tensor ids = at::zeros({3, 5}, at::kLong), x = noise({3, 5, 2}).detach();
        const TextRows texts(ids, mask_of({2, 5, 1}, 5));
        QCOMPARE(texts.offsets(), (std::vector<int64_t>{0, 2, 7, 8}));
        QCOMPARE(texts.longest(), int64_t{5});
        QVERIFY(!texts.mask().defined());
        const at::Tensor packed = texts.pack(x);
        QCOMPARE(packed.size(1), int64_t{8});
        QVERIFY(packed[0].narrow(0, 2, 5).equal(x[1]));
        QVERIFY(texts.unpack(packed).equal(x * mask_of({2, 5, 1}, 5).unsqueeze(2)));
        QVERIFY(TextRows(ids, mask_of({5, 5, 5}, 5)).pack(x).is_same(x));
        QVERIFY(TextRows(ids, {}).pack(x).is_same(x));
        QCOMPARE(TextRows(ids, mask_of({2, 3, 1}, 5)).longest(), int64_t{3});
    }

    void attention_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("from");
        QTest::addColumn<bool>("masked");
        QTest::addColumn<bool>("relative");
        QTest::newRow("whole texts") << 40 << 0 << false << false;
        QTest::newRow("padding behind") << 40 << 0 << true << false;
        QTest::newRow("padding in front") << 40 << 3 << true << true;
        QTest::newRow("whole texts, tables") << 40 << 0 << false << true;
        QTest::newRow("several parts") << 330 << 0 << true << true;
        QTest::newRow("several parts of whole texts") << 330 << 0 << false << true;
    }
    void attention() {
        QFETCH(int, tokens);
        QFETCH(int, from);
        QFETCH(bool, masked);
        QFETCH(bool, relative);
        const int64_t batch = 5, heads = 16, width = 4;
        const at::Tensor ids = at::zeros({batch, tokens}, at::kLong);
        const at::Tensor mask = masked ? mask_of({7, tokens - 3, 2, tokens - 9, 30}, tokens, from)
                                       : mask_of({tokens, tokens, tokens, tokens, tokens}, tokens);
        const TextRows texts(ids, mask);
        if (tokens == 330)
            QVERIFY(texts.chunks(heads, tokens).size() > 1 && texts.chunks(heads, tokens).size() < 5);
        std::vector<at::Tensor> inputs, tables;
        for (int i = 0; i < 3; ++i) inputs.push_back(noise({batch, tokens, heads * width}));
        if (relative) tables = {noise({tokens, width}), noise({tokens, width})};
        const auto rows = [&](const at::Tensor& x) {
            return texts.pack(x).flatten(0, 1).unflatten(1, {heads, width});
        };
        const at::Tensor out =
            texts.unpack(attention_within_texts(texts, rows(inputs[0]), rows(inputs[1]), rows(inputs[2]), 0.4,
                                                tables, tokens, relative ? &terms : ScoreTerms())
                             .view({masked ? 1 : batch, -1, heads * width}));
        const at::Tensor pull = at::randn_like(out);
        inputs.insert(inputs.end(), tables.begin(), tables.end());
        out.backward(pull);

        std::vector<at::Tensor> exact;
        for (const at::Tensor& x : inputs) exact.push_back(x.detach().to(at::kDouble).requires_grad_());
        const auto heads_of = [&](std::size_t i) {
            return exact[i].view({batch, tokens, heads, width}).transpose(1, 2);
        };
        at::Tensor scores = at::matmul(heads_of(0), heads_of(1).transpose(2, 3));
        if (relative) scores = scores + terms(heads_of(0), heads_of(1), {exact[3], exact[4]});
        scores = (scores * 0.4).masked_fill(mask.logical_not().view({batch, 1, 1, tokens}), -1e30);
        const at::Tensor wanted =
            at::matmul(at::softmax(scores, -1), heads_of(2)).transpose(1, 2).flatten(2) * mask.unsqueeze(2);
        wanted.backward(pull.to(at::kDouble));
        QVERIFY((out - wanted).abs().max().item<double>() < 1e-5);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const double largest = exact[i].grad().abs().max().item<double>();
            QVERIFY(largest > 1e-2);
            QVERIFY2((inputs[i].grad() - exact[i].grad()).abs().max().item<double>() < 2e-5 * largest,
                     QByteArray::number(static_cast<int>(i)).constData());
        }
    }

    // What has no gradient gets none, and what only some of the values need is enough to be computed again.
    void onlyTheTableIsTrained() {
        const TextRows texts(at::zeros({1, 6}, at::kLong), {});
        const at::Tensor q = noise({6, 2, 4}).detach(), table = noise({6, 4}), other = noise({6, 4}).detach();
        attention_within_texts(texts, q, q, q, 1, {table, other}, 6, &terms).sum().backward();
        QVERIFY(table.grad().defined() && table.grad().abs().max().item<float>() > 0);
        QVERIFY(!other.grad().defined());
        const at::NoGradGuard off;
        QVERIFY(!attention_within_texts(texts, q, q, q, 1, {table, other}, 6, &terms).requires_grad());
    }
};

QTEST_GUILESS_MAIN(TstTextRows)
#include "tst_text_rows.moc"
