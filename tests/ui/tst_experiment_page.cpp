#include "ui/format/units.h"
#include "ui/pages/experiment_page.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/widgets/matrix_grid.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/number_field.h"
#include "window_fixture.h"

#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QTableWidget>
#include <QTextEdit>
#include <QToolButton>

using ui::NumberField;

class TstExperimentPage : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init();
    void cleanup();
    void firstStartIsReady();
    void countsFollowTicksAndRank();
    void fieldsWriteTheSpec();
    void sliderAndFieldShowOneRank();
    void biasesAndWholeModulesAreCountedLive();
    void moreIsOpenWhenItIsUsed();
    void noMatrixTickedSaysSo();
    void badRowsAreListed();
    void dropsGoWhereTheyBelong();
    void theEvaluationFileIsReadToo();
    void aRankTooLargeIsNamed();
    void ranksAreQueuedWithTheScalingKept();
    void refusalsKeepTheForm();
    void presetKeepsModelAndData();
    void tooMuchMemoryOffersRemedies();
    void theTimeIsMeasuredOnDemand();
    void anOpenPrecisionSaysWhatItDoes();
    void everythingIsThereAfterARestart();
    void columnsFollowTheWidth();

  private:
    ui::ExperimentPage& page() { return *m_window->find<ui::ExperimentPage>("experimentPage"); }
    const engine::ExperimentSpec& spec() { return page().presenter().spec(); }
    QPushButton* startButton() { return m_window->find<QPushButton>("startButton"); }
    void type(const char* field, const QString& text) {
        auto* number = m_window->find<NumberField>(field);
        number->setFocus();
        number->selectAll();
        QTest::keyClicks(number, text);
    }
    void drop(const QString& path) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        const QPoint place = page().rect().center();
        QDragEnterEvent enter(place, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(&page(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(place, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(&page(), &event);
    }

    std::unique_ptr<WindowFixture> m_window;
};

void TstExperimentPage::init() {
    m_window = std::make_unique<WindowFixture>();
    m_window->open(pretendToTrain);
    QTRY_VERIFY(startButton()->isEnabled());
}

void TstExperimentPage::cleanup() {
    m_window.reset();
}

void TstExperimentPage::firstStartIsReady() {
    QVERIFY(m_window->find<QLabel>("startHint")->text().isEmpty());
    QCOMPARE(m_window->find<QLabel>("modelName")->text(), QStringLiteral("tiny"));
    QVERIFY(m_window->find<QLabel>("modelFacts")->text().contains(QStringLiteral("LlamaForCausalLM")));
    QTRY_VERIFY(
        m_window->find<QLabel>("modelExports")->text().contains(QStringLiteral("✓\u00a0GGUF\u00a0model")));
    QVERIFY(m_window->find<QLabel>("dataFacts")->text().contains(QStringLiteral("64\u00a0rows")));
    QVERIFY(m_window->find<QTextEdit>("tokenPreview")->toPlainText().contains(QStringLiteral("count")));
    QCOMPARE(spec().lora.targets, (engine::TargetMap{{"q", {}}, {"v", {}}}));
}

void TstExperimentPage::countsFollowTicksAndRank() {
    // q is 32 × 32 and v 16 × 32 in each of two layers: r · 2 · (64 + 48).
    QCOMPARE(m_window->find<QLabel>("trainableCount")->text(), QStringLiteral("1,792 trainable"));
    type("rankField", QStringLiteral("4"));
    QCOMPARE(m_window->find<QLabel>("trainableCount")->text(), QStringLiteral("896 trainable"));
    auto& grid = m_window->find<ui::MatrixGrid>("matrixGrid")->model();
    auto* layers = m_window->find<ui::MatrixView>("matrixLayers");
    QTest::mouseClick(layers->viewport(), Qt::LeftButton, {}, layers->visualRect(grid.index(1, 0)).center());
    QCOMPARE(spec().lora.targets, (engine::TargetMap{{"q", {1}}, {"v", {}}}));
    QCOMPARE(m_window->find<QLabel>("trainableCount")->text(), QStringLiteral("640 trainable"));
    QTest::mouseClick(m_window->find<QToolButton>("undoTicks"), Qt::LeftButton);
    QCOMPARE(m_window->find<QLabel>("trainableCount")->text(), QStringLiteral("896 trainable"));
}

void TstExperimentPage::fieldsWriteTheSpec() {
    type("learningRateField", QStringLiteral("0,0005"));
    QCOMPARE(spec().optimizer.learning_rate, 5e-4);
    type("alphaField", QStringLiteral("32"));
    QCOMPARE(m_window->find<QLabel>("scaling")->text(), QStringLiteral("scaling α/r = 4"));
    type("warmupField", QStringLiteral("10"));
    QCOMPARE(spec().optimizer.warmup, 0.1);
    auto* schedule = m_window->find<QComboBox>("scheduleCombo");
    schedule->setFocus();
    QTest::keyClick(schedule, Qt::Key_Home);
    QCOMPARE(spec().optimizer.schedule, engine::Schedule::constant);
    auto* method = m_window->find<QComboBox>("methodCombo");
    method->setFocus();
    QTest::keyClick(method, Qt::Key_End);
    QVERIFY(spec().lora.use_rslora && spec().lora.use_dora);  // the last entry has both
    auto* prompt = m_window->find<QLineEdit>("templateField");
    prompt->setFocus();
    prompt->selectAll();
    QTest::keyClicks(prompt, QStringLiteral("Q: {prompt}\\nA: "));
    QCOMPARE(spec().data.prompt_template, std::string("Q: {prompt}\nA: "));
    // 64 rows at 8 a step, for 5 epochs
    auto* unit = m_window->find<QComboBox>("amountUnit");
    unit->setFocus();
    QTest::keyClick(unit, Qt::Key_Home);
    type("amountField", QStringLiteral("5"));
    QCOMPARE(spec().steps, int64_t(0));
    QCOMPARE(spec().epochs, int64_t(5));
    QTRY_VERIFY(m_window->find<QLabel>("stepCount")->text().contains(QStringLiteral("40")));
}

void TstExperimentPage::sliderAndFieldShowOneRank() {
    auto* slider = m_window->find<QSlider>("rankSlider");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_End);
    QCOMPARE(spec().lora.rank, int64_t(16));  // the smaller side of v
    QCOMPARE(m_window->find<NumberField>("rankField")->value(), 16.0);
    type("rankField", QStringLiteral("1"));
    QCOMPARE(slider->value(), 0);
}

void TstExperimentPage::biasesAndWholeModulesAreCountedLive() {
    drop(QStringLiteral(LWB_SOURCE_DIR "/tests/data/micro-gpt2"));  // a family with biases
    QTRY_COMPARE(m_window->find<QLabel>("modelName")->text(), QStringLiteral("micro-gpt2"));
    QTRY_VERIFY(page().presenter().plan());
    const auto plan = [this] { return *page().presenter().plan(); };
    const auto before = plan();
    auto* biases = m_window->find<QComboBox>("biasCombo");
    QVERIFY(!biases->isVisible());  // folded until somebody wants it
    auto* more = m_window->find<QToolButton>("moreFields");
    m_window->find<QScrollArea>("experimentScroll")->ensureWidgetVisible(more);
    QTest::mouseClick(more, Qt::LeftButton);
    QVERIFY(biases->isVisible());

    biases->setFocus();
    QTest::keyClick(biases, Qt::Key_Down);
    QCOMPARE(spec().lora.bias, engine::TrainBias::lora_only);
    const auto adapted = plan();
    QTest::keyClick(biases, Qt::Key_Down);
    QCOMPARE(spec().lora.bias, engine::TrainBias::all);
    const auto all = plan();
    QVERIFY(before.bias_params == 0 && adapted.bias_params > 0 && all.bias_params > adapted.bias_params);
    QCOMPARE(all.trainable_params, before.trainable_params + all.bias_params);
    QVERIFY(all.memory.total > before.memory.total);
    const auto shown = [this] { return m_window->find<QLabel>("trainableCount")->text(); };
    QCOMPARE(shown(), ui::units::count(all.trainable_params) + QStringLiteral(" trainable"));
    QVERIFY(m_window->find<QLabel>("biasHint")->text().contains(ui::units::count(all.bias_params)));

    auto* modules = m_window->find<QLineEdit>("modulesField");
    modules->setFocus();
    QTest::keyClicks(modules, QStringLiteral("nonsense"));
    QVERIFY(!startButton()->isEnabled());
    QVERIFY2(startButton()->toolTip().contains(QStringLiteral("nonsense")),
             qPrintable(startButton()->toolTip()));
    QVERIFY(m_window->find<QLabel>("modulesHint")->text().contains(QStringLiteral("wte")));  // what there is
    modules->selectAll();
    QTest::keyClicks(modules, QStringLiteral("wpe, ln_f"));
    QCOMPARE(spec().lora.modules_to_save, (std::vector<std::string>{"wpe", "ln_f"}));
    QVERIFY(plan().saved_params > 0);
    QVERIFY(m_window->find<QLabel>("modulesHint")->text().contains(ui::units::count(plan().saved_params)));

    // The same from the list of what the model has.
    auto* menu = m_window->find<QPushButton>("chooseModules")->menu();
    Q_EMIT menu->aboutToShow();
    QStringList names;
    for (QAction* action : menu->actions()) names << action->text().section(QLatin1Char('\t'), 0, 0);
    QCOMPARE(names, (QStringList{QStringLiteral("wte"), QStringLiteral("wpe"), QStringLiteral("ln_f"),
                                 QStringLiteral("lm_head")}));
    QVERIFY(menu->actions()[1]->isChecked());
    menu->actions()[2]->trigger();
    QCOMPARE(modules->text(), QStringLiteral("wpe"));
    QCOMPARE(spec().lora.modules_to_save, std::vector<std::string>{"wpe"});

    // What was started is what the form said. The rows of the first experiment are longer than this model's
    // context.
    QVERIFY(!startButton()->isEnabled());
    QVERIFY2(startButton()->toolTip().contains(QStringLiteral("128 tokens")),
             qPrintable(startButton()->toolTip()));
    type("lengthField", QStringLiteral("96"));
    const auto wanted = spec();
    QTRY_VERIFY(startButton()->isEnabled());
    QTest::mouseClick(startButton(), Qt::LeftButton);
    auto& catalog = m_window->application().context().workbench.catalog();
    QTRY_VERIFY2(!page().presenter().starting() && catalog.runs().size() == 1,
                 qPrintable(page().messageBar().text()));
    QTRY_COMPARE(catalog.runs().size(), std::size_t(1));
    const auto stored = engine::spec_from_json(catalog.runs().front().spec_json).value();
    QVERIFY(stored.lora == wanted.lora);
    QCOMPARE(catalog.runs().front().trainable_params, plan().trainable_params);
}

void TstExperimentPage::moreIsOpenWhenItIsUsed() {
    auto* more = m_window->find<QToolButton>("moreFields");
    auto* biases = m_window->find<QComboBox>("biasCombo");
    auto copy = spec();
    copy.lora.bias = engine::TrainBias::all;
    copy.lora.modules_to_save = {"lm_head"};
    page().useSpec(copy);
    QVERIFY(biases->isVisible());
    QCOMPARE(biases->currentIndex(), 2);
    QCOMPARE(m_window->find<QLineEdit>("modulesField")->text(), QStringLiteral("lm_head"));
    QVERIFY(m_window->find<QLabel>("biasHint")->text().contains(QStringLiteral("none there")));  // a Llama
    // Folded, it says what it hides.
    more->click();
    QVERIFY(!biases->isVisible());
    QVERIFY2(more->text().contains(QStringLiteral("lm_head")), qPrintable(more->text()));
    m_window->close();
    m_window->open(pretendToTrain);
    QVERIFY(spec().lora == copy.lora);
    QVERIFY(m_window->find<QComboBox>("biasCombo")->isVisible());
}

void TstExperimentPage::noMatrixTickedSaysSo() {
    auto& grid = m_window->find<ui::MatrixGrid>("matrixGrid")->model();
    grid.setRange(0, 0, 0, grid.columnCount() - 1, false);
    QVERIFY(!startButton()->isEnabled());
    const QString hint = m_window->find<QLabel>("startHint")->text();
    QVERIFY2(hint.contains(QStringLiteral("No matrix is ticked")), qPrintable(hint));
    QCOMPARE(startButton()->toolTip(), hint);
}

void TstExperimentPage::badRowsAreListed() {
    const QString file = m_window->path("bad.jsonl");
    support::writeSmallData(file, 20, {3, 17});
    drop(file);
    QTRY_VERIFY(m_window->find<QLabel>("dataWarning")->text().contains(QStringLiteral("2 rows")));
    QVERIFY(!startButton()->isEnabled());
    QTest::mouseClick(m_window->find<QPushButton>("lookAtBadRows"), Qt::LeftButton);
    QTRY_VERIFY(m_window->window().findChild<QTableWidget*>(QStringLiteral("badRowsTable")));
    auto* table = m_window->find<QTableWidget>("badRowsTable");
    QCOMPARE(table->rowCount(), 2);
    QCOMPARE(table->item(0, 0)->text(), QStringLiteral("3"));
    QCOMPARE(table->item(1, 0)->text(), QStringLiteral("17"));
    QVERIFY(!table->item(1, 2)->text().isEmpty());
    // Mended on disk and read again.
    support::writeSmallData(file, 20);
    page().refresh();
    QTRY_VERIFY(startButton()->isEnabled());
}

void TstExperimentPage::dropsGoWhereTheyBelong() {
    const QString other = m_window->path("other model");
    support::writeSmallModel(other, 3);
    drop(other);
    QTRY_COMPARE(m_window->find<QLabel>("modelName")->text(), QStringLiteral("other model"));
    QTRY_COMPARE(m_window->find<ui::MatrixGrid>("matrixGrid")->model().layers(), 3);
    const QString file = m_window->path("mine.jsonl");
    support::writeSmallData(file, 12);
    drop(file);
    QTRY_VERIFY(m_window->find<QLabel>("dataFacts")->text().contains(QStringLiteral("12\u00a0rows")));
    QVERIFY(spec().data.eval_path.empty());
    drop(m_window->path("resources/samples"));  // a folder that is no model
    QTRY_VERIFY(!startButton()->isEnabled());
    QTRY_VERIFY(m_window->find<QLabel>("startHint")->text().contains(QStringLiteral("config.json")));
}

// The file to evaluate on is read as the other is: what is wrong is said before the start, and its rows count for the memory.
void TstExperimentPage::theEvaluationFileIsReadToo() {
    const auto evaluateOn = [&](const QString& file) {
        page().presenter().edit([&](auto& s) { s.data.eval_path = file.toStdString(); });
    };
    const auto memory = [&] { return page().presenter().plan() ? page().presenter().plan()->memory.total : 0; };
    const auto hint = [&] { return m_window->find<QLabel>("startHint")->text(); };
    const QString rows = m_window->path("short.jsonl"), wrong = m_window->path("wrong.jsonl");
    support::writeSmallData(rows, 12);
    QFile file(wrong);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{\"prompt\": \"a\", \"completion\": \"b\"}\n[1]\n") > 0);
    file.close();
    drop(rows);
    page().presenter().edit([](auto& s) { s.data.eval_path.clear(); });
    QTRY_VERIFY(startButton()->isEnabled());
    const auto withShortRows = memory();
    evaluateOn(wrong);
    QTRY_VERIFY(!startButton()->isEnabled());
    QTRY_VERIFY2(hint().contains(QStringLiteral("evaluation file has 1")), qPrintable(hint()));
    evaluateOn(m_window->path("nowhere.jsonl"));
    QTRY_VERIFY2(hint().contains(QStringLiteral("nowhere.jsonl")), qPrintable(hint()));
    QVERIFY(memory() > withShortRows);  // as long as the rows are not known, as long as they may be
    evaluateOn(rows);
    QTRY_VERIFY(startButton()->isEnabled());
    QCOMPARE(memory(), withShortRows);
}

