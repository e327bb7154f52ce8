#include "ui/bridge/run_bridge.h"
#include "ui/navigator.h"
#include "ui/page.h"
#include "ui/theme/theme.h"
#include "ui/widgets/message_bar.h"
#include "window_fixture.h"

#include <QAbstractButton>
#include <QAction>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QToolButton>

#include <clocale>

class TstMainWindow : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init();
    void cleanup();
    void pagesByMouseAndKeys();
    void numbersKeepTheirPoint();
    void appearanceSwitchesLive();
    void theStripShowsARunAndStopsIt();
    void aRunThatIsWatchedLeadsToItsAdapter();
    void aFailureStaysUntilItIsFollowed();
    void pauseHoldsTheRun();
    void closingAsksAndKeepsTraining();
    void closingSavesTheRun();
    void closingDiscardsTheRun();
    void waitingRunsAreOfferedAtTheNextStart();
    void nothingIsClippedAtTheSmallestSize();

  private:
    void startLongRun();
    QAbstractButton* inCloseDialog(const char* button);
    ui::MessageBar& notice() { return *m_window->find<ui::MessageBar>("noticeBar"); }
    QPushButton* noticeAction() { return notice().findChild<QPushButton*>(QStringLiteral("messageAction")); }
    catalog::Catalog& records() { return m_window->application().context().workbench.catalog(); }

    std::unique_ptr<WindowFixture> m_window;
};

void TstMainWindow::init() {
    m_window = std::make_unique<WindowFixture>();
    m_window->open(pretendToTrain);
}

void TstMainWindow::cleanup() {
    m_window.reset();
}

void TstMainWindow::startLongRun() {
    auto* start = m_window->find<QPushButton>("startButton");
    QTRY_VERIFY(start->isEnabled());
    auto spec = m_window->application().context().workbench.first_experiment();
    spec.steps = 100'000;
    Q_EMIT m_window->application().context().navigator.experimentRequested(spec);
    QTRY_VERIFY(start->isEnabled());
    QTest::keyClick(&m_window->window(), Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY(m_window->find("runStrip")->isVisible());
    QTRY_VERIFY(m_window->find<QLabel>("stripSteps")->text().contains(QStringLiteral("100,000")));
}

QAbstractButton* TstMainWindow::inCloseDialog(const char* button) {
    m_window->window().close();
    if (!QTest::qWaitFor([&] {
            return m_window->window().findChild<QMessageBox*>(QStringLiteral("closeDialog")) != nullptr;
        }))
        qFatal("closing does not ask");
    return m_window->find<QAbstractButton>(button);
}

void TstMainWindow::pagesByMouseAndKeys() {
    auto* stack = m_window->window().findChild<QStackedWidget*>();
    const QList<const char*> buttons{"nav_experiment", "nav_runs", "nav_catalog", "nav_compare",
                                     "nav_export"};
    for (int i = buttons.size() - 1; i >= 0; --i) {
        QTest::mouseClick(m_window->find<QToolButton>(buttons[i]), Qt::LeftButton);
        QVERIFY(&m_window->window().currentPage() == &m_window->window().page(i));
        QVERIFY(m_window->window().currentPage().isVisible());
    }
    Q_UNUSED(stack)
    for (int i = 0; i < buttons.size(); ++i) {
        QTest::keyClick(&m_window->window(), Qt::Key(Qt::Key_1 + i), Qt::ControlModifier);
        QVERIFY(&m_window->window().currentPage() == &m_window->window().page(i));
        QVERIFY(m_window->find<QToolButton>(buttons[i])->isChecked());
    }
}

void TstMainWindow::numbersKeepTheirPoint() {
    QCOMPARE(std::setlocale(LC_NUMERIC, nullptr), "C");
}

void TstMainWindow::appearanceSwitchesLive() {
    auto& theme = m_window->application().context().theme;
    m_window->find<QAction>("appearanceDark")->trigger();
    QVERIFY(theme.isDark());
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 80);
    m_window->find<QAction>("appearanceLight")->trigger();
    QVERIFY(!theme.isDark());
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() > 200);
    m_window->find<QAction>("appearanceDark")->trigger();
    m_window->close();
    m_window->open(pretendToTrain);
    QVERIFY(m_window->application().context().theme.isDark());
}

