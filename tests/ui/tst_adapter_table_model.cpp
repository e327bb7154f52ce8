#include "ui/models/adapter_table_model.h"
#include "ui/models/differences_model.h"
#include "ui/models/exports_model.h"
#include "ui/models/run_table_model.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

using ui::AdapterTableModel;
using ui::DifferencesModel;
using ui::RunTableModel;

class TstAdapterTableModel : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void writesNumbersForPeople();
    void unknownLossesStandAtTheEndInEitherOrder();
    void sortingKeepsTheSelection();
    void aChangedAdapterChangesCellsOnly();
    void tenThousandRowsSortWithoutLag();
    void queueComesBeforeHistory();
    void liveStepsAreNotSetBackByTheCatalog();
    void onlyDifferencesLeavesOutWhatAgrees();
    void fieldsThatOneSubjectLacksShowAsDash();
    void exportsAreListed();
};

namespace {

catalog::AdapterRecord adapter(const std::string& id, const std::string& name, std::int64_t rank,
                               std::optional<double> loss) {
    catalog::AdapterRecord a;
    a.id = id;
    a.name = name;
    a.rank = rank;
    a.eval_loss = loss;
    a.trainable_params = rank * 3072;
    a.size_bytes = rank * 12'288;
    a.created_at = 1'700'000'000 + double(rank);
    return a;
}

catalog::RunRecord run(const std::string& id, catalog::RunState state, double created) {
    catalog::RunRecord r;
    r.id = id;
    r.name = "run " + id;
    r.state = state;
    r.created_at = created;
    r.total_steps = 100;
    return r;
}

QStringList column(const QAbstractItemModel& model, int column, int role = Qt::DisplayRole) {
    QStringList texts;
    for (int row = 0; row < model.rowCount(); ++row) texts << model.index(row, column).data(role).toString();
    return texts;
}

}  // namespace

void TstAdapterTableModel::writesNumbersForPeople() {
    AdapterTableModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setAdapters({adapter("a-1", "first", 8, 1.25)});
    QCOMPARE(model.rowCount(), 1);
    const auto text = [&](int c) { return model.index(0, c).data().toString(); };
    QCOMPARE(text(AdapterTableModel::Name), QStringLiteral("first"));
    QCOMPARE(text(AdapterTableModel::Rank), QStringLiteral("8"));
    QVERIFY(text(AdapterTableModel::EvalLoss).startsWith(QLatin1String("1.25")));
    QCOMPARE(text(AdapterTableModel::TrainLoss), QStringLiteral("–"));
    QCOMPARE(model.index(0, AdapterTableModel::Params).data(Qt::TextAlignmentRole).toInt() & Qt::AlignRight,
             int(Qt::AlignRight));
    QCOMPARE(model.rowOf(QStringLiteral("a-1")), 0);
    QCOMPARE(model.rowOf(QStringLiteral("a-2")), -1);
}

void TstAdapterTableModel::unknownLossesStandAtTheEndInEitherOrder() {
    AdapterTableModel model;
    model.setAdapters({adapter("a", "a", 1, {}), adapter("b", "b", 2, 2.0), adapter("c", "c", 3, 1.0)});
    model.sort(AdapterTableModel::EvalLoss, Qt::AscendingOrder);
    QCOMPARE(column(model, AdapterTableModel::Name), (QStringList{"c", "b", "a"}));
    model.sort(AdapterTableModel::EvalLoss, Qt::DescendingOrder);
    QCOMPARE(column(model, AdapterTableModel::Name), (QStringList{"b", "c", "a"}));
}

void TstAdapterTableModel::sortingKeepsTheSelection() {
    AdapterTableModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setAdapters({adapter("a", "a", 1, 3.0), adapter("b", "b", 2, 2.0), adapter("c", "c", 3, 1.0)});
    const QPersistentModelIndex chosen =
        model.index(model.rowOf(QStringLiteral("b")), AdapterTableModel::Name);
    model.sort(AdapterTableModel::Rank, Qt::AscendingOrder);
    QCOMPARE(chosen.data().toString(), QStringLiteral("b"));
    model.sort(AdapterTableModel::Name, Qt::DescendingOrder);
    QCOMPARE(chosen.data().toString(), QStringLiteral("b"));
    QCOMPARE(chosen.row(), 1);
}

void TstAdapterTableModel::aChangedAdapterChangesCellsOnly() {
    AdapterTableModel model;
    auto a = adapter("a", "a", 1, 3.0), b = adapter("b", "b", 2, 2.0);
    model.setAdapters({a, b});
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setAdapters({a, b});
    QCOMPARE(changed.count(), 0);
    b.tags = {"good"};
    model.setAdapters({a, b});
    QCOMPARE(changed.count(), 1);
    QCOMPARE(reset.count(), 0);
    QCOMPARE(model.index(model.rowOf(QStringLiteral("b")), AdapterTableModel::Tags).data().toString(),
             QStringLiteral("good"));
    model.setAdapters({a});
    QCOMPARE(reset.count(), 1);
}