void TstExperimentPage::aRankTooLargeIsNamed() {
    page().presenter().edit([](auto& s) { s.lora.rank = 17; });
    QVERIFY(!startButton()->isEnabled());
    const QString hint = m_window->find<QLabel>("startHint")->text();
    QVERIFY2(hint.contains(QStringLiteral("17")) && hint.contains(QStringLiteral("16")), qPrintable(hint));
}

void TstExperimentPage::ranksAreQueuedWithTheScalingKept() {
    auto* ranks = m_window->find<QLineEdit>("ranksField");
    auto* study = m_window->find<QPushButton>("startRanks");
    ranks->setFocus();
    ranks->selectAll();
    QTest::keyClicks(ranks, QStringLiteral("1, x"));
    QVERIFY(!study->isEnabled());
    QVERIFY(study->toolTip().contains(QStringLiteral("“x”")));
    ranks->selectAll();
    QTest::keyClicks(ranks, QStringLiteral("1, 2 4"));
    QVERIFY(study->isEnabled());
    QTest::mouseClick(study, Qt::LeftButton);
    auto& catalog = m_window->application().context().workbench.catalog();
    QTRY_COMPARE(catalog.runs().size(), std::size_t(3));
    QList<double> alphas;
    for (const auto& run : catalog.runs()) {
        QCOMPARE(run.alpha / double(run.rank), 2.0);
        alphas << run.alpha;
    }
    QVERIFY(alphas.contains(2.0) && alphas.contains(8.0));
}

