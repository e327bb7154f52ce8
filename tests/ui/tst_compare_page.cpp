#include "page_fixture.h"
#include "ui/models/differences_model.h"
#include "ui/pages/compare_page.h"
#include "ui/widgets/adapter_picker.h"
#include "ui/widgets/charts/line_chart.h"
#include "ui/widgets/charts/scatter_chart.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

using ui::ComparePage;

class TstComparePage : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init();
    void cleanup() { m_fixture.reset(); }

    void nothingChosenLeadsToTheCatalog();
    void whatLearnedTheSameDataIsOneClickAway();
    void withoutAdaptersItLeadsToTheExperiment();
    void curvesOfEveryAdapterAreDrawn();
    void anAdapterLooksTheSameEverywhere();
    void aLookIsKeptWhenAnotherAdapterGoes();
    void adaptersAreAddedByTyping();
    void hidingAChipHidesItsCurves();
    void onlyDifferencesAreListed();
    void rankAndParametersAreDrawnAgainstTheLoss();
    void classifiersAreJudgedByAFigureOfTheirTask();
    void theFirstFigureThatAllShareComesFirst();
    void theChoiceIsKept();
    void adaptersThatAreGoneLeaveThePage();

  private:
    QString id(const char* name) { return QString::fromStdString(m_fixture->catalog().adapter(name).id); }
    ComparePage& openWithAll();
    ui::LineChart& evaluations() { return *m_fixture->find<ui::LineChart>("evalCurves"); }

    std::unique_ptr<PageFixture> m_fixture;
};

void TstComparePage::init() {
    m_fixture = std::make_unique<PageFixture>();
    m_fixture->add({.name = "rank 1", .rank = 1, .finalLoss = 1.9});
    m_fixture->add({.name = "rank 8", .rank = 8, .finalLoss = 1.5});
    m_fixture->add({.name = "rank 64", .rank = 64, .finalLoss = 1.6});
}

ComparePage& TstComparePage::openWithAll() {
    ComparePage& page = m_fixture->show<ComparePage>();
    page.setAdapters({id("rank 1"), id("rank 8"), id("rank 64")});
    [&] { QTRY_COMPARE(evaluations().seriesCount(), 3); }();
    return page;
}