void TstAdapterTableModel::tenThousandRowsSortWithoutLag() {
    std::vector<catalog::AdapterRecord> many;
    for (int i = 0; i < 10'000; ++i)
        many.push_back(adapter("a-" + std::to_string(i), "adapter " + std::to_string(i * 7919 % 10'000),
                               i % 64 + 1, 1.0 + i % 977 * 0.001));
    AdapterTableModel model;
    QElapsedTimer timer;
    timer.start();
    model.setAdapters(std::move(many));
    const qint64 filled = timer.restart();
    model.sort(AdapterTableModel::Name, Qt::AscendingOrder);
    const qint64 byName = timer.restart();
    model.sort(AdapterTableModel::EvalLoss, Qt::AscendingOrder);
    qInfo("10,000 adapters: filled in %lld ms, sorted by name in %lld ms, by loss in %lld ms", filled, byName,
          timer.elapsed());
    QVERIFY(byName < 1000);
    QCOMPARE(model.rowCount(), 10'000);
}

void TstAdapterTableModel::queueComesBeforeHistory() {
    using catalog::RunState;
    RunTableModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setRuns(
        {run("old", RunState::finished, 1), run("new", RunState::finished, 4), run("w1", RunState::queued, 3),
         run("w2", RunState::queued, 2), run("beside", RunState::running, 5), run("now", RunState::running, 0)},
        {QStringLiteral("now"), QStringLiteral("beside")}, {QStringLiteral("w2"), QStringLiteral("w1")});
    QCOMPARE(column(model, 0, RunTableModel::IdRole), (QStringList{"now", "beside", "w2", "w1", "new", "old"}));
    QCOMPARE(model.queuePosition(QStringLiteral("w1")), 1);
    QCOMPARE(model.queuePosition(QStringLiteral("new")), -1);
    QVERIFY(model.index(2, 0).data(RunTableModel::SummaryRole).toString().contains(QLatin1Char('1')));
}

void TstAdapterTableModel::liveStepsAreNotSetBackByTheCatalog() {
    using catalog::RunState;
    RunTableModel model;
    auto record = run("now", RunState::running, 0);
    record.global_step = 10;
    model.setRuns({record}, {QStringLiteral("now")}, {});
    engine::StepMetrics step;
    step.global_step = 50;
    step.loss_smooth = 1.5;
    model.setStep(QStringLiteral("now"), step);
    model.setRuns({record}, {QStringLiteral("now")}, {});
    QCOMPARE(model.record(QStringLiteral("now"))->global_step, std::int64_t{50});
    record.state = RunState::finished;
    record.global_step = 100;
    model.setRuns({record}, {}, {});
    QCOMPARE(model.index(0, RunTableModel::Steps).data().toString(), QStringLiteral("100/100"));
}

void TstAdapterTableModel::onlyDifferencesLeavesOutWhatAgrees() {
    engine::ExperimentSpec one, two;
    one.lora.rank = 4;
    two.lora.rank = 8;
    one.seed = two.seed = 7;
    DifferencesModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setSubjects({{QStringLiteral("one"), {}, ui::specFields(one), {}},
                       {QStringLiteral("two"), {}, ui::specFields(two), {}}});
    const QStringList all = column(model, 0);
    QVERIFY(all.contains(QStringLiteral("Seed")));
    model.setOnlyDifferences(true);
    QCOMPARE(column(model, 0), (QStringList{QStringLiteral("Rank r"), QStringLiteral("Scaling α/r")}));
    QCOMPARE(column(model, 1).front(), QStringLiteral("4"));
    QCOMPARE(column(model, 2).front(), QStringLiteral("8"));
    QCOMPARE(model.hiddenRows(), int(all.size()) - 2);
    QVERIFY(model.asText().startsWith(QLatin1String("Field\tone\ttwo\n")));
}

void TstAdapterTableModel::fieldsThatOneSubjectLacksShowAsDash() {
    engine::ExperimentSpec lora, full;
    full.method = engine::Method::full;
    DifferencesModel model;
    model.setOnlyDifferences(true);
    model.setSubjects({{QStringLiteral("lora"), {}, ui::specFields(lora), {}},
                       {QStringLiteral("full"), {}, ui::specFields(full), {}}});
    const int row = int(column(model, 0).indexOf(QStringLiteral("Rank r")));
    QVERIFY(row >= 0);
    QCOMPARE(model.index(row, 2).data().toString(), QStringLiteral("–"));
}

void TstAdapterTableModel::exportsAreListed() {
    ui::ExportsModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    catalog::ExportRecord record;
    record.id = "x-1";
    record.format = "hf";
    record.passed = true;
    record.size_bytes = 1000;
    model.setExports({record});
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.index(0, ui::ExportsModel::VerdictColumn).data().toString(), QStringLiteral("passed"));
}

QTEST_MAIN(TstAdapterTableModel)
#include "tst_adapter_table_model.moc"
