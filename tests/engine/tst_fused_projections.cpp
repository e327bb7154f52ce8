// Projections with norm, adapters and residual as one operation against the plain formula under automatic differentiation.
#include <QtTest>

#include "engine/runtime.h"
#include "model/fused_projections.h"

using namespace engine;

namespace {

at::Tensor wave(at::IntArrayRef shape, double frequency) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    return at::sin(at::arange(count, at::kFloat) * frequency).view(shape).clone().requires_grad_();
}

AdapterSite site_on(int64_t in, int64_t rank, int64_t row_begin, int64_t rows, int64_t blocks = 1, int64_t stride = 0) {
    AdapterSite site;
    site.row_begin = row_begin;
    site.rows = rows;
    site.blocks = blocks;
    site.stride = stride;
    site.scaling = 0.7;
    site.A = wave({rank, in}, 0.31 + 0.01 * static_cast<double>(row_begin));
    site.B = wave({rows, rank}, 0.23);
    return site;
}

struct Case {
    at::Tensor x;
    std::optional<NormWeights> norm;
    NormRule rule;
    std::vector<ProjectionTerm> terms;
    at::Tensor residual;
    bool gelu = false;

    std::vector<at::Tensor> inputs() const {
        std::vector<at::Tensor> all{x};
        if (norm) all.push_back(norm->weight);
        if (norm && norm->bias.defined()) all.push_back(norm->bias);
        if (residual.defined()) all.push_back(residual);
        for (const ProjectionTerm& term : terms) {
            all.push_back(term.weight);
            if (term.bias.defined()) all.push_back(term.bias);
            for (const SiteTerm& s : term.sites) {
                all.push_back(s.site.A);
                all.push_back(s.site.B);
            }
        }
        return all;
    }

    std::vector<at::Tensor> fused(at::ScalarType type = at::kFloat, at::ScalarType output = at::kFloat) const {
        return fused_projections(x, terms, {norm ? &*norm : nullptr, rule, residual, type, output, gelu});
    }

    std::vector<at::Tensor> plain() const {
        at::Tensor n = gelu ? at::gelu(x, "tanh") : x;
        if (norm && rule.kind == NormKind::layer_norm) {
            n = at::layer_norm(x, {x.size(-1)}, norm->weight, norm->bias, rule.eps);
        } else if (norm) {
            n = x * at::rsqrt(x.square().mean(-1, true) + rule.eps) * (norm->weight + rule.offset);
        }
        std::vector<at::Tensor> outputs;
        for (const ProjectionTerm& term : terms) {
            at::Tensor y = at::linear(n, term.weight, term.bias);
            for (const SiteTerm& s : term.sites) {
                at::Tensor read = n;
                if (s.dropout > 0) {
                    read = n * dropout_mask(n.detach().flatten(0, -2), s.dropout, s.dropout_seed).view(n.sizes());
                }
                // The rows of the site, wherever they lie, by a matrix that spreads them over the rows of W.
                const at::Tensor spread = at::zeros({y.size(-1), s.site.rows});
                const int64_t each = s.site.rows / s.site.blocks;
                for (int64_t i = 0; i < s.site.rows; ++i) {
                    spread[s.site.row_begin + i / each * s.site.stride + i % each][i] = 1;
                }
                y = y + s.site.scaling * at::linear(at::linear(at::linear(read, s.site.A), s.site.B), spread);
            }
            outputs.push_back(residual.defined() ? residual + y : y);
        }
        return outputs;
    }
};

std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs) {
    at::Tensor sum = at::zeros({});
    for (const at::Tensor& y : outputs) {
        sum = sum + (y.to(at::kFloat) * at::cos(at::arange(y.numel(), at::kFloat) * 0.37).view(y.sizes())).sum();
    }
    sum.backward();
    std::vector<at::Tensor> all;
    for (const at::Tensor& input : inputs) {
        all.push_back(input.grad().defined() ? input.grad().clone() : at::zeros_like(input));
        input.mutable_grad().reset();
    }
    return all;
}

double relative(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).abs().max() / b.abs().max().clamp_min(1e-3)).item<double>();
}

void compare(const Case& c, double tolerance, at::ScalarType type = at::kFloat, at::ScalarType output = at::kFloat) {
    const auto fused = c.fused(type, output), plain = c.plain();
    QCOMPARE(fused.size(), plain.size());
    for (std::size_t i = 0; i < fused.size(); ++i) {
        QCOMPARE(fused[i].scalar_type(), output);
        const double difference = relative(fused[i].to(at::kFloat), plain[i]);
        QVERIFY2(difference <= tolerance, qPrintable(QString("output %1 differs by %2").arg(i).arg(difference)));
    }
    const auto inputs = c.inputs();
    const auto mine = gradients(fused, inputs), expected = gradients(plain, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        QCOMPARE(mine[i].scalar_type(), inputs[i].scalar_type());
        const double difference = relative(mine[i], expected[i]);
        QVERIFY2(difference <= 2 * tolerance, qPrintable(QString("gradient %1 differs by %2").arg(i).arg(difference)));
        QVERIFY2(!inputs[i].requires_grad() || expected[i].abs().max().item<double>() > 1e-3, "the check sees nothing");
    }
}

Case with_layer_norm() {
    Case c;
    c.x = wave({2, 7, 24}, 0.7);
    c.norm = NormWeights{(wave({24}, 1.1).detach() + 1.5).requires_grad_(), wave({24}, 0.4)};
    return c;
}

}  // namespace

