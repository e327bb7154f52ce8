// Setting up a classifier: the task control, what the data card shows of labelled rows, the head beside the adapter.
#include "support/small_classifier.h"
#include "ui/format/units.h"
#include "ui/pages/experiment_page.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/widgets/label_bars.h"
#include "window_fixture.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStandardItemModel>
#include <QTextEdit>

using engine::Task;

class TstClassifierSetup : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init() {
        m_window = std::make_unique<WindowFixture>();
        m_window->open(pretendToTrain);
        QTRY_VERIFY(start()->isEnabled());
        support::writeSmallEncoder(m_window->path("bert"));
        support::writeLabelledRows(m_window->path("rows.jsonl"), 90);
    }
    void cleanup() { m_window.reset(); }

    void theTaskFollowsTheModel();
    void theTaskFollowsTheLabelsOfANewHead();
    void tasksThatCannotBeSayWhy();
    void aDecoderTakesLabelsWhenAsked();
    void labelledRowsAreShown();
    void theHeadStandsApart();
    void anExperimentKeepsItsTask();

  private:
    ui::ExperimentPage& page() { return *m_window->find<ui::ExperimentPage>("experimentPage"); }
    ui::ExperimentPresenter& presenter() { return page().presenter(); }
    QPushButton* start() { return m_window->find<QPushButton>("startButton"); }
    QComboBox* task() { return m_window->find<QComboBox>("taskCombo"); }
    QString shown(const char* label) {  // facts are kept together by spaces that do not break
        return m_window->find<QLabel>(label)->text().replace(QChar(0xa0), QLatin1Char(0x20));
    }
    bool offered(Task which) {
        return qobject_cast<QStandardItemModel*>(task()->model())->item(static_cast<int>(which) + 1)->isEnabled();
    }
    void choose(int index) {
        task()->setFocus();
        QTest::keyClick(task(), Qt::Key_Home);
        for (int i = 0; i < index; ++i) QTest::keyClick(task(), Qt::Key_Down);
    }
    void useEncoder(const char* rows = "rows.jsonl") {
        presenter().chooseData(m_window->path(rows));
        presenter().chooseModel(m_window->path("bert"));
        presenter().edit([](auto& spec) { spec.data.seq_len = 16; });
        QTRY_VERIFY2(start()->isEnabled(), qPrintable(shown("startHint")));
        QTRY_VERIFY(presenter().data() && !presenter().dataPending() && presenter().data()->tokenized);
    }

    std::unique_ptr<WindowFixture> m_window;
};

void TstClassifierSetup::theTaskFollowsTheModel() {
    QCOMPARE(task()->currentIndex(), 0);
    QCOMPARE(task()->currentText(), QStringLiteral("From the model: language model"));
    QVERIFY(m_window->find<QLineEdit>("templateField")->isVisible());
    useEncoder();
    QCOMPARE(presenter().spec().task, Task::classification);
    QCOMPARE(task()->currentText(), QStringLiteral("From the model: classification"));
    QVERIFY(!m_window->find<QLineEdit>("templateField")->isVisible());
    QVERIFY(shown("previewLegend").contains(QStringLiteral("template")));
    presenter().resetToFirstExperiment();
    QTRY_VERIFY(start()->isEnabled());
    QCOMPARE(presenter().spec().task, Task::causal_lm);
    QVERIFY(m_window->find<QLineEdit>("templateField")->isVisible());
}

void TstClassifierSetup::theTaskFollowsTheLabelsOfANewHead() {
    support::writeLabelledRows(m_window->path("numbers.jsonl"), 40, "4.5", "0.25", true);
    support::writeLabelledRows(m_window->path("lists.jsonl"), 40, "[\"good\", \"any\"]", "[\"any\"]");
    useEncoder("numbers.jsonl");
    QTRY_COMPARE(presenter().spec().task, Task::regression);
    QTRY_VERIFY2(shown("dataFacts").contains(QStringLiteral("0.25")), qPrintable(shown("dataFacts")));
    QVERIFY(!m_window->find<ui::LabelBars>("labelBars")->isVisible());
    presenter().chooseData(m_window->path("lists.jsonl"));
    QTRY_COMPARE(presenter().spec().task, Task::multi_label);
    QTRY_VERIFY(m_window->find<ui::LabelBars>("labelBars")->isVisible());
    presenter().chooseData(m_window->path("rows.jsonl"));
    QTRY_COMPARE(presenter().spec().task, Task::classification);
    QTRY_VERIFY2(start()->isEnabled(), qPrintable(shown("startHint")));
}

