#include "ui/theme/theme.h"
#include "ui/widgets/charts/chart_link.h"
#include "ui/widgets/charts/heat_map.h"
#include "ui/widgets/charts/line_chart.h"
#include "ui/widgets/charts/scatter_chart.h"

#include <QElapsedTimer>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

using ui::LineChart;

class TstLineChart : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init();
    void cleanup();

    void reductionKeepsEverySpike();
    void reductionKeepsShortSeriesAsTheyAre();
    void aRepeatedStepReplacesWhatCameAfterIt();
    void smoothingIsUnbiasedFromTheFirstPoint();
    void emptyChartSaysWhatWillAppear();
    void fitsToItsData();
    void draggingZoomsAndDoubleClickFits();
    void wheelZoomsAboutTheCursor();
    void keysZoomPanAndSwitchTheScale();
    void cursorIsReadOnAllLinkedCharts();
    void zoomIsSharedByLinkedCharts();
    void legendHidesAndShows();
    void logarithmicScaleLeavesOutWhatHasNoLogarithm();
    void coloursFollowTheTheme();
    void savesPicturesAndNumbers();
    void sayWhyAPictureWasNotSaved();
    void aMillionPointsAreDrawnQuickly();
    void frontierHoldsWhatNothingBeats();
    void scatterShowsThePointUnderTheCursor();
    void heatMapGivesItsNumbers();

  private:
    LineChart* makeChart();
    QWidget* plotOf(QWidget* chart) { return chart->findChild<QWidget*>(QStringLiteral("plot")); }
    void moveTo(QWidget* plot, QPoint at);

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ui::Theme> m_theme;
    std::unique_ptr<QWidget> m_window;
};

void TstLineChart::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_settings =
        std::make_unique<QSettings>(m_folder->filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    m_theme = std::make_unique<ui::Theme>(*m_settings);
    m_theme->setMode(ui::Theme::Mode::Light);
    m_window = std::make_unique<QWidget>();
}

void TstLineChart::cleanup() {
    m_window.reset();
    m_theme.reset();
    m_settings.reset();
    m_folder.reset();
}

LineChart* TstLineChart::makeChart() {
    auto* chart = new LineChart(*m_theme, m_window.get());
    chart->setTitle(QStringLiteral("Loss"));
    chart->setXAxis(QStringLiteral("step"), ui::axis_text::integer(), true);
    chart->setYAxis(QStringLiteral("nats"), ui::axis_text::loss());
    chart->setEmptyText(QStringLiteral("Nothing yet."));
    chart->addSeries({QStringLiteral("train"), {}, false, 0.9});
    chart->addSeries({QStringLiteral("evaluation"), {3, Qt::SolidLine, ui::Marker::Circle}, false, {}});
    chart->setGeometry(0, 0, 500, 320);
    m_window->resize(520, 700);
    m_window->show();
    return chart;
}

