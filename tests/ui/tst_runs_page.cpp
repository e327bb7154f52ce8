#include "page_fixture.h"
#include "ui/format/units.h"
#include "ui/models/run_table_model.h"
#include "ui/pages/runs_page.h"
#include "ui/widgets/charts/heat_map.h"
#include "ui/widgets/charts/line_chart.h"

#include <workbench/run_log.h>

#include <QAction>
#include <QLabel>
#include <QListView>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QToolButton>

#include <atomic>
#include <chrono>
#include <thread>

using catalog::RunState;
using ui::RunsPage;

namespace {

// A training that does as many steps as the test allows.
struct Puppet {
    std::atomic<int> allowed{0};
    std::atomic<bool> evaluated{false}, saved{false};

    engine::Result<engine::RunResult> operator()(const engine::TrainRequest& request,
                                                 engine::RunObserver& observer, engine::RunControl& control) {
        engine::RunStarted started;
        started.total_steps = request.spec.steps;
        started.device = "cpu";
        started.dtype = "f32";
        observer.on_event(started);
        observer.on_event(engine::StateChanged{"training"});
        engine::RunResult result;
        result.total_steps = request.spec.steps;
        while (result.steps < request.spec.steps) {
            if (control.paused()) {
                observer.on_event(engine::StateChanged{"paused"});
                control.wait_while_paused();
                observer.on_event(engine::StateChanged{"training"});
            }
            if (control.stop_requested()) break;
            if (control.take_evaluate()) {
                evaluated = true;
                observer.on_event(engine::EvalMetrics{result.steps, 1.25, 3.5, 100, true});
            }
            if (control.take_save()) saved = true;
            if (result.steps >= allowed) {
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
                continue;
            }
            engine::StepMetrics step;
            step.global_step = ++result.steps;
            step.loss = step.loss_smooth = 4.0 / static_cast<double>(step.global_step);
            step.learning_rate = 1e-3;
            step.grad_norm = 0.5;
            step.tokens_per_second = 1234;
            step.eta_s = 60;
            step.rss_bytes = 400 * 1024 * 1024;
            observer.on_event(step);
        }
        observer.on_event(engine::DeltaNorms{result.steps, {{0, "q", 0.5}, {1, "q", 0.75}}});
        result.stopped = result.steps < request.spec.steps;
        result.train_loss = 1;
        result.eval_loss = result.best_eval_loss = std::nan("");
        result.last = request.run_dir / "last";
        std::filesystem::create_directories(result.last);
        std::filesystem::create_directories(request.run_dir / "state");
        support::writeFile(QString::fromStdString((result.last / "adapter_model.safetensors").string()),
                           QByteArray(16, ' '));
        support::writeFile(QString::fromStdString((request.run_dir / "state" / "state").string()), "saved");
        return result;
    }
};

}  // namespace

class TstRunsPage : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init();
    void cleanup();

    void withoutRunsThePageLeadsToTheExperiment();
    void aFinishedRunIsShownFromTheCatalog();
    void aRunIsFollowedLive();
    void theLogOutlivesThePage();
    void theLogOfAnotherProgramIsFollowed();
    void liveAndRecordedPointsMakeOneCurve();
    void pauseGoOnStopAndResume();
    void evaluatesAndSavesOnDemand();
    void theQueueIsReorderedAndCancelled();
    void anInterruptedRunOffersToResume();
    void configurationIsReadable();
    void aRunIsDeletedAfterOneQuestion();
    void useAsNewExperimentHandsOverTheSpec();
    void smoothingIsKept();

  private:
    RunsPage& show() { return m_fixture->show<RunsPage>(); }
    std::string enqueue(const char* name, std::int64_t steps = 100000);
    QListView& list() { return *m_fixture->find<QListView>("runList"); }
    QString nameAt(int row) { return list().model()->index(row, 0).data().toString(); }
    ui::LineChart& chart(const char* name) { return *m_fixture->find<ui::LineChart>(name); }
    QPushButton& button(const char* name) { return *m_fixture->find<QPushButton>(name); }
    RunState stateOf(const std::string& id) { return m_fixture->catalog().run(id).state; }
    void select(const QString& name);
    QString log() { return m_fixture->find<QPlainTextEdit>("runLog")->toPlainText(); }

    std::shared_ptr<Puppet> m_puppet;
    std::unique_ptr<PageFixture> m_fixture;
};