void TstClassifierSetup::tasksThatCannotBeSayWhy() {
    useEncoder();
    QVERIFY(!offered(Task::causal_lm) && offered(Task::classification) && !offered(Task::multi_label));
    const auto why = [this](Task which) {
        return task()->itemData(static_cast<int>(which) + 1, Qt::ToolTipRole).toString();
    };
    QVERIFY(why(Task::causal_lm).contains(QStringLiteral("next token")));
    QVERIFY(why(Task::multi_label).contains(QStringLiteral("no lists")));
    // A head with labels of its own gives no single number.
    support::writeSmallEncoder(m_window->path("named"), {QStringLiteral("bad"), QStringLiteral("good")});
    presenter().chooseModel(m_window->path("named"));
    QTRY_COMPARE(shown("modelName"), QStringLiteral("named"));
    QTRY_VERIFY(!offered(Task::regression));
    QVERIFY(why(Task::regression).contains(QStringLiteral("2")));
    QVERIFY2(shown("modelChecks").contains(QStringLiteral("bad, good")), qPrintable(shown("modelChecks")));
}

void TstClassifierSetup::aDecoderTakesLabelsWhenAsked() {
    presenter().chooseData(m_window->path("rows.jsonl"));
    QTRY_VERIFY2(shown("taskNote").contains(QStringLiteral("Classification")), qPrintable(shown("taskNote")));
    QCOMPARE(presenter().spec().task, Task::causal_lm);
    choose(2);
    QCOMPARE(presenter().spec().task, Task::classification);
    QTRY_VERIFY2(start()->isEnabled(), qPrintable(shown("startHint")));
    // score is two labels by a width of 32, and no GGUF is promised any more.
    QTRY_COMPARE(shown("trainableCount"), QStringLiteral("1,792 trainable, and 64 in the head"));
    QTRY_VERIFY2(shown("modelExports").contains(QStringLiteral("✗")), qPrintable(shown("modelExports")));
    choose(0);
    QCOMPARE(presenter().spec().task, Task::causal_lm);
    QTRY_COMPARE(shown("trainableCount"), QStringLiteral("1,792 trainable"));
}

void TstClassifierSetup::labelledRowsAreShown() {
    useEncoder();
    const auto& report = *presenter().data();
    QCOMPARE(report.labels.size(), std::size_t(2));
    QCOMPARE(report.labels[0].name, std::string("bad"));
    QCOMPARE(report.labels[0].rows, int64_t(30));
    QCOMPARE(report.labels[1].rows, int64_t(60));
    QVERIFY(m_window->find<ui::LabelBars>("labelBars")->isVisible());
    QVERIFY(m_window->find<ui::LabelBars>("labelBars")->accessibleName().contains(QStringLiteral("good: 60")));
    QVERIFY2(shown("dataFacts").contains(QStringLiteral("2 labels")), qPrintable(shown("dataFacts")));
    QVERIFY(!report.length_histogram.empty());
    const QString preview = m_window->find<QTextEdit>("tokenPreview")->toPlainText();
    QVERIFY2(preview.contains(QStringLiteral("→ good")) && preview.contains(QStringLiteral("[SEP]")),
             qPrintable(preview));
    // A length that leaves no room cuts the texts, not what stands around them.
    presenter().edit([](auto& spec) { spec.data.seq_len = 5; });
    QTRY_VERIFY2(m_window->find<QTextEdit>("tokenPreview")->toPlainText().contains(QStringLiteral("1 token cut")),
                 qPrintable(m_window->find<QTextEdit>("tokenPreview")->toPlainText()));
    QVERIFY(shown("dataWarning").contains(QStringLiteral("90")));
}

void TstClassifierSetup::theHeadStandsApart() {
    support::writeLabelledRows(m_window->path("three.jsonl"), 40, "0", "2");
    useEncoder("three.jsonl");
    // q and v, 32 × 32, in two layers at rank 8: 2 · 2 · 8 · 64. The head: a pooler that starts anew with 32 · 33
    // values, and three labels of 33.
    QTRY_COMPARE(shown("trainableCount"), QStringLiteral("2,048 trainable, and 1,155 in the head"));
    QVERIFY(!shown("trainableShare").contains(QStringLiteral("saved modules")));
    QVERIFY(shown("taskNote").contains(QStringLiteral("head")));
    QVERIFY(shown("modelChecks").contains(QStringLiteral("made anew")));
    auto& catalog = m_window->application().context().workbench.catalog();
    QTest::mouseClick(start(), Qt::LeftButton);
    QTRY_COMPARE(catalog.runs().size(), std::size_t(1));
    QVERIFY(engine::spec_from_json(catalog.runs().front().spec_json)->task == Task::classification);
}

void TstClassifierSetup::anExperimentKeepsItsTask() {
    auto copy = presenter().spec();
    copy.task = Task::classification;
    copy.data.train_path = m_window->path("rows.jsonl").toStdString();
    copy.data.eval_path.clear();
    page().useSpec(copy);  // of a decoder, whose own task is another
    QTRY_COMPARE(task()->currentText(), QStringLiteral("Classification"));
    QTRY_VERIFY(start()->isEnabled());
    m_window->close();
    m_window->open(pretendToTrain);
    QTRY_VERIFY2(start()->isEnabled(), qPrintable(shown("startHint")));
    QCOMPARE(task()->currentText(), QStringLiteral("Classification"));
    QCOMPARE(presenter().spec().task, Task::classification);
}

QTEST_MAIN(TstClassifierSetup)
#include "tst_classifier_setup.moc"
