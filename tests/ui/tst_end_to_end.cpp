// From the first start to an exported model in the real window, with real training; and how long the GUI
// thread is ever kept from its events while that goes on.
#include "engine/runtime.h"
#include "ui/page.h"
#include "ui/widgets/message_bar.h"
#include "window_fixture.h"

#include <QAbstractButton>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace {

// Times every event from its delivery to its return. Waiting for a processor core that others use is not
// counted: on a busy machine that says nothing about the window.
class WatchfulApplication : public QApplication {
  public:
    WatchfulApplication(int& argc, char** argv)
        : QApplication(argc, argv), m_schedule(::open("/proc/thread-self/schedstat", O_RDONLY)) {}
    ~WatchfulApplication() override { ::close(m_schedule); }

    bool notify(QObject* receiver, QEvent* event) override {
        if (!m_watching || m_depth > 0) return QApplication::notify(receiver, event);
        ++m_depth;
        const char* who = receiver->metaObject()->className();
        const int type = event->type();
        const qint64 waited = waitedNs();
        QElapsedTimer timer;
        timer.start();
        const bool result = QApplication::notify(receiver, event);
        const qint64 took = timer.nsecsElapsed() - (waitedNs() - waited);
        --m_depth;
        if (took > m_longestNs) {
            m_longestNs = took;
            m_culprit = QStringLiteral("event %1 to %2").arg(type).arg(QLatin1String(who));
        }
        return result;
    }

    void watch(bool on) {
        m_watching = on;
        if (on) m_longestNs = 0;
    }
    double longestMs() const { return double(m_longestNs) / 1e6; }
    QString culprit() const { return m_culprit; }

  private:
    // The second number of schedstat: nanoseconds this thread was ready to run and had no core.
    qint64 waitedNs() const {
        char text[96] = {};
        if (m_schedule < 0 || ::pread(m_schedule, text, sizeof text - 1, 0) <= 0) return 0;
        char* end = nullptr;
        std::strtoll(text, &end, 10);
        return std::strtoll(end, nullptr, 10);
    }

    int m_schedule;
    int m_depth = 0;
    bool m_watching = false;
    qint64 m_longestNs = 0;
    QString m_culprit;
};

}  // namespace

class TstEndToEnd : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init() { m_window = std::make_unique<WindowFixture>(); }
    void cleanup() { m_window.reset(); }
    void oneClickToAnAdapterAndOnToAMergedModel();
    void aStoppedRunIsResumedToTheEnd();

  private:
    void press(const char* button) {
        // Every page has a message bar: the one that is seen is meant.
        auto* widget = m_window->window().currentPage().findChild<QAbstractButton*>(QLatin1String(button));
        if (!widget) widget = m_window->find<QAbstractButton>(button);
        QTRY_VERIFY2(widget->isVisible() && widget->isEnabled(), button);
        QTest::mouseClick(widget, Qt::LeftButton);
    }
    std::vector<catalog::RunRecord> runs() {
        return m_window->application().context().workbench.catalog().runs();
    }

    std::unique_ptr<WindowFixture> m_window;
};

void TstEndToEnd::oneClickToAnAdapterAndOnToAMergedModel() {
    auto* app = static_cast<WatchfulApplication*>(qApp);
    m_window->open();
    auto* start = m_window->find<QPushButton>("startButton");
    QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), 20'000);

    app->watch(true);
    press("startButton");  // the one click
    QTRY_VERIFY(m_window->find("runStrip")->isVisible());
    const auto finished = [this] {
        return !runs().empty() && runs().front().state == catalog::RunState::finished;
    };
    for (const char* page : {"nav_catalog", "nav_compare", "nav_export", "nav_experiment", "nav_runs"}) {
        if (finished()) break;
        press(page);
        QTest::qWait(200);
    }
    QTRY_VERIFY_WITH_TIMEOUT(finished(), 120'000);
    QTest::qWait(300);
    app->watch(false);
    qInfo("while training the GUI thread was kept from its events for at most %.1f ms (%s)", app->longestMs(),
          qPrintable(app->culprit()));
    QVERIFY2(app->longestMs() <= 50, qPrintable(app->culprit()));

    const auto run = runs().front();
    QVERIFY(run.eval_loss && *run.eval_loss > 0);
    const auto adapters = m_window->application().context().workbench.catalog().adapters();
    QCOMPARE(adapters.size(), std::size_t(1));
    auto* notice = m_window->find<ui::MessageBar>("noticeBar");
    QTRY_VERIFY(notice->isVisible());
    QVERIFY2(notice->text().contains(QStringLiteral("is finished")), qPrintable(notice->text()));

    press("nav_runs");
    QTRY_VERIFY(m_window->find("showAdapter")->isVisible());
    press("showAdapter");
    QTRY_VERIFY(&m_window->window().currentPage() == &m_window->window().page(ui::MainWindow::Catalog));
    auto* table = m_window->find<QTableView>("adapterTable");
    QTRY_COMPARE(table->model()->rowCount(), 1);
    QTRY_VERIFY(table->selectionModel()->hasSelection());
    press("exportAdapter");
    QVERIFY(&m_window->window().currentPage() == &m_window->window().page(ui::MainWindow::Export));
    auto* folder = m_window->find<QLineEdit>("exportFolder");
    const QString merged = m_window->path("merged");
    QTRY_VERIFY(!folder->text().isEmpty());  // a folder is suggested first
    folder->setFocus();
    folder->selectAll();
    QTest::keyClicks(folder, merged);
    press("startExport");
    auto* verdict = m_window->find<QLabel>("verdictHeadline");
    QTRY_COMPARE_WITH_TIMEOUT(verdict->text(), QStringLiteral("Passed"), 60'000);
    for (const char* file : {"config.json", "model.safetensors", "tokenizer.json", "export_report.json"})
        QVERIFY2(QFile::exists(merged + QLatin1Char('/') + QLatin1String(file)), file);
    const auto model = m_window->application().context().workbench.inspect(merged.toStdString());
    QVERIFY2(model.ok(), model.ok() ? "" : model.error().message.c_str());
    QCOMPARE(model->layers, int64_t(2));
}

void TstEndToEnd::aStoppedRunIsResumedToTheEnd() {
    m_window->open();
    QTRY_VERIFY_WITH_TIMEOUT(m_window->find<QPushButton>("startButton")->isEnabled(), 20'000);
    auto* amount = m_window->find<QAbstractSpinBox>("amountField");
    amount->setFocus();
    amount->selectAll();
    QTest::keyClicks(amount, QStringLiteral("400"));
    press("startButton");
    QTRY_VERIFY_WITH_TIMEOUT(m_window->find<QLabel>("stripSteps")->text().startsWith(QStringLiteral("step")),
                             30'000);
    press("stripStop");
    QTRY_VERIFY_WITH_TIMEOUT(runs().front().state == catalog::RunState::stopped, 30'000);
    QVERIFY(runs().front().global_step < 400);
    QTRY_VERIFY(!m_window->find("runStrip")->isVisible());
    press("nav_runs");
    press("resumeRun");
    QTRY_VERIFY_WITH_TIMEOUT(runs().front().state == catalog::RunState::finished, 180'000);
    QCOMPARE(runs().front().global_step, int64_t(400));
}

int main(int argc, char** argv) {
    engine::initialize_runtime();
    WatchfulApplication app(argc, argv);
    QTEST_SET_MAIN_SOURCE_PATH
    TstEndToEnd test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_end_to_end.moc"
