// Fused operations against the plain formula under automatic differentiation, values and gradients.
#include <QtTest>

#include <limits>

#include "engine/runtime.h"
#include "model/fused_ops.h"
#include "model/norms.h"

using namespace engine;

namespace {

at::Tensor wave(at::IntArrayRef shape, double frequency) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    return at::sin(at::arange(count, at::kFloat) * frequency).view(shape).clone().requires_grad_();
}

double largest(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

// Both results are pulled back with one same gradient; every input's gradient must agree.
void compare(const at::Tensor& fused, const at::Tensor& plain, const std::vector<at::Tensor>& inputs, double tolerance) {
    QVERIFY2(largest(fused, plain) <= tolerance, qPrintable(QString("values differ by %1").arg(largest(fused, plain))));
    const at::Tensor pull = at::cos(at::arange(fused.numel(), at::kFloat) * 0.37).view(fused.sizes());
    std::vector<at::Tensor> gradients;
    fused.backward(pull);
    for (const at::Tensor& input : inputs) {
        gradients.push_back(input.grad().clone());
        input.mutable_grad().zero_();
    }
    plain.backward(pull);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const double difference = largest(gradients[i], inputs[i].grad());
        const double allowed = tolerance * std::max(1.0, inputs[i].grad().abs().max().item<double>());
        QVERIFY2(difference <= allowed, qPrintable(QString("gradient %1 differs by %2").arg(i).arg(difference)));
        QVERIFY(inputs[i].grad().abs().max().item<double>() > 1e-3);
    }
}

at::Tensor plain_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale, bool causal = true) {
    const int64_t group = q.size(1) / k.size(1), tokens = q.size(2);
    const at::Tensor keys = k.repeat_interleave(group, 1), values = v.repeat_interleave(group, 1);
    at::Tensor scores = at::matmul(q, keys.transpose(2, 3)) * scale;
    if (causal) scores = scores.masked_fill(at::ones({tokens, tokens}, at::kBool).triu_(1), -1e30);
    return at::matmul(at::softmax(scores, -1), values).transpose(1, 2).flatten(2);
}

}  // namespace