void TstRunsPage::init() {
    m_puppet = std::make_shared<Puppet>();
    m_fixture = std::make_unique<PageFixture>(
        [puppet = m_puppet](const auto& request, auto& observer, auto& control) {
            return (*puppet)(request, observer, control);
        });
}

void TstRunsPage::cleanup() {
    m_fixture.reset();
}

std::string TstRunsPage::enqueue(const char* name, std::int64_t steps) {
    const auto id = m_fixture->context().queue.enqueue(m_fixture->spec({.name = name, .steps = steps}));
    if (!id) qFatal("%s", id.error().message.c_str());
    m_fixture->context().bridge.announceQueueChanged();
    return *id;
}

void TstRunsPage::select(const QString& name) {
    for (int row = 0; row < list().model()->rowCount(); ++row)
        if (nameAt(row) == name)
            QTest::mouseClick(list().viewport(), Qt::LeftButton, {},
                              list().visualRect(list().model()->index(row, 0)).center());
}

void TstRunsPage::withoutRunsThePageLeadsToTheExperiment() {
    RunsPage& page = show();
    auto& action = button("emptyStateAction");
    QTRY_VERIFY(action.isVisible());
    QSignalSpy wanted(&page, &RunsPage::experimentPageRequested);
    QTest::mouseClick(&action, Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
}

void TstRunsPage::aFinishedRunIsShownFromTheCatalog() {
    m_fixture->add({.name = "first", .steps = 100});
    m_fixture->add({.name = "second", .steps = 200, .memoryFloor = 351'000'000});
    show();
    QTRY_COMPARE(list().model()->rowCount(), 2);
    QCOMPARE(nameAt(0), QStringLiteral("second"));
    QTRY_COMPARE(chart("lossChart").points(0).size(), std::size_t{200});
    QCOMPARE(chart("lossChart").points(1).size(), std::size_t{11});
    QCOMPARE(chart("learningRateChart").points(0).size(), std::size_t{200});
    QCOMPARE(m_fixture->find<QLabel>("runName")->text(), QStringLiteral("second"));
    QCOMPARE(m_fixture->find<QLabel>("runStep")->text(), QStringLiteral("200 / 200"));
    QCOMPARE(m_fixture->find<QProgressBar>("runProgress")->value(), 1000);
    auto* norms = m_fixture->find<ui::HeatMap>("heatMap");
    QVERIFY(!norms->isEmpty());
    QCOMPARE(norms->value(0, 0), 0.3);
    // The least memory stands beside the peak, and what it means in the tool tip.
    const QString least = ui::units::memory(351'000'000);
    const auto* peak = m_fixture->find<QLabel>("runMemory");
    const auto* caption = m_fixture->find<QLabel>("runMemoryCaption");
    QCOMPARE(peak->text(), ui::units::memory(412'000'000));
    QVERIFY(caption->text().contains(least) && peak->toolTip().contains(least));
    QVERIFY(caption->fontMetrics().horizontalAdvance(caption->text()) <= caption->width());
    select(QStringLiteral("first"));
    QTRY_COMPARE(chart("lossChart").points(0).size(), std::size_t{100});
    QCOMPARE(caption->text(), QStringLiteral("memory"));  // of a run of an older version
    QVERIFY(peak->toolTip().isEmpty());
}

void TstRunsPage::aRunIsFollowedLive() {
    show();
    const std::string id = enqueue("live");
    m_puppet->allowed = 5;
    QTRY_COMPARE(chart("lossChart").points(0).size(), std::size_t{5});
    QCOMPARE(m_fixture->find<QLabel>("runStep")->text(), QStringLiteral("5 / 100,000"));
    QCOMPARE(m_fixture->find<QLabel>("runSpeed")->text(), QStringLiteral("1,234"));
    QVERIFY(m_fixture->find<QLabel>("runTime")->text() == QLatin1String("1:00"));
    m_puppet->allowed = 50;
    QTRY_COMPARE(chart("gradNormChart").points(0).size(), std::size_t{50});
    QTRY_VERIFY(list()
                    .model()
                    ->index(0, 0)
                    .data(ui::RunTableModel::SummaryRole)
                    .toString()
                    .contains(QLatin1String("50/")));
    QTRY_VERIFY(log().contains(QLatin1String("started")));
}

void TstRunsPage::theLogOutlivesThePage() {
    show();
    const std::string id = enqueue("short", 5);
    m_puppet->allowed = 5;
    QTRY_COMPARE(stateOf(id), RunState::finished);
    QTRY_VERIFY(log().endsWith(QLatin1String("finished")));
    const QString seen = log();
    QVERIFY(seen.contains(QLatin1String("started on cpu, f32")));
    QCOMPARE(seen.count(QLatin1Char('\n')), 1);  // each line once
    m_fixture->closePage();
    show();
    QTRY_COMPARE(log(), seen);
}

void TstRunsPage::theLogOfAnotherProgramIsFollowed() {
    const std::string id =
        m_fixture->add({.name = "elsewhere", .state = RunState::running, .adapter = false});
    const std::filesystem::path folder = m_fixture->path("data/runs/elsewhere").toStdString();
    std::filesystem::create_directories(folder);
    m_fixture->catalog().update_run(id, {.run_dir = folder.string()});
    workbench::append_run_log(folder, "started on cuda:0, bf16");
    show();
    QTRY_VERIFY(log().endsWith(QLatin1String("started on cuda:0, bf16")));
    workbench::append_run_log(folder, "step 10: state saved");
    m_fixture->catalog().update_run(id, {.global_step = 10});
    QTRY_VERIFY(log().endsWith(QLatin1String("step 10: state saved")));
    QCOMPARE(log().count(QLatin1Char('\n')), 1);
}

// Looked at late, the page has what was recorded before and what comes live, each step once.
void TstRunsPage::liveAndRecordedPointsMakeOneCurve() {
    const std::string id = enqueue("live");
    m_puppet->allowed = 300;
    QTRY_COMPARE(m_fixture->catalog().series(id, "loss").size(), std::size_t{300});
    show();
    m_puppet->allowed = 700;
    QTRY_COMPARE(chart("lossChart").points(0).size(), std::size_t{700});
    const auto points = chart("lossChart").points(0).points();
    for (std::size_t i = 0; i < points.size(); ++i) QCOMPARE(points[i].x(), double(i + 1));
    // Leaving for another run and coming back loses nothing either.
    m_fixture->add({.name = "other"});
    QTRY_COMPARE(list().model()->rowCount(), 2);
    select(QStringLiteral("other"));
    QTRY_COMPARE(chart("lossChart").points(0).size(), std::size_t{200});
    m_puppet->allowed = 800;
    select(QStringLiteral("live"));
    QTRY_COMPARE(chart("lossChart").points(0).size(), std::size_t{800});
}

void TstRunsPage::pauseGoOnStopAndResume() {
    show();
    const std::string id = enqueue("live");
    m_puppet->allowed = 10;
    QTRY_VERIFY(button("pauseRun").isVisible() && button("pauseRun").isEnabled());
    QVERIFY(!button("resumeRun").isVisible());
    QTest::mouseClick(&button("pauseRun"), Qt::LeftButton);
    QTRY_COMPARE(stateOf(id), RunState::paused);
    QTRY_VERIFY(button("pauseRun").text().contains(QLatin1String("Go on")));
    QTest::mouseClick(&button("pauseRun"), Qt::LeftButton);
    QTRY_COMPARE(stateOf(id), RunState::running);
    QTest::mouseClick(&button("stopRun"), Qt::LeftButton);
    QTRY_COMPARE(stateOf(id), RunState::stopped);
    QTRY_VERIFY(button("resumeRun").isVisible());
    QVERIFY(!button("stopRun").isVisible());
    QTest::mouseClick(&button("resumeRun"), Qt::LeftButton);
    QTRY_COMPARE(stateOf(id), RunState::running);
    QTRY_VERIFY(button("stopRun").isVisible());
}

void TstRunsPage::evaluatesAndSavesOnDemand() {
    show();
    enqueue("live");
    m_puppet->allowed = 10;
    QTRY_VERIFY(m_fixture->find<QPushButton>("moreRunActions")->isVisible());
    QTRY_VERIFY(m_fixture->find<QPushButton>("moreRunActions")->isEnabled());
    m_fixture->find<QAction>("evaluateNow")->trigger();
    QTRY_VERIFY(m_puppet->evaluated);
    QTRY_COMPARE(chart("lossChart").points(1).size(), std::size_t{1});
    m_fixture->find<QAction>("saveNow")->trigger();
    QTRY_VERIFY(m_puppet->saved);
}

void TstRunsPage::theQueueIsReorderedAndCancelled() {
    show();
    enqueue("running");
    QTRY_VERIFY(!m_fixture->context().queue.running().empty());
    enqueue("a");
    const std::string b = enqueue("b");
    const std::string c = enqueue("c");
    QTRY_COMPARE(list().model()->rowCount(), 4);
    QTRY_COMPARE(nameAt(3), QStringLiteral("c"));
    select(QStringLiteral("c"));
    list().setFocus();
    QTest::keyClick(&list(), Qt::Key_Up, Qt::ControlModifier);
    QTRY_COMPARE(nameAt(2), QStringLiteral("c"));
    QCOMPARE(m_fixture->context().queue.waiting()[1], c);
    select(QStringLiteral("b"));
    auto* cancel = m_fixture->find<QAction>("cancelRun");
    QTRY_VERIFY(cancel->isEnabled());
    cancel->trigger();
    QTRY_COMPARE(stateOf(b), RunState::cancelled);
    QTRY_COMPARE(m_fixture->context().queue.waiting().size(), std::size_t{2});
}

void TstRunsPage::anInterruptedRunOffersToResume() {
    m_fixture->add({.name = "cut short", .state = RunState::interrupted, .adapter = false});
    show();
    QTRY_VERIFY(button("resumeRun").isVisible());
    QVERIFY(button("resumeRun").isEnabled());
    QVERIFY(!button("pauseRun").isVisible());
    QCOMPARE(m_fixture->find<QLabel>("runState")->text(), QStringLiteral("interrupted"));
}

void TstRunsPage::configurationIsReadable() {
    m_fixture->add({.name = "one", .rank = 4});
    show();
    auto* table = m_fixture->find<QTableView>("configuration");
    QTRY_VERIFY(table->model()->rowCount() > 20);
    QMap<QString, QString> values;
    for (int row = 0; row < table->model()->rowCount(); ++row)
        values[table->model()->index(row, 0).data().toString()] =
            table->model()->index(row, 1).data().toString();
    QCOMPARE(values.value(QStringLiteral("Rank r")), QStringLiteral("4"));
    QCOMPARE(values.value(QStringLiteral("Scaling α/r")), QStringLiteral("2"));
    QCOMPARE(values.value(QStringLiteral("Matrices")), QStringLiteral("q,v"));
    QVERIFY(values.contains(QStringLiteral("Device used")));
}

void TstRunsPage::aRunIsDeletedAfterOneQuestion() {
    m_fixture->add({.name = "one"});
    show();
    QTRY_COMPARE(list().model()->rowCount(), 1);
    select(QStringLiteral("one"));
    list().setFocus();
    QTest::keyClick(&list(), Qt::Key_Delete);
    auto* question = m_fixture->find<QMessageBox>("removeRunQuestion");
    QVERIFY(question->text().contains(QLatin1String("one")));
    for (QAbstractButton* b : question->buttons())
        if (question->buttonRole(b) == QMessageBox::DestructiveRole) QTest::mouseClick(b, Qt::LeftButton);
    QTRY_COMPARE(list().model()->rowCount(), 0);
    QCOMPARE(m_fixture->catalog().adapters().size(), std::size_t{1});
}

void TstRunsPage::useAsNewExperimentHandsOverTheSpec() {
    m_fixture->add({.name = "one", .rank = 4, .seed = 9});
    show();
    QTRY_VERIFY(button("useAsExperiment").isEnabled());
    QSignalSpy wanted(&m_fixture->context().navigator, &ui::Navigator::experimentRequested);
    QTest::mouseClick(&button("useAsExperiment"), Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
    const auto spec = wanted[0][0].value<engine::ExperimentSpec>();
    QCOMPARE(spec.lora.rank, std::int64_t{4});
    QCOMPARE(spec.seed, std::uint64_t{9});
}

void TstRunsPage::smoothingIsKept() {
    m_fixture->add({.name = "one"});
    show();
    auto* slider = m_fixture->find<QAbstractSlider>("smoothing");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Home);
    QCOMPARE(slider->value(), 0);
    m_fixture->closePage();
    show();
    QCOMPARE(m_fixture->find<QAbstractSlider>("smoothing")->value(), 0);
}

QTEST_MAIN(TstRunsPage)
#include "tst_runs_page.moc"
