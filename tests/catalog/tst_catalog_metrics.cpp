#include "catalog_fixture.h"

#include <catalog/catalog.h>

#include <QtTest>

#include <cmath>

using namespace catalog;

class TstCatalogMetrics : public QObject {
    Q_OBJECT

    static std::vector<MetricSample> wave(std::int64_t count) {
        std::vector<MetricSample> samples;
        for (std::int64_t step = 1; step <= count; ++step) {
            const double x = static_cast<double>(step);
            samples.push_back({"loss", {step, 0.5 * x, std::sin(0.01 * x)}});
        }
        return samples;
    }

  private Q_SLOTS:
    void pointsComeBackByStepWhateverTheOrderOfWriting() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string run = catalog.insert_run(sample_run()).id;
        catalog.append_metrics(
            run, {{"loss", {3, 0.3, 1.0}}, {"grad_norm", {3, 0.3, 9.0}}, {"loss", {1, 0.1, 3.0}}});
        catalog.append_metrics(run, {{"loss", {2, 0.2, 2.0}}});
        catalog.append_metrics(run, {});
        QCOMPARE(catalog.series(run, "loss"),
                 (std::vector<MetricPoint>{{1, 0.1, 3.0}, {2, 0.2, 2.0}, {3, 0.3, 1.0}}));
        QCOMPARE(catalog.series(run, "loss", 0, 2), (std::vector<MetricPoint>{{3, 0.3, 1.0}}));
        QVERIFY(catalog.series(run, "loss", 0, 3).empty());
        QVERIFY(catalog.series(run, "eval_loss").empty());
        QVERIFY(catalog.series("r-nobody", "loss").empty());
    }

    void repeatedStepReplacesThePoint() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string run = catalog.insert_run(sample_run()).id;
        catalog.append_metrics(run, {{"loss", {1, 0.1, 3.0}}, {"loss", {2, 0.2, 2.0}}});
        catalog.append_metrics(run, {{"loss", {2, 7.0, 1.5}}});
        QCOMPARE(catalog.series(run, "loss"), (std::vector<MetricPoint>{{1, 0.1, 3.0}, {2, 7.0, 1.5}}));
    }

    void pointsAfterACheckpointAreDiscarded() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string run = catalog.insert_run(sample_run("a")).id;
        const std::string other = catalog.insert_run(sample_run("b")).id;
        catalog.append_metrics(run, wave(100));
        catalog.append_metrics(other, wave(100));
        catalog.discard_metrics_after(run, 40);
        QCOMPARE(catalog.series(run, "loss").back().step, 40);
        QCOMPARE(catalog.series(other, "loss").size(), std::size_t{100});
    }

    void nanAndInfinityStayInTheCurve() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string run = catalog.insert_run(sample_run()).id;
        catalog.append_metrics(run, {{"loss", {1, 0.1, std::nan("")}}, {"loss", {2, 0.2, INFINITY}}});
        const auto points = catalog.series(run, "loss");
        QVERIFY(std::isnan(points[0].value));
        QVERIFY(std::isinf(points[1].value));
    }

    void reductionKeepsEndsAndExtremes_data() {
        QTest::addColumn<int>("maxPoints");
        for (const int points : {1, 4, 5, 10, 101, 1000, 4999, 5000, 20000})
            QTest::addRow("%d", points) << points;
    }
    void reductionKeepsEndsAndExtremes() {
        QFETCH(int, maxPoints);
        Catalog catalog = Catalog::open(":memory:");
        const std::string run = catalog.insert_run(sample_run()).id;
        auto samples = wave(5000);
        samples[1234].point.value = 50.0;
        samples[4321].point.value = -50.0;
        catalog.append_metrics(run, samples);

        const auto points = catalog.series(run, "loss", static_cast<std::size_t>(maxPoints));
        QVERIFY(points.size() <= std::size_t(std::max(maxPoints, 4)));
        QVERIFY(points.size() >=
                std::min<std::size_t>(samples.size(), std::size_t(std::max(maxPoints, 4)) / 2));
        QCOMPARE(points.front(), samples.front().point);
        QCOMPARE(points.back(), samples.back().point);
        QVERIFY(std::count(points.begin(), points.end(), samples[1234].point) == 1);
        QVERIFY(std::count(points.begin(), points.end(), samples[4321].point) == 1);
        for (std::size_t i = 1; i < points.size(); ++i) QVERIFY(points[i - 1].step < points[i].step);
    }

    void reductionKeepsNanVisible() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string run = catalog.insert_run(sample_run()).id;
        auto samples = wave(1000);
        samples[500].point.value = std::nan("");
        catalog.append_metrics(run, samples);
        const auto points = catalog.series(run, "loss", 20);
        QVERIFY(std::any_of(points.begin(), points.end(),
                            [](const MetricPoint& p) { return std::isnan(p.value); }));
    }

    void keysAndLastPointsBelongToAPrefix() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string run = catalog.insert_run(sample_run()).id;
        catalog.append_metrics(run, {{"loss", {1, 0.1, 3.0}},
                                     {"delta_norm/0/q", {1, 0.1, 0.5}},
                                     {"delta_norm/1/v", {1, 0.1, 0.6}},
                                     {"delta_norm/0/q", {5, 0.5, 0.7}}});
        QCOMPARE(catalog.series_keys(run), (Texts{"delta_norm/0/q", "delta_norm/1/v", "loss"}));
        QCOMPARE(catalog.series_keys(run, "delta_norm/"), (Texts{"delta_norm/0/q", "delta_norm/1/v"}));
        const auto last = catalog.last_points(run, "delta_norm/");
        QCOMPARE(last.size(), std::size_t{2});
        QCOMPARE(last[0].key, std::string("delta_norm/0/q"));
        QCOMPARE(last[0].point, (MetricPoint{5, 0.5, 0.7}));
        QCOMPARE(last[1].point, (MetricPoint{1, 0.1, 0.6}));
    }

    void unknownRunTakesNoMeasurements() {
        Catalog catalog = Catalog::open(":memory:");
        QVERIFY(throws(ErrorCode::not_found, "r-nobody", [&] {
            catalog.append_metrics("r-nobody", {{"loss", {1, 0.1, 3.0}}});
        }));
        QVERIFY(
            throws(ErrorCode::not_found, "r-nobody", [&] { catalog.discard_metrics_after("r-nobody", 1); }));
    }
};

QTEST_APPLESS_MAIN(TstCatalogMetrics)
#include "tst_catalog_metrics.moc"