class TstFusedProjections : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void slicesOfAFusedProjection() {
        Case c = with_layer_norm();
        c.terms = {{wave({36, 24}, 0.13), wave({36}, 0.9), {{site_on(24, 3, 0, 12)}, {site_on(24, 2, 24, 12)}}}};
        compare(c, 2e-5);
    }

    void severalProjections() {
        Case c;
        c.x = wave({3, 5, 16}, 0.7);
        c.norm = NormWeights{(wave({16}, 1.1).detach() + 0.5).requires_grad_(), {}};
        c.rule = {NormKind::rms_norm, 1e-6, 1.0};
        c.terms = {{wave({16, 16}, 0.13), {}, {{site_on(16, 4, 0, 16)}}},
                   {wave({8, 16}, 0.17), wave({8}, 0.3), {}},
                   {wave({8, 16}, 0.19), {}, {{site_on(16, 2, 0, 8)}}}};
        compare(c, 2e-5);
    }

    void interleavedRows() {
        Case c = with_layer_norm();
        // Three heads, each with rows of q, k and v: the site covers k.
        c.terms = {{wave({36, 24}, 0.13), {}, {{site_on(24, 2, 4, 12, 3, 12)}}}};
        compare(c, 2e-5);
    }

    void residualBehind() {
        Case c;
        c.x = wave({2, 4, 12}, 0.7);
        c.residual = wave({2, 4, 20}, 0.21);
        c.terms = {{wave({20, 12}, 0.13), wave({20}, 0.9), {{site_on(12, 3, 0, 20)}}}};
        compare(c, 2e-5);
    }

    void dropoutIsMadeAgain() {
        Case c = with_layer_norm();
        c.terms = {{wave({36, 24}, 0.13), {}, {{site_on(24, 3, 0, 12), 0.3, 11}, {site_on(24, 2, 24, 12), 0.3, 12}}}};
        compare(c, 2e-5);
    }

    void frozenTensorsGetNothing() {
        Case c = with_layer_norm();
        c.terms = {{wave({36, 24}, 0.13).detach(), wave({36}, 0.9).detach(), {{site_on(24, 3, 0, 12)}}}};
        c.x = c.x.detach();
        c.norm = NormWeights{c.norm->weight.detach(), c.norm->bias.detach()};
        compare(c, 2e-5);
    }

    void withoutAnyGradient() {
        Case c = with_layer_norm();
        c.terms = {{wave({36, 24}, 0.13), {}, {{site_on(24, 3, 0, 12)}}}};
        at::NoGradGuard no_grad;
        const auto outputs = c.fused();
        QVERIFY(!outputs[0].requires_grad());
        QVERIFY(relative(outputs[0], c.plain()[0]) <= 2e-5);
    }

    // bf16 has 8 significant bits: each factor and each stored value is off by up to 0.4 %.
    void bf16Factors() {
        Case c = with_layer_norm();
        c.terms = {{wave({36, 24}, 0.13), wave({36}, 0.9), {{site_on(24, 3, 0, 12)}, {site_on(24, 2, 24, 12)}}}};
        compare(c, 2e-2, at::kBFloat16, at::kFloat);
        compare(c, 2e-2, at::kBFloat16, at::kBFloat16);
        c.terms = {{wave({36, 24}, 0.13), wave({36}, 0.9), {{site_on(24, 2, 4, 12, 3, 12)}}}};
        compare(c, 2e-2, at::kBFloat16, at::kBFloat16);
        c.residual = wave({2, 7, 36}, 0.21);
        compare(c, 2e-2, at::kBFloat16, at::kFloat);
    }

    void geluInFront() {
        Case c;
        c.gelu = true;
        c.x = wave({2, 5, 16}, 0.7);
        c.residual = wave({2, 5, 20}, 0.21);
        c.terms = {{wave({20, 16}, 0.13), wave({20}, 0.9), {{site_on(16, 3, 0, 20)}}}};
        compare(c, 2e-5);
        compare(c, 2e-2, at::kBFloat16);
        // Frozen and without an adapter nothing but x is needed, and it is there.
        c.terms = {{wave({20, 16}, 0.13).detach(), {}, {}}};
        compare(c, 2e-5);
        compare(c, 2e-2, at::kBFloat16);
        // The gradient that came in is the caller's.
        const auto y = c.fused();
        const at::Tensor grad = at::ones_like(y[0]);
        y[0].backward(grad);
        QVERIFY(grad.equal(at::ones_like(grad)));
    }

    // What is read may be bf16 already, as the attention and the projection in front leave it.
    void bf16Input_data() {
        QTest::addColumn<bool>("gelu");
        QTest::newRow("as it is") << false;
        QTest::newRow("gelu of it") << true;
    }
    void bf16Input() {
        QFETCH(bool, gelu);
        Case c;
        c.gelu = gelu;
        c.x = wave({2, 4, 12}, 0.7).detach().to(at::kBFloat16).requires_grad_();
        c.residual = wave({2, 4, 20}, 0.21);
        c.terms = {{wave({20, 12}, 0.13).detach(), wave({20}, 0.9).detach(), {{site_on(12, 3, 0, 20)}}}};
        const auto fused = c.fused(at::kBFloat16);
        Case exact = c;
        exact.x = c.x.detach().to(at::kFloat).requires_grad_();
        const auto plain = exact.plain();
        QVERIFY(relative(fused[0], plain[0]) <= 2e-2);
        const auto mine = gradients(fused, c.inputs()), expected = gradients(plain, exact.inputs());
        QCOMPARE(mine[0].scalar_type(), at::kBFloat16);
        for (std::size_t i = 0; i < mine.size(); ++i) QVERIFY(relative(mine[i].to(at::kFloat), expected[i]) <= 2e-2);
    }
};

QTEST_GUILESS_MAIN(TstFusedProjections)
#include "tst_fused_projections.moc"