void TstLineChart::moveTo(QWidget* plot, QPoint at) {
    QMouseEvent move(QEvent::MouseMove, at, plot->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QCoreApplication::sendEvent(plot, &move);
}

void TstLineChart::reductionKeepsEverySpike() {
    ui::PointSeries series;
    for (int i = 0; i < 200'000; ++i)
        series.append({double(i), i == 123'457 ? 50.0 : i == 77'001 ? -50.0 : 1.0});
    const auto points = series.reduced(-1e9, 1e9, 600);
    QVERIFY(points.size() <= 2 * 600 + 2);
    const auto [low, high] =
        std::minmax_element(points.begin(), points.end(), [](auto a, auto b) { return a.y() < b.y(); });
    QCOMPARE(*low, QPointF(77'001, -50));
    QCOMPARE(*high, QPointF(123'457, 50));
    QVERIFY(std::is_sorted(points.begin(), points.end(), [](auto a, auto b) { return a.x() < b.x(); }));
    QCOMPARE(points.front().x(), 0.0);
    QCOMPARE(points.back().x(), 199'999.0);
}

void TstLineChart::reductionKeepsShortSeriesAsTheyAre() {
    ui::PointSeries series;
    for (int i = 0; i < 100; ++i) series.append({double(i), std::sin(i)});
    QCOMPARE(series.reduced(-1, 1000, 600).size(), std::size_t{100});
    // What is in view and one neighbour on either side, so that lines run to the edge.
    const auto middle = series.reduced(10, 20, 600);
    QCOMPARE(middle.front().x(), 9.0);
    QCOMPARE(middle.back().x(), 21.0);
}

void TstLineChart::aRepeatedStepReplacesWhatCameAfterIt() {
    ui::PointSeries series;
    for (int i = 0; i < 1000; ++i) series.append({double(i), 1});
    series.append({600, 5});
    QCOMPARE(series.size(), std::size_t{601});
    QCOMPARE(series.back(), QPointF(600, 5));
    const auto points = series.reduced(0, 1e9, 100);
    QVERIFY(std::none_of(points.begin(), points.end(), [](auto p) { return p.x() > 600; }));
}

void TstLineChart::smoothingIsUnbiasedFromTheFirstPoint() {
    ui::Smoother smoother(0.9);
    QCOMPARE(smoother.next(4), 4.0);
    // (0.9·0.1·4 + 0.1·2) / (1 - 0.9²)
    QCOMPARE(smoother.next(2), (0.9 * 0.1 * 4 + 0.1 * 2) / (1 - 0.81));
    const double before = smoother.next(std::nan(""));
    QVERIFY(std::isfinite(before));
}

void TstLineChart::emptyChartSaysWhatWillAppear() {
    LineChart* chart = makeChart();
    auto* text = chart->findChild<QLabel*>(QStringLiteral("chartEmpty"));
    QVERIFY(text->isVisible());
    QCOMPARE(text->text(), QStringLiteral("Nothing yet."));
    QVERIFY(!plotOf(chart)->isVisible());
    chart->append(0, {1, 2});
    QVERIFY(plotOf(chart)->isVisible());
    chart->clearPoints();
    QVERIFY(text->isVisible());
}

void TstLineChart::fitsToItsData() {
    LineChart* chart = makeChart();
    chart->setPoints(0, {{0, 3}, {50, 2}, {100, 1}});
    QTRY_VERIFY(chart->xRange().first <= 0 && chart->xRange().second >= 100 && chart->xRange().second < 110);
    QTRY_VERIFY(chart->yRange().first > 0 && chart->yRange().first <= 1 && chart->yRange().second >= 3);
    chart->append(0, {200, 9});
    QTRY_VERIFY(chart->xRange().second >= 200 && chart->yRange().second >= 9);
}

void TstLineChart::draggingZoomsAndDoubleClickFits() {
    LineChart* chart = makeChart();
    std::vector<QPointF> points;
    for (int i = 0; i <= 1000; ++i) points.emplace_back(i, 1000 - i);
    chart->setPoints(0, points);
    QTRY_VERIFY(chart->xRange().second >= 1000);
    QWidget* plot = plotOf(chart);
    const QPoint centre = plot->rect().center();
    QSignalSpy chosen(chart, &ui::Chart::xRangeChosen);
    QTest::mousePress(plot, Qt::LeftButton, {}, centre);
    QMouseEvent drag(QEvent::MouseMove, centre + QPoint(80, 60), plot->mapToGlobal(centre + QPoint(80, 60)),
                     Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(plot, &drag);
    QTest::mouseRelease(plot, Qt::LeftButton, {}, centre + QPoint(80, 60));
    QCOMPARE(chosen.count(), 1);
    QVERIFY(chart->xRange().second - chart->xRange().first < 400);
    QVERIFY(chart->yRange().second - chart->yRange().first < 500);
    QVERIFY(!chart->fitted());
    QTest::mouseDClick(plot, Qt::LeftButton, {}, centre);
    QVERIFY(chart->fitted());
    QTRY_VERIFY(chart->xRange().first <= 0 && chart->xRange().second >= 1000);
}

void TstLineChart::wheelZoomsAboutTheCursor() {
    LineChart* chart = makeChart();
    chart->setPoints(0, {{0, 1}, {500, 2}, {1000, 1}});
    QTRY_VERIFY(chart->xRange().second >= 1000);
    QWidget* plot = plotOf(chart);
    const auto before = chart->xRange();
    const QPoint at(plot->width() * 3 / 4, plot->height() / 2);
    QWheelEvent wheel(at, plot->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(plot, &wheel);
    const auto after = chart->xRange();
    QCOMPARE((after.second - after.first) / (before.second - before.first), 0.8);
    // What is right of the middle shrinks less on its right side than on its left.
    QVERIFY(after.first - before.first > before.second - after.second);
}

void TstLineChart::keysZoomPanAndSwitchTheScale() {
    LineChart* chart = makeChart();
    chart->setPoints(0, {{0, 1}, {500, 2}, {1000, 1}});
    QTRY_VERIFY(chart->xRange().second >= 1000);
    chart->setFocus();
    const auto before = chart->xRange();
    QTest::keyClick(chart, Qt::Key_Plus);
    QVERIFY(chart->xRange().second < before.second);
    const auto zoomed = chart->xRange();
    QTest::keyClick(chart, Qt::Key_Right);
    QVERIFY(chart->xRange().first > zoomed.first);
    QTest::keyClick(chart, Qt::Key_L);
    QVERIFY(chart->logY());
    QVERIFY(chart->findChild<QToolButton*>(QStringLiteral("logSwitch"))->isChecked());
    QTest::keyClick(chart, Qt::Key_Home);
    QVERIFY(chart->fitted());
}

void TstLineChart::cursorIsReadOnAllLinkedCharts() {
    LineChart* first = makeChart();
    LineChart* second = makeChart();
    second->setGeometry(0, 340, 500, 320);
    ui::ChartLink link;
    link.add(first);
    link.add(second);
    first->setPoints(1, {{0, 3}, {10, 2}, {20, 1}});
    second->setPoints(1, {{0, 30}, {10, 20}, {20, 10}});
    QTRY_VERIFY(first->xRange().second >= 20 && second->xRange().second >= 20);
    moveTo(plotOf(first), plotOf(first)->rect().center());
    QVERIFY2(first->readout().contains(QLatin1String("step 10")), qPrintable(first->readout()));
    QVERIFY(first->readout().contains(QLatin1String("evaluation")));
    QVERIFY2(second->readout().contains(QLatin1String("20")), qPrintable(second->readout()));
    QEvent leave(QEvent::Leave);
    QCoreApplication::sendEvent(plotOf(first), &leave);
    QVERIFY(first->readout().isEmpty());
    QVERIFY(second->readout().isEmpty());
}

void TstLineChart::zoomIsSharedByLinkedCharts() {
    LineChart* first = makeChart();
    LineChart* second = makeChart();
    ui::ChartLink link;
    link.add(first);
    link.add(second);
    for (LineChart* chart : {first, second}) chart->setPoints(0, {{0, 1}, {100, 2}});
    QTRY_VERIFY(first->xRange().second >= 100 && second->xRange().second >= 100);
    QTest::keyClick(first, Qt::Key_Plus);
    QCOMPARE(second->xRange(), first->xRange());
    QTest::keyClick(second, Qt::Key_Home);
    QVERIFY(first->fitted());
}

void TstLineChart::legendHidesAndShows() {
    LineChart* chart = makeChart();
    chart->setPoints(0, {{0, 100}, {10, 100}});
    chart->setPoints(1, {{0, 1}, {10, 2}});
    QTRY_VERIFY(chart->yRange().second > 90);
    auto* train = chart->findChild<QToolButton*>(QStringLiteral("legend0"));
    QTest::mouseClick(train, Qt::LeftButton);
    QVERIFY(!chart->isSeriesVisible(0));
    // The axis follows what is left.
    QTRY_VERIFY(chart->yRange().second < 3);
    QTest::mouseClick(train, Qt::LeftButton);
    QVERIFY(chart->isSeriesVisible(0));
    QTRY_VERIFY(chart->yRange().second > 90);
}

void TstLineChart::logarithmicScaleLeavesOutWhatHasNoLogarithm() {
    LineChart* chart = makeChart();
    chart->setPoints(1, {{0, 0}, {1, 0.001}, {2, 1000}, {3, -5}});
    chart->setLogY(true);
    QTRY_VERIFY(chart->yRange().first > 0 && chart->yRange().first <= 0.001 &&
                chart->yRange().second >= 1000);
}

void TstLineChart::coloursFollowTheTheme() {
    LineChart* chart = makeChart();
    chart->setPoints(0, {{0, 1}, {10, 2}});
    const auto corner = [&] { return chart->picture({300, 200}, 1).pixelColor(2, 2); };
    QCOMPARE(corner(), m_theme->surface());
    const QColor light = m_theme->surface();
    m_theme->setMode(ui::Theme::Mode::Dark);
    QVERIFY(m_theme->surface() != light);
    QCOMPARE(corner(), m_theme->surface());
}

void TstLineChart::savesPicturesAndNumbers() {
    LineChart* chart = makeChart();
    chart->setSmoothing(0, 0.5);
    chart->setPoints(0, {{1, 4}, {2, 2}});
    chart->setPoints(1, {{2, 3.5}});
    QString error;
    const QString png = m_folder->filePath(QStringLiteral("c.png"));
    QVERIFY2(chart->saveTo(png, &error), qPrintable(error));
    QVERIFY(QImage(png).width() >= 1280);  // twice the size, for print
    const QString svg = m_folder->filePath(QStringLiteral("c.svg"));
    QVERIFY2(chart->saveTo(svg, &error), qPrintable(error));
    QFile file(svg);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY(text.contains("<svg") && text.contains("evaluation"));
    QVERIFY(chart->saveTo(m_folder->filePath(QStringLiteral("c.csv")), &error));
    QCOMPARE(chart->csv(), QStringLiteral("\"step\",\"train\",\"train, smoothed\",\"evaluation\"\n"
                                          "1,4,4,\n2,2,2.66666667,3.5\n"));
}

void TstLineChart::sayWhyAPictureWasNotSaved() {
    LineChart* chart = makeChart();
    chart->setPoints(0, {{1, 4}, {2, 2}});
    const QString nowhere = m_folder->filePath(QStringLiteral("no/such/folder/c.png"));
    QString error;
    QVERIFY(!chart->saveTo(nowhere, &error));
    QVERIFY(error.contains(nowhere));
    QVERIFY(!QFile::exists(nowhere));
}

// The bound is generous: what counts is that drawing does not grow with the number of points.
void TstLineChart::aMillionPointsAreDrawnQuickly() {
    LineChart* chart = makeChart();
    std::vector<QPointF> points;
    points.reserve(1'000'000);
    for (int i = 0; i < 1'000'000; ++i) points.emplace_back(i, 2 + std::sin(i * 0.001) + (i % 97) * 0.01);
    chart->setPoints(0, std::move(points));
    chart->grab();
    QElapsedTimer timer;
    timer.start();
    constexpr int frames = 10;
    for (int i = 0; i < frames; ++i) {
        chart->append(0, {1'000'000.0 + i, 2});
        chart->grab();
    }
    qInfo("a frame with 1,000,000 raw and smoothed points: %.1f ms", double(timer.elapsed()) / frames);
    QVERIFY(timer.elapsed() / frames < 250);
}

void TstLineChart::frontierHoldsWhatNothingBeats() {
    const std::vector<QPointF> points{{10, 3}, {20, 2}, {15, 4}, {30, 2}, {40, 1}, {5, 5}};
    QCOMPARE(ui::paretoFrontier(points), (std::vector<std::size_t>{5, 0, 1, 4}));
    QVERIFY(ui::paretoFrontier({}).empty());
}

void TstLineChart::scatterShowsThePointUnderTheCursor() {
    auto* chart = new ui::ScatterChart(*m_theme, m_window.get());
    chart->setGeometry(0, 0, 500, 320);
    m_window->resize(520, 340);
    m_window->show();
    chart->setXAxis(QStringLiteral("rank"), ui::axis_text::integer());
    chart->setYAxis(QStringLiteral("loss"), ui::axis_text::loss());
    chart->setPoints({{{1, 3}, QStringLiteral("one"), {}, ui::seriesStyle(0), {}},
                      {{2, 2}, QStringLiteral("two"), {}, ui::seriesStyle(1), {}},
                      {{3, 1}, QStringLiteral("three"), {}, ui::seriesStyle(2), {}},
                      {{4, std::nan("")}, QStringLiteral("unknown"), {}, ui::seriesStyle(3), {}}});
    QCOMPARE(chart->points().size(), std::size_t{3});
    QTRY_VERIFY(chart->xRange().second >= 3);
    QWidget* plot = plotOf(chart);
    // Somewhere near the middle lies the second point.
    bool found = false;
    for (int x = 0; x < plot->width() && !found; x += 6)
        for (int y = 0; y < plot->height() && !found; y += 6) {
            moveTo(plot, {x, y});
            found = chart->readout().contains(QLatin1String("two"));
            if (found) {
                QSignalSpy activated(chart, &ui::ScatterChart::pointActivated);
                QTest::mouseClick(plot, Qt::LeftButton, {}, {x, y});
                QCOMPARE(activated.value(0).value(0).toString(), QStringLiteral("two"));
            }
        }
    QVERIFY(found);
    chart->setFrontierVisible(true);
    QCOMPARE(chart->frontier().size(), std::size_t{3});
    QVERIFY(chart->csv().contains(QLatin1String("\"two\",2,2,1")));
}

void TstLineChart::heatMapGivesItsNumbers() {
    ui::HeatMap map(*m_theme);
    QVERIFY(map.isEmpty());
    map.setTitles(QStringLiteral("layer"), QStringLiteral("norm"));
    map.setData({QStringLiteral("0"), QStringLiteral("1")}, {QStringLiteral("q"), QStringLiteral("v")},
                {0.5, 1.5, std::nan(""), 2.5});
    QCOMPARE(map.value(1, 1), 2.5);
    QCOMPARE(map.csv(), QStringLiteral("layer,q,v\n0,0.5,1.5\n1,,2.5\n"));
    map.resize(300, 150);
    QVERIFY(!map.grab().isNull());
    // Brightness rises all along the scale.
    for (int i = 0; i < 20; ++i)
        QVERIFY(qGray(ui::heatColor((i + 1) / 20.0).rgb()) > qGray(ui::heatColor(i / 20.0).rgb()));
}

QTEST_MAIN(TstLineChart)
#include "tst_line_chart.moc"