void TstMainWindow::theStripShowsARunAndStopsIt() {
    startLongRun();
    QVERIFY(&m_window->window().currentPage() == &m_window->window().page(ui::MainWindow::Runs));
    QTRY_VERIFY(m_window->find<QLabel>("stripLoss")->text().startsWith(QStringLiteral("loss")));
    QTRY_VERIFY(m_window->find<QToolButton>("nav_runs")->text().contains(QLatin1Char('1')));
    QTest::keyClick(&m_window->window(), Qt::Key_3, Qt::ControlModifier);
    QTest::mouseClick(m_window->find<QToolButton>("stripStop"), Qt::LeftButton);
    QTRY_VERIFY(!m_window->find("runStrip")->isVisible());
    QVERIFY(records().runs().front().state == catalog::RunState::stopped);
    // Said where the person is, leading to the run.
    QTRY_VERIFY(notice().isVisible());
    QVERIFY2(notice().text().contains(QStringLiteral("was stopped and saved")), qPrintable(notice().text()));
    QTest::keyClick(&m_window->window(), Qt::Key_1, Qt::ControlModifier);
    QVERIFY(notice().isVisible());
    QTest::mouseClick(noticeAction(), Qt::LeftButton);
    QVERIFY(&m_window->window().currentPage() == &m_window->window().page(ui::MainWindow::Runs));
    QVERIFY(!notice().isVisible());
    QTRY_COMPARE(m_window->find<QLabel>("runState")->text(), QStringLiteral("stopped"));
    for (int i = 0; i < ui::MainWindow::PageCount; ++i)
        QVERIFY(!m_window->window().page(i).messageBar().isVisibleTo(&m_window->window().page(i)));
}

// Watched to its end, what comes next is the adapter.
void TstMainWindow::aRunThatIsWatchedLeadsToItsAdapter() {
    startLongRun();
    QTest::mouseClick(m_window->find<QToolButton>("stripStop"), Qt::LeftButton);
    QTRY_VERIFY(notice().isVisible());
    QCOMPARE(noticeAction()->text(), QStringLiteral("Show adapter"));
    // Going on with it makes what was said of its end untrue.
    QTest::mouseClick(m_window->find<QPushButton>("resumeRun"), Qt::LeftButton);
    QTRY_VERIFY(m_window->find("runStrip")->isVisible());
    QVERIFY(!notice().isVisible());
    QTest::mouseClick(m_window->find<QToolButton>("stripStop"), Qt::LeftButton);
    QTRY_VERIFY(notice().isVisible());
    QTest::mouseClick(noticeAction(), Qt::LeftButton);
    QVERIFY(&m_window->window().currentPage() == &m_window->window().page(ui::MainWindow::Catalog));
    // The page of the run has the way to the adapter, too.
    QTest::keyClick(&m_window->window(), Qt::Key_2, Qt::ControlModifier);
    QTRY_VERIFY(m_window->find("showAdapter")->isVisible());
    QTest::mouseClick(m_window->find("showAdapter"), Qt::LeftButton);
    QTRY_VERIFY(&m_window->window().currentPage() == &m_window->window().page(ui::MainWindow::Catalog));
}

// A failure is not covered by the success of the next run, and is seen from every page.
void TstMainWindow::aFailureStaysUntilItIsFollowed() {
    m_window->close();
    m_window->open([](const engine::TrainRequest& request, engine::RunObserver& observer,
                      engine::RunControl& control) -> engine::Result<engine::RunResult> {
        if (request.spec.name == "bad")
            return engine::Error{engine::ErrorCode::failed, "The loss of step 3 is not finite.", {}};
        return pretendToTrain(request, observer, control);
    });
    QTest::keyClick(&m_window->window(), Qt::Key_4, Qt::ControlModifier);
    const auto& context = m_window->application().context();
    auto spec = context.workbench.first_experiment();
    spec.steps = 3;
    for (const char* name : {"bad", "good"}) {
        spec.name = name;
        QVERIFY(context.queue.enqueue(spec).ok());
    }
    QTRY_VERIFY(records().runs({{catalog::RunState::finished}, {}, 0}).size() == 1);
    QTRY_VERIFY(notice().isVisible());
    QTest::qWait(100);
    QCOMPARE(notice().text(), QStringLiteral("“bad” has failed: The loss of step 3 is not finite."));
    QTest::mouseClick(noticeAction(), Qt::LeftButton);
    QTRY_COMPARE(m_window->find<QLabel>("runName")->text(), QStringLiteral("bad"));
    QVERIFY(!notice().isVisible());
}