void TstComparePage::nothingChosenLeadsToTheCatalog() {
    ComparePage& page = m_fixture->show<ComparePage>();
    auto* action = m_fixture->find<QPushButton>("emptyStateAction");
    QTRY_VERIFY(action->isVisible());
    QSignalSpy wanted(&page, &ComparePage::catalogPageRequested);
    QTest::mouseClick(action, Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
}

// As after training at several ranks: the newest adapter and those of the same data, by rank; not those of another.
void TstComparePage::whatLearnedTheSameDataIsOneClickAway() {
    m_fixture = std::make_unique<PageFixture>();
    m_fixture->add({.name = "mine 16", .rank = 16, .data = "mine"});
    m_fixture->add({.name = "other 2", .rank = 2, .data = "other"});
    m_fixture->add({.name = "mine 2", .rank = 2, .data = "mine"});
    m_fixture->add({.name = "unknown 1", .rank = 1});
    m_fixture->add({.name = "mine 8", .rank = 8, .data = "mine"});
    ComparePage& page = m_fixture->show<ComparePage>();
    auto* action = m_fixture->find<QPushButton>("emptyStateAction");
    QTRY_COMPARE(action->text(), QStringLiteral("Compare these 3"));
    QTest::mouseClick(action, Qt::LeftButton);
    QTRY_COMPARE(evaluations().seriesCount(), 3);
    QCOMPARE(page.adapters(), (QStringList{id("mine 2"), id("mine 8"), id("mine 16")}));
}

void TstComparePage::withoutAdaptersItLeadsToTheExperiment() {
    m_fixture = std::make_unique<PageFixture>();
    ComparePage& page = m_fixture->show<ComparePage>();
    auto* action = m_fixture->find<QPushButton>("emptyStateAction");
    QTRY_VERIFY(action->isVisible());
    QSignalSpy wanted(&page, &ComparePage::experimentPageRequested);
    QTest::mouseClick(action, Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
}

void TstComparePage::curvesOfEveryAdapterAreDrawn() {
    openWithAll();
    auto* train = m_fixture->find<ui::LineChart>("trainCurves");
    QCOMPARE(train->seriesCount(), 3);
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(evaluations().points(i).size(), std::size_t{11});
        QCOMPARE(train->points(i).size(), std::size_t{200});
    }
    QVERIFY(evaluations().csv().contains(QLatin1String("rank 64")));
}

void TstComparePage::anAdapterLooksTheSameEverywhere() {
    openWithAll();
    const auto& byRank = m_fixture->find<ui::ScatterChart>("rankChart")->points();
    const auto& byParams = m_fixture->find<ui::ScatterChart>("paretoChart")->points();
    QCOMPARE(byRank.size(), std::size_t{3});
    QCOMPARE(byParams.size(), std::size_t{3});
    for (std::size_t i = 0; i < 3; ++i) {
        QVERIFY(byRank[i].style == byParams[i].style);
        for (std::size_t j = 0; j < i; ++j) {
            QVERIFY(byRank[i].style.color != byRank[j].style.color);
            QVERIFY(byRank[i].style.marker != byRank[j].style.marker);
        }
    }
}

void TstComparePage::aLookIsKeptWhenAnotherAdapterGoes() {
    ComparePage& page = openWithAll();
    const auto lookOf = [&](const char* name) {
        for (const auto& point : m_fixture->find<ui::ScatterChart>("rankChart")->points())
            if (point.name == QLatin1String(name)) return point.style;
        return ui::SeriesStyle{-1};
    };
    const ui::SeriesStyle before = lookOf("rank 64");
    auto* chip = m_fixture->find("chip_" + id("rank 1").toLatin1());
    QTest::mouseClick(chip->findChild<QToolButton*>(QStringLiteral("removeChip")), Qt::LeftButton);
    QTRY_COMPARE(evaluations().seriesCount(), 2);
    QCOMPARE(page.adapters(), (QStringList{id("rank 8"), id("rank 64")}));
    QVERIFY(lookOf("rank 64") == before);
}

void TstComparePage::adaptersAreAddedByTyping() {
    ComparePage& page = m_fixture->show<ComparePage>();
    auto* picker = m_fixture->find<ui::AdapterPicker>("addAdapter");
    QTRY_COMPARE(picker->adapterCount(), 3);
    QVERIFY(page.focusSearch());
    QTest::keyClicks(picker->lineEdit(), QStringLiteral("RANK 64"));
    QTest::keyClick(picker->lineEdit(), Qt::Key_Return);
    QTRY_COMPARE(page.adapters(), QStringList{id("rank 64")});
    QTRY_VERIFY(picker->lineEdit()->text().isEmpty());
}

void TstComparePage::hidingAChipHidesItsCurves() {
    openWithAll();
    auto* chip = m_fixture->find("chip_" + id("rank 8").toLatin1());
    auto* eye = chip->findChild<QToolButton*>(QStringLiteral("showChip"));
    QTest::mouseClick(eye, Qt::LeftButton);
    QVERIFY(!evaluations().isSeriesVisible(1));
    QVERIFY(evaluations().isSeriesVisible(0));
    QTest::mouseClick(eye, Qt::LeftButton);
    QVERIFY(evaluations().isSeriesVisible(1));
}

void TstComparePage::onlyDifferencesAreListed() {
    openWithAll();
    m_fixture->find<QTabWidget>("compareTabs")->setCurrentIndex(1);
    auto* table = m_fixture->find<QTableView>("differencesTable");
    auto* only = m_fixture->find<QCheckBox>("onlyDifferences");
    QVERIFY(only->isChecked());
    const auto fields = [&] {
        QStringList names;
        for (int row = 0; row < table->model()->rowCount(); ++row)
            names << table->model()->index(row, 0).data().toString();
        return names;
    };
    QVERIFY(fields().contains(QStringLiteral("Rank r")));
    QVERIFY(fields().contains(QStringLiteral("Evaluation loss")));
    QVERIFY(!fields().contains(QStringLiteral("Seed")));
    QTest::mouseClick(only, Qt::LeftButton, {}, {8, only->height() / 2});
    QVERIFY(fields().contains(QStringLiteral("Seed")));
    QCOMPARE(table->model()->columnCount(), 4);
}

void TstComparePage::rankAndParametersAreDrawnAgainstTheLoss() {
    openWithAll();
    auto* pareto = m_fixture->find<ui::ScatterChart>("paretoChart");
    // More parameters with a higher loss are beaten.
    QStringList best;
    for (const std::size_t i : pareto->frontier()) best << pareto->points()[i].name;
    QCOMPARE(best, (QStringList{QStringLiteral("rank 1"), QStringLiteral("rank 8")}));
    m_fixture->catalog().set_eval_loss(id("rank 64").toStdString(), std::nullopt);
    QTRY_COMPARE(pareto->points().size(), std::size_t{2});
    QVERIFY(m_fixture->find<QLabel>("missingLosses")->text().contains(QLatin1Char('1')));
}

void TstComparePage::classifiersAreJudgedByAFigureOfTheirTask() {
    m_fixture = std::make_unique<PageFixture>();
    m_fixture->add({.name = "rank 1", .rank = 1, .finalLoss = 0.9, .metrics = {{"accuracy", 0.80}, {"f1", 0.70}}});
    m_fixture->add({.name = "rank 8", .rank = 8, .finalLoss = 0.5, .metrics = {{"accuracy", 0.90}, {"f1", 0.65}}});
    m_fixture->add({.name = "rank 64", .rank = 64, .finalLoss = 0.4, .metrics = {{"accuracy", 0.85}, {"f1", 0.75}}});
    openWithAll();
    m_fixture->find<QTabWidget>("compareTabs")->setCurrentIndex(3);
    auto* pareto = m_fixture->find<ui::ScatterChart>("paretoChart");
    auto* rank = m_fixture->find<ui::ScatterChart>("rankChart");
    auto* measure = m_fixture->find<QComboBox>("measure");
    QVERIFY(measure->isVisible());
    const auto best = [&] {
        QStringList names;
        for (const std::size_t i : pareto->frontier()) names << pareto->points()[i].name;
        return names;
    };
    const QString r1 = QStringLiteral("rank 1"), r8 = QStringLiteral("rank 8"), r64 = QStringLiteral("rank 64");
    QCOMPARE(measure->currentText(), QStringLiteral("accuracy"));  // the task's own
    QCOMPARE(pareto->points()[0].at.y(), 0.80);
    QCOMPARE(rank->points()[1].at.y(), 0.90);
    QCOMPARE(best(), (QStringList{r1, r8}));  // more is better
    const auto choose = [&](const char* name) {
        const int index = measure->findData(QString::fromLatin1(name));
        measure->setCurrentIndex(index);
        Q_EMIT measure->activated(index);
    };
    choose("f1");
    QCOMPARE(rank->points()[2].at.y(), 0.75);
    QCOMPARE(best(), (QStringList{r1, r64}));
    QVERIFY(rank->csv().contains(QStringLiteral("F1")));
    choose("loss");
    QCOMPARE(best(), (QStringList{r1, r8, r64}));
    m_fixture->closePage();
    m_fixture->show<ComparePage>();
    QTRY_COMPARE(evaluations().seriesCount(), 3);
    QCOMPARE(m_fixture->find<QComboBox>("measure")->currentData().toString(), QStringLiteral("loss"));
}

void TstComparePage::theFirstFigureThatAllShareComesFirst() {
    m_fixture->add({.name = "classifier", .rank = 4, .metrics = {{"matthews", 0.4}}});
    ComparePage& page = openWithAll();
    auto* measure = m_fixture->find<QComboBox>("measure");
    QCOMPARE(measure->count(), 1);  // texts alone: nothing to choose
    m_fixture->find<QTabWidget>("compareTabs")->setCurrentIndex(2);
    QVERIFY(!measure->isVisible());
    page.setAdapters({id("rank 1"), id("classifier")});
    QTRY_COMPARE(measure->count(), 2);
    QVERIFY(measure->isVisible());
    QCOMPARE(measure->currentData().toString(), QStringLiteral("loss"));
    page.setAdapters({id("classifier")});
    QTRY_COMPARE(measure->currentData().toString(), QStringLiteral("matthews"));
}

void TstComparePage::theChoiceIsKept() {
    openWithAll();
    m_fixture->closePage();
    ComparePage& page = m_fixture->show<ComparePage>();
    QTRY_COMPARE(evaluations().seriesCount(), 3);
    QCOMPARE(page.adapters().size(), 3);
}

void TstComparePage::adaptersThatAreGoneLeaveThePage() {
    ComparePage& page = openWithAll();
    m_fixture->catalog().trash_adapter(id("rank 8").toStdString());
    QTRY_COMPARE(page.adapters(), (QStringList{id("rank 1"), id("rank 64")}));
    QTRY_COMPARE(evaluations().seriesCount(), 2);
}

QTEST_MAIN(TstComparePage)
#include "tst_compare_page.moc"
