// A classifier trained for real in the real window: its figures on the pages Runs, Catalog, Compare and Export.
#include "engine/runtime.h"
#include "support/small_classifier.h"
#include "ui/models/adapter_table_model.h"
#include "ui/navigator.h"
#include "ui/pages/experiment_page.h"
#include "ui/presenters/experiment_presenter.h"
#include "ui/theme/theme.h"
#include "ui/widgets/charts/line_chart.h"
#include "ui/widgets/run_charts.h"
#include "window_fixture.h"

#include <QAbstractButton>
#include <QLabel>
#include <QPushButton>
#include <QTableView>

class TstClassifierRun : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void figuresOfAClassifierAreSeenEverywhere();
    void chartsFollowTheTaskOfTheRun();

  private:
    void press(const char* button) {
        auto* widget = m_window->window().currentPage().findChild<QAbstractButton*>(QLatin1String(button));
        if (!widget) widget = m_window->find<QAbstractButton>(button);
        QTRY_VERIFY2(widget->isVisible() && widget->isEnabled(), button);
        QTest::mouseClick(widget, Qt::LeftButton);
    }
    QString shown(const char* label) { return m_window->find<QLabel>(label)->text(); }

    std::unique_ptr<WindowFixture> m_window;
};

void TstClassifierRun::figuresOfAClassifierAreSeenEverywhere() {
    m_window = std::make_unique<WindowFixture>();
    support::writeSmallEncoder(m_window->path("bert"));
    support::writeLabelledRows(m_window->path("rows.jsonl"), 180);
    m_window->open();
    auto& presenter = m_window->find<ui::ExperimentPage>("experimentPage")->presenter();
    auto spec = presenter.spec();
    spec.name = "mood";
    spec.model = m_window->path("bert").toStdString();
    spec.data.train_path = m_window->path("rows.jsonl").toStdString();
    spec.data.eval_path.clear();
    spec.data.held_out = 0.2;
    spec.data.seq_len = 16;
    spec.optimizer.learning_rate = 1e-2;
    spec.steps = 40;
    spec.eval_interval = 10;
    spec.batch_size = 16;
    presenter.replace(spec);
    QTRY_VERIFY2_WITH_TIMEOUT(m_window->find<QPushButton>("startButton")->isEnabled(),
                              qPrintable(shown("startHint")), 20'000);
    press("startButton");
    auto& catalog = m_window->application().context().workbench.catalog();
    const auto finished = [&] {
        return !catalog.runs().empty() && catalog.runs().front().state == catalog::RunState::finished;
    };
    QTRY_VERIFY_WITH_TIMEOUT(finished(), 60'000);
    const auto run = catalog.runs().front();
    QCOMPARE(run.eval_metrics.size(), std::size_t(3));
    QCOMPARE(run.eval_metrics.front().name, std::string("accuracy"));
    QVERIFY(run.best_eval_metrics.size() == 3);
    QVERIFY2(run.eval_metrics.front().value > 0.8, catalog::to_text(run.eval_metrics).c_str());

    // Runs: curves of the three figures beside the losses, the main one in large.
    press("nav_runs");
    auto* losses = m_window->find<ui::LineChart>("lossChart");
    QTRY_COMPARE(losses->seriesCount(), 5);
    QTRY_COMPARE(losses->points(2).size(), std::size_t(5));  // before training, and every tenth step
    QTRY_VERIFY(m_window->find<QLabel>("runScore")->isVisible());
    QCOMPARE(shown("runScore"), QString::number(run.eval_metrics.front().value, 'f', 4));
    QVERIFY(losses->csv().contains(QStringLiteral("Matthews")));

    // Catalog: a column that can be sorted and asked for.
    press("nav_catalog");
    auto* table = m_window->find<QTableView>("adapterTable");
    QTRY_VERIFY(table->model()->rowCount() >= 1);
    const auto score = table->model()->index(0, ui::AdapterTableModel::Score).data().toString();
    QVERIFY2(score.startsWith(QStringLiteral("accuracy ")), qPrintable(score));
    const auto params = table->model()->index(0, ui::AdapterTableModel::Params).data().toString();
    QVERIFY2(params.contains(QStringLiteral(" + ")), qPrintable(params));  // the head apart
    QVERIFY(!table->isColumnHidden(ui::AdapterTableModel::Score));
    catalog::AdapterFilter filter;
    filter.text = "score>0.5";
    QVERIFY(!catalog.adapters(filter).empty());
    filter.text = "score<0.5";
    QVERIFY(catalog.adapters(filter).empty());

    // Compare: the figures among the results, their curve beside the losses.
    Q_EMIT m_window->application().context().navigator.compareRequested(
        {QString::fromStdString(catalog.adapters().front().id)});
    auto* curves = m_window->find<ui::LineChart>("scoreCurves");
    QTRY_COMPARE(curves->seriesCount(), 1);
    QTRY_VERIFY(!curves->isHidden());
    const auto text = [this] {
        auto* model = m_window->find<QTableView>("differencesTable")->model();
        QString all;
        for (int row = 0; row < model->rowCount(); ++row)
            all += model->index(row, 0).data().toString() + QLatin1Char('\n');
        return all;
    };
    QVERIFY2(text().contains(QStringLiteral("Evaluation: Matthews")), qPrintable(text()));

    // Export: a GGUF of the merged classifier, none of the adapter alone, and why.
    Q_EMIT m_window->application().context().navigator.exportRequested(
        QString::fromStdString(catalog.adapters().front().id));
    QTRY_VERIFY2(shown("exportAbout").contains(QStringLiteral("accuracy")), qPrintable(shown("exportAbout")));
    const auto said = [this](const char* target) {
        return m_window->find<QAbstractButton>(target)->accessibleDescription();
    };
    QTRY_VERIFY2(said("targetGgufAdapter").contains(QStringLiteral("whole modules")), qPrintable(said("targetGgufAdapter")));
    QVERIFY2(!said("targetGguf").contains(QStringLiteral("Export")), qPrintable(said("targetGguf")));
    m_window.reset();
}

void TstClassifierRun::chartsFollowTheTaskOfTheRun() {
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("window.ini")), QSettings::IniFormat);
    ui::Theme theme(settings);
    ui::RunCharts charts(theme);
    auto* losses = charts.findChild<ui::LineChart*>(QStringLiteral("lossChart"));
    QVERIFY(losses);
    QCOMPARE(losses->seriesCount(), 2);
    engine::EvalMetrics evaluation;
    evaluation.global_step = 10;
    evaluation.loss = 0.5;
    evaluation.metrics = {{"pearson", 0.8}, {"spearman", 0.75}};
    engine::StepMetrics step;
    step.global_step = 10;
    step.loss = 0.6;
    charts.append(QVector<engine::StepMetrics>{step});
    charts.append(evaluation);  // live: the points that were there stay
    QCOMPARE(losses->seriesCount(), 4);
    QCOMPARE(losses->points(0).size(), std::size_t(1));
    QCOMPARE(losses->points(2).back(), QPointF(10, 0.8));
    QCOMPARE(losses->points(3).back(), QPointF(10, 0.75));
    ui::RunHistory history;  // of a language model
    history.series["loss"] = {{1, 4.0}, {2, 3.0}};
    history.series["eval_loss"] = {{2, 3.5}};
    charts.setHistory(history);
    QCOMPARE(losses->seriesCount(), 2);
    QCOMPARE(losses->points(0).size(), std::size_t(2));
    QVERIFY(!losses->csv().contains(QStringLiteral("Pearson")));
}

int main(int argc, char** argv) {
    engine::initialize_runtime();
    QApplication app(argc, argv);
    QTEST_SET_MAIN_SOURCE_PATH
    TstClassifierRun test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_classifier_run.moc"