class TstFusedOps : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void rmsNorm() {
        const at::Tensor x = wave({3, 5, 16}, 0.7), weight = wave({16}, 1.3);
        const at::Tensor plain = x * at::rsqrt(x.square().mean(-1, true) + 1e-5) * weight;
        compare(normalize(x, {weight, {}}, {NormKind::rms_norm, 1e-5}), plain, {x, weight}, 1e-5);
    }

    void swiglu() {
        const at::Tensor gate = wave({4, 33}, 0.9), up = wave({4, 33}, 0.4);
        compare(fused_swiglu(gate, up), at::silu(gate) * up, {gate, up}, 1e-6);
    }

    void geluTanh() {
        // Far out as well: there the value is x or 0 and the slope 1 or 0.
        const at::Tensor x = (wave({5, 67}, 0.9).detach() * 12).requires_grad_();
        compare(fused_gelu_tanh(x), at::gelu(x, "tanh"), {x}, 3e-6);
    }

    // What is not a number must stay visible: training stops on it.
    void nanIsKept() {
        const at::Tensor x = at::full({2, 33}, std::numeric_limits<float>::quiet_NaN());
        QVERIFY(fused_gelu_tanh(x).isnan().all().item<bool>());
        QVERIFY(fused_swiglu(x, at::ones_like(x)).isnan().all().item<bool>());
        QVERIFY(normalize(x, {at::ones({33}), {}}, {NormKind::rms_norm, 1e-5}).isnan().all().item<bool>());
        const at::Tensor q = at::ones({1, 1, 4, 8}), k = at::ones({1, 1, 4, 8});
        k.select(2, 2).fill_(std::numeric_limits<float>::quiet_NaN());
        const at::Tensor mixed = fused_causal_attention(q, k, at::ones_like(k), 1);
        QVERIFY(!mixed.select(1, 1).isnan().any().item<bool>());
        QVERIFY(mixed.select(1, 2).isnan().all().item<bool>());
        QVERIFY(mixed.select(1, 3).isnan().all().item<bool>());
    }

    void rotation() {
        const at::Tensor x = wave({2, 7, 3, 8}, 0.21);
        const RotaryTable table = rotary_table({10000, 8}, at::arange(3, 10), c10::kCPU);
        const at::Tensor heads = x.transpose(1, 2);
        const auto halves = heads.chunk(2, -1);
        const at::Tensor plain = heads * table.cos + at::cat({-halves[1], halves[0]}, -1) * table.sin;
        compare(fused_rotate(heads, table), plain, {x}, 1e-6);
    }

    void attention_data() {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kv_heads");
        QTest::addColumn<int>("tokens");
        QTest::newRow("one block") << 4 << 4 << 17;
        QTest::newRow("grouped") << 6 << 2 << 40;
        QTest::newRow("several blocks") << 2 << 1 << 300;
        QTest::newRow("whole blocks") << 2 << 2 << 256;
        QTest::newRow("two tokens") << 1 << 1 << 2;
    }
    void attention() {
        QFETCH(int, heads);
        QFETCH(int, kv_heads);
        QFETCH(int, tokens);
        // As projections make them: heads inside a row.
        const at::Tensor q = wave({2, tokens, heads, 8}, 0.31), k = wave({2, tokens, kv_heads, 8}, 0.77),
                         v = wave({2, tokens, kv_heads, 8}, 0.13);
        const auto first = [](const at::Tensor& rows) { return rows.transpose(1, 2); };
        compare(fused_causal_attention(first(q), first(k), first(v), 0.6),
                plain_attention(first(q), first(k), first(v), 0.6), {q, k, v}, 2e-5);
        for (const at::Tensor& input : {q, k, v}) input.mutable_grad().zero_();
        compare(fused_full_attention(first(q), first(k), first(v), 0.6),
                plain_attention(first(q), first(k), first(v), 0.6, false), {q, k, v}, 2e-5);
    }

    // Texts of an encoder laid end to end: each token sees its own text, whole, and nothing of the others.
    void fullAttentionOfPackedSequences() {
        const std::vector<int64_t> offsets = {0, 7, 14, 15, 16, 216, 219};
        const at::Tensor q = wave({1, 219, 4, 8}, 0.31), k = wave({1, 219, 2, 8}, 0.77), v = wave({1, 219, 2, 8}, 0.13);
        const auto first = [](const at::Tensor& rows) { return rows.transpose(1, 2); };
        std::vector<at::Tensor> alone;
        for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
            const auto heads = [&](const at::Tensor& rows) {
                return first(rows.narrow(1, offsets[s], offsets[s + 1] - offsets[s])).to(at::kDouble);
            };
            alone.push_back(plain_attention(heads(q), heads(k), heads(v), 0.6, false).to(at::kFloat));
        }
        compare(fused_full_attention(first(q), first(k), first(v), 0.6, offsets), at::cat(alone, 1), {q, k, v}, 2e-5);
    }

    // Sequences laid end to end give what each gives alone; also where no kernel walks them (here: in double).
    void attentionOfPackedSequences_data() {
        QTest::addColumn<int>("kv_heads");
        QTest::addColumn<int>("window");
        QTest::newRow("all heads") << 4 << 0;
        QTest::newRow("grouped") << 2 << 0;
        QTest::newRow("one key-value head") << 1 << 0;
        QTest::newRow("window") << 2 << 5;
        QTest::newRow("wide window") << 4 << 150;
    }
    void attentionOfPackedSequences() {
        QFETCH(int, kv_heads);
        QFETCH(int, window);
        const std::vector<int64_t> offsets = {0, 7, 14, 15, 16, 216, 219};
        const at::Tensor q = wave({1, 219, 4, 8}, 0.31), k = wave({1, 219, kv_heads, 8}, 0.77),
                         v = wave({1, 219, kv_heads, 8}, 0.13);
        const auto attend = [&](int64_t begin, int64_t end, at::ScalarType type, at::IntArrayRef sequences) {
            const auto heads = [&](const at::Tensor& rows) {
                return rows.narrow(1, begin, end - begin).transpose(1, 2).to(type);
            };
            return causal_attention(heads(q), heads(k), heads(v), 0.6, {}, window, sequences).to(at::kFloat);
        };
        for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
            std::vector<at::Tensor> alone;
            for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
                alone.push_back(attend(offsets[s], offsets[s + 1], at::kDouble, {}));
            }
            compare(attend(0, 219, type, offsets), at::cat(alone, 1), {q, k, v}, type == at::kFloat ? 2e-5 : 1e-6);
            for (const at::Tensor& input : {q, k, v}) input.mutable_grad().zero_();
        }
    }

    void attentionWithOnlyOneGradientWanted() {
        const at::Tensor q = wave({1, 20, 2, 8}, 0.31), k = wave({1, 20, 2, 8}, 0.77).detach(),
                         v = wave({1, 20, 2, 8}, 0.13).detach();
        const auto first = [](const at::Tensor& rows) { return rows.transpose(1, 2); };
        compare(fused_causal_attention(first(q), first(k), first(v), 0.4),
                plain_attention(first(q), first(k), first(v), 0.4), {q}, 2e-5);
    }
};

QTEST_GUILESS_MAIN(TstFusedOps)
#include "tst_fused_ops.moc"