void TstExperimentPage::refusalsKeepTheForm() {
    // The file goes after it was looked at: only the check at the start can see that.
    const QString file = m_window->path("gone.jsonl");
    support::writeSmallData(file, 12);
    drop(file);
    QTRY_VERIFY(m_window->find<QLabel>("dataFacts")->text().contains(QStringLiteral("12\u00a0rows")));
    QTRY_VERIFY(startButton()->isEnabled());
    type("rankField", QStringLiteral("3"));
    const auto before = spec();
    QFile::remove(file);
    QTest::mouseClick(startButton(), Qt::LeftButton);
    QTRY_VERIFY(page().messageBar().isVisible());
    QVERIFY(page().messageBar().text().contains(QStringLiteral("gone.jsonl")));
    QVERIFY(spec() == before);
}

void TstExperimentPage::presetKeepsModelAndData() {
    const auto before = spec();
    QMenu* menu = m_window->find<QPushButton>("presets")->menu();
    for (QAction* action : menu->actions())
        if (action->text().contains(QStringLiteral("GPT-2"))) action->trigger();
    QCOMPARE(spec().lora.rank, int64_t(4));
    QCOMPARE(spec().lora.alpha, 32.0);
    QCOMPARE(spec().lora.dropout, 0.1);
    QCOMPARE(m_window->find<NumberField>("dropoutField")->value(), 0.1);
    QCOMPARE(spec().model, before.model);
    QCOMPARE(spec().data.train_path, before.data.train_path);
}