void TstMainWindow::pauseHoldsTheRun() {
    startLongRun();
    auto* steps = m_window->find<QLabel>("stripSteps");
    QTest::mouseClick(m_window->find<QToolButton>("stripPause"), Qt::LeftButton);
    const auto& queue = m_window->application().context().queue;
    QCOMPARE(queue.running().size(), std::size_t(1));
    QTRY_VERIFY(queue.paused(queue.running().front()));
    QTest::qWait(150);  // what was on its way arrives
    const QString before = steps->text();
    QTest::qWait(150);
    QCOMPARE(steps->text(), before);
    QTest::mouseClick(m_window->find<QToolButton>("stripPause"), Qt::LeftButton);
    QTRY_VERIFY(steps->text() != before);
}

void TstMainWindow::closingAsksAndKeepsTraining() {
    startLongRun();
    QTest::mouseClick(inCloseDialog("keepTraining"), Qt::LeftButton);
    QTest::qWait(50);
    QVERIFY(m_window->window().isVisible());
    QVERIFY(!m_window->application().context().queue.running().empty());
}

void TstMainWindow::closingSavesTheRun() {
    startLongRun();
    QTest::mouseClick(inCloseDialog("stopAndSave"), Qt::LeftButton);
    QTRY_VERIFY(!m_window->window().isVisible());
    m_window->close();
    m_window->open(pretendToTrain);
    QCOMPARE(records().runs().size(), std::size_t(1));
    QVERIFY(records().runs().front().state == catalog::RunState::stopped);
}

void TstMainWindow::closingDiscardsTheRun() {
    startLongRun();
    QTest::mouseClick(inCloseDialog("discardRun"), Qt::LeftButton);
    QTRY_VERIFY(!m_window->window().isVisible());
    m_window->close();
    m_window->open(pretendToTrain);
    QVERIFY(records().runs().empty());
    QVERIFY(records().adapters().empty());
}

void TstMainWindow::waitingRunsAreOfferedAtTheNextStart() {
    startLongRun();
    auto spec = m_window->application().context().workbench.first_experiment();
    spec.steps = 3;
    QVERIFY(m_window->application().context().queue.enqueue(spec).ok());
    QTest::mouseClick(inCloseDialog("stopAndSave"), Qt::LeftButton);
    QTRY_VERIFY(!m_window->window().isVisible());
    m_window->close();
    m_window->open(pretendToTrain);
    QTest::keyClick(&m_window->window(), Qt::Key_1, Qt::ControlModifier);
    QVERIFY(notice().isVisible());
    QVERIFY2(notice().text().contains(QStringLiteral("1 run")), qPrintable(notice().text()));
    QTest::mouseClick(noticeAction(), Qt::LeftButton);
    QTRY_VERIFY(records().runs({{catalog::RunState::finished}, {}, 0}).size() == 1);
}

void TstMainWindow::nothingIsClippedAtTheSmallestSize() {
    m_window->window().resize(1024, 640);
    for (int i = 0; i < ui::MainWindow::PageCount; ++i) {
        m_window->window().showPage(i);
        QTest::qWait(50);
        QCOMPARE(m_window->window().size(), QSize(1024, 640));  // no page asks for more
        for (auto* button : m_window->window().currentPage().findChildren<QPushButton*>()) {
            if (!button->isVisible() || button->text().isEmpty()) continue;
            QVERIFY2(button->width() >= button->minimumSizeHint().width() - 1, qPrintable(button->text()));
        }
    }
}

QTEST_MAIN(TstMainWindow)
#include "tst_main_window.moc"