void TstExperimentPage::tooMuchMemoryOffersRemedies() {
    QTRY_VERIFY(page().presenter().plan() && page().presenter().plan()->memory.available > 0);
    QFile file(m_window->path("long.jsonl"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (int row = 0; row < 4; ++row) file.write("{\"text\": \"" + QByteArray(20000, 'x') + "\"}\n");
    file.close();
    drop(file.fileName());
    type("batchField", QStringLiteral("65536"));
    type("lengthField", QStringLiteral("65536"));
    auto* forecast = m_window->find<QLabel>("memoryForecast");
    QTRY_VERIFY2(forecast->text().contains(QStringLiteral("more than")), qPrintable(forecast->text()));
    const qint64 need = page().presenter().plan()->memory.total;
    QTest::mouseClick(m_window->find<QPushButton>("remedy0"), Qt::LeftButton);
    QCOMPARE(spec().batch_size, int64_t(32768));
    QCOMPARE(spec().grad_accum, int64_t(2));
    QVERIFY(page().presenter().plan()->memory.total < need);
    QCOMPARE(m_window->find<NumberField>("accumulateField")->value(), 2.0);
}

void TstExperimentPage::theTimeIsMeasuredOnDemand() {
    auto* time = m_window->find<QLabel>("timeForecast");
    auto* measure = m_window->find<QPushButton>("measureTime");
    QVERIFY2(time->text().contains(QStringLiteral("a measurement")), qPrintable(time->text()));
    QVERIFY(measure->isEnabled());
    QTest::mouseClick(measure, Qt::LeftButton);
    QVERIFY(!measure->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(measure->isEnabled(), 60000);
    QVERIFY2(time->text().startsWith(QStringLiteral("Time about")), qPrintable(time->text()));
    QVERIFY2(time->toolTip().contains(QStringLiteral("a step")), qPrintable(time->toolTip()));
    const double before = page().presenter().expectedSeconds();
    QVERIFY(before > 0);
    auto longer = spec();
    longer.steps = 100 * page().presenter().totalSteps();
    page().presenter().replace(longer);  // a hundred times the steps, the same step
    QVERIFY(page().presenter().expectedSeconds() > 5 * before);
    type("batchField", QStringLiteral("3"));  // another step
    QVERIFY2(time->text().contains(QStringLiteral("a measurement")), qPrintable(time->text()));
}

void TstExperimentPage::anOpenPrecisionSaysWhatItDoes() {
    auto* hint = m_window->find<QLabel>("precisionHint");
    QVERIFY(hint->isHidden());
    auto* precision = m_window->find<QComboBox>("precisionCombo");
    precision->setFocus();
    QTest::keyClick(precision, Qt::Key_End);
    QCOMPARE(spec().precision, engine::Precision::automatic);
    QVERIFY(!hint->isHidden() && hint->text().contains(QStringLiteral("bf16")));
    QVERIFY(startButton()->isEnabled());
    QTest::keyClick(precision, Qt::Key_Home);
    QCOMPARE(spec().precision, engine::Precision::f32);
    QVERIFY(hint->isHidden());
}

void TstExperimentPage::everythingIsThereAfterARestart() {
    type("rankField", QStringLiteral("5"));
    type("seedField", QStringLiteral("77"));
    m_window->find<ui::MatrixGrid>("matrixGrid")->model().setRange(1, 1, 1, 1, true);
    const auto before = spec();
    m_window->close();
    m_window->open(pretendToTrain);
    QVERIFY(spec() == before);
    QCOMPARE(m_window->find<NumberField>("rankField")->value(), 5.0);
    QTRY_COMPARE(m_window->find<ui::MatrixGrid>("matrixGrid")->model().targets(), before.lora.targets);
}

void TstExperimentPage::columnsFollowTheWidth() {
    // The widest form: counted in epochs, held-out rows in percent; and more layers than fit.
    const QString tall = m_window->path("tall");
    support::writeSmallModel(tall, 96);
    drop(tall);
    QTRY_COMPARE(m_window->find<ui::MatrixGrid>("matrixGrid")->model().layers(), 96);
    auto wide = spec();
    wide.steps = 0;
    wide.data.eval_path.clear();
    page().useSpec(wide);
    auto* scroll = m_window->find<QScrollArea>("experimentScroll");
    const auto left = [&](const char* card) {
        return m_window->find<QWidget>(card)->mapTo(scroll->widget(), QPoint()).x();
    };
    for (const auto& [width, columns] : {std::pair(1024, 2), std::pair(1280, 3), std::pair(1920, 3)}) {
        m_window->window().resize(width, 800);
        QCoreApplication::processEvents();
        QSet<int> places;
        for (const char* card : {"modelCard", "dataCard", "matrixCard", "trainingForm", "planCard"})
            places << left(card);
        QCOMPARE(places.size(), columns);
        // Nothing is wider than what is seen.
        QStringList widths;
        for (const char* card : {"modelCard", "dataCard", "matrixCard", "trainingForm", "planCard"})
            widths << QStringLiteral("%1 %2")
                          .arg(QLatin1String(card))
                          .arg(m_window->find<QWidget>(card)->minimumSizeHint().width());
        QVERIFY2(scroll->widget()->width() <= scroll->viewport()->width(),
                 qPrintable(widths.join(QStringLiteral(", "))));
    }
}

QTEST_MAIN(TstExperimentPage)
#include "tst_experiment_page.moc"
