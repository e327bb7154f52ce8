#include "ui/theme/theme.h"
#include "ui/widgets/matrix_grid.h"

#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using ui::MatrixGrid;
using ui::MatrixModel;
using ui::MatrixView;

namespace {

// q k v o with k and v half as wide; the last layer has no o.
engine::ModelInfo modelOf(int layers) {
    engine::ModelInfo model;
    model.layers = layers;
    model.kinds = {"q", "k", "v", "o"};
    for (int layer = 0; layer < layers; ++layer)
        for (const auto& kind : model.kinds) {
            if (kind == "o" && layer == layers - 1) continue;
            const int64_t out = kind == "k" || kind == "v" ? 32 : 64;
            model.matrices.push_back(
                {"layers." + std::to_string(layer) + "." + kind, layer, kind, 64, out, false});
        }
    return model;
}

}  // namespace

class TstMatrixGrid : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init();
    void cleanup();
    void clickTicksOneCell();
    void dragTicksARectangleAsOneUndoStep();
    void dragBackGivesUpCells();
    void shiftClickExtendsFromTheLastCell();
    void headersToggleColumnRowAndAll();
    void allRowTogglesAColumn();
    void keysMoveSelectAndTick();
    void undoAndRedoByKeys();
    void absentMatricesCannotBeTicked();
    void targetsGoBothWays();
    void tooltipTellsNameShapeAndParameters();
    void manyLayersScrollUnderAFixedAllRow();

  private:
    MatrixModel& model() { return m_grid->model(); }
    bool ticked(int layer, int column) {
        return model().stateOf(layer + 1, column, layer + 1, column) == Qt::Checked;
    }
    QPoint at(int layer, int column) const {
        return m_layers->visualRect(m_layers->model()->index(layer + 1, column)).center();
    }
    void click(int layer, int column, Qt::KeyboardModifiers keys = {}) {
        QTest::mouseClick(m_layers->viewport(), Qt::LeftButton, keys, at(layer, column));
    }

    QTemporaryDir m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ui::Theme> m_theme;
    std::unique_ptr<MatrixGrid> m_grid;
    MatrixView* m_layers = nullptr;
    MatrixView* m_all = nullptr;
};

void TstMatrixGrid::init() {
    m_settings =
        std::make_unique<QSettings>(m_folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    m_theme = std::make_unique<ui::Theme>(*m_settings);
    m_grid = std::make_unique<MatrixGrid>(*m_theme);
    m_layers = m_grid->findChild<MatrixView*>(QStringLiteral("matrixLayers"));
    m_all = m_grid->findChild<MatrixView*>(QStringLiteral("matrixAllRow"));
    m_grid->model().setModel(modelOf(6));
    m_grid->resize(320, 260);
    m_grid->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_grid.get()));
}

void TstMatrixGrid::cleanup() {
    m_grid.reset();
}

void TstMatrixGrid::clickTicksOneCell() {
    QAbstractItemModelTester tester(&model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy changed(&model(), &MatrixModel::targetsChanged);
    click(2, 1);
    QVERIFY(ticked(2, 1));
    QCOMPARE(changed.count(), 1);
    QCOMPARE(model().targets(), (engine::TargetMap{{"k", {2}}}));
    click(2, 1);
    QVERIFY(!ticked(2, 1));
}

void TstMatrixGrid::dragTicksARectangleAsOneUndoStep() {
    QTest::mousePress(m_layers->viewport(), Qt::LeftButton, {}, at(1, 0));
    for (const auto& cell : {QPair(1, 1), QPair(2, 1), QPair(3, 2)}) {
        QMouseEvent move(QEvent::MouseMove, at(cell.first, cell.second),
                         m_layers->viewport()->mapToGlobal(at(cell.first, cell.second)), Qt::NoButton,
                         Qt::LeftButton, {});
        QApplication::sendEvent(m_layers->viewport(), &move);
    }
    QTest::mouseRelease(m_layers->viewport(), Qt::LeftButton, {}, at(3, 2));
    for (int layer = 0; layer < 6; ++layer)
        for (int column = 0; column < 4; ++column)
            QCOMPARE(ticked(layer, column), layer >= 1 && layer <= 3 && column <= 2);
    QCOMPARE(model().undoStack().count(), 1);
    model().undoStack().undo();
    QVERIFY(model().targets().empty());
}

void TstMatrixGrid::dragBackGivesUpCells() {
    QTest::mousePress(m_layers->viewport(), Qt::LeftButton, {}, at(0, 0));
    for (const int layer : {4, 1}) {
        QMouseEvent move(QEvent::MouseMove, at(layer, 0), m_layers->viewport()->mapToGlobal(at(layer, 0)),
                         Qt::NoButton, Qt::LeftButton, {});
        QApplication::sendEvent(m_layers->viewport(), &move);
    }
    QTest::mouseRelease(m_layers->viewport(), Qt::LeftButton, {}, at(1, 0));
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {0, 1}}}));
}

void TstMatrixGrid::shiftClickExtendsFromTheLastCell() {
    click(0, 0);
    click(3, 2, Qt::ShiftModifier);
    QCOMPARE(model().targets(),
             (engine::TargetMap{{"q", {0, 1, 2, 3}}, {"k", {0, 1, 2, 3}}, {"v", {0, 1, 2, 3}}}));
}

void TstMatrixGrid::headersToggleColumnRowAndAll() {
    auto* columns = m_all->horizontalHeader();
    const auto column = [&](int i) {
        return QPoint(columns->sectionPosition(i) + 10, columns->height() / 2);
    };
    QTest::mouseClick(columns->viewport(), Qt::LeftButton, {}, column(0));
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {}}}));
    QTest::mouseClick(columns->viewport(), Qt::LeftButton, {}, column(0));
    QVERIFY(model().targets().empty());

    auto* rows = m_layers->verticalHeader();
    QTest::mouseClick(rows->viewport(), Qt::LeftButton, {},
                      QPoint(rows->width() / 2, rows->sectionViewportPosition(3) + 5));  // layer 2
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {2}}, {"k", {2}}, {"v", {2}}, {"o", {2}}}));

    auto* all = m_all->verticalHeader();
    QTest::mouseClick(all->viewport(), Qt::LeftButton, {}, QPoint(all->width() / 2, 5));
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {}}, {"k", {}}, {"v", {}}, {"o", {}}}));
}

void TstMatrixGrid::allRowTogglesAColumn() {
    const QPoint place = m_all->visualRect(model().index(0, 2)).center();
    click(1, 2);
    QCOMPARE(model().index(0, 2).data(Qt::CheckStateRole).value<Qt::CheckState>(), Qt::PartiallyChecked);
    QTest::mouseClick(m_all->viewport(), Qt::LeftButton, {}, place);
    QCOMPARE(model().targets(), (engine::TargetMap{{"v", {}}}));
    QTest::mouseClick(m_all->viewport(), Qt::LeftButton, {}, place);
    QVERIFY(model().targets().empty());
}

void TstMatrixGrid::keysMoveSelectAndTick() {
    m_layers->setFocus();
    m_layers->setCurrentIndex(model().index(1, 0));
    QTest::keyClick(m_layers, Qt::Key_Right);
    QTest::keyClick(m_layers, Qt::Key_Down);
    QTest::keyClick(m_layers, Qt::Key_Space);
    QCOMPARE(model().targets(), (engine::TargetMap{{"k", {1}}}));
    QTest::keyClick(m_layers, Qt::Key_Down, Qt::ShiftModifier);
    QTest::keyClick(m_layers, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(m_layers, Qt::Key_Space);
    QCOMPARE(model().targets(), (engine::TargetMap{{"k", {1, 2}}, {"v", {1, 2}}}));
    QTest::keyClick(m_layers, Qt::Key_Space);
    QVERIFY(model().targets().empty());
    // Beyond the first row lies the "all" row, and back.
    m_layers->setCurrentIndex(model().index(1, 3));
    QTest::keyClick(m_layers, Qt::Key_Up);
    QCOMPARE(m_all->currentIndex(), model().index(0, 3));
    QTest::keyClick(m_all, Qt::Key_Space);
    QCOMPARE(model().targets(), (engine::TargetMap{{"o", {}}}));
    QTest::keyClick(m_all, Qt::Key_Down);
    QCOMPARE(m_layers->currentIndex(), model().index(1, 3));
    QTest::keyClick(m_layers, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClick(m_layers, Qt::Key_Space);
    QCOMPARE(model().stateOf(0, 0, 0, 3), Qt::Checked);
}

void TstMatrixGrid::undoAndRedoByKeys() {
    click(0, 0);
    click(1, 1);
    QTest::keyClick(m_layers, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {0}}}));
    QTest::keyClick(m_layers, Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(model().targets().empty());
    QTest::keyClick(m_layers, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QTest::keyClick(m_layers, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {0}}, {"k", {1}}}));
}

void TstMatrixGrid::absentMatricesCannotBeTicked() {
    click(5, 3);
    QVERIFY(model().targets().empty());
    model().setRange(6, 0, 6, 3, true);  // the last layer, from q to o
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {5}}, {"k", {5}}, {"v", {5}}}));
}

void TstMatrixGrid::targetsGoBothWays() {
    QSignalSpy changed(&model(), &MatrixModel::targetsChanged);
    const engine::TargetMap targets{{"q", {}}, {"v", {1, 3}}};
    model().setTargets(targets);
    QCOMPARE(model().targets(), targets);
    QCOMPARE(changed.count(), 0);     // not by the person
    model().setTargets({{"o", {}}});  // every layer that has one
    QCOMPARE(model().targets(), (engine::TargetMap{{"o", {}}}));
}

void TstMatrixGrid::tooltipTellsNameShapeAndParameters() {
    model().setRank(4);
    const QString tip = model().index(1, 1).data(Qt::ToolTipRole).toString();
    QVERIFY2(tip.contains(QStringLiteral("layers.0.k")), qPrintable(tip));
    QVERIFY2(tip.contains(QStringLiteral("32 × 64")), qPrintable(tip));
    QVERIFY2(tip.contains(QStringLiteral("384")), qPrintable(tip));  // 4 · (64 + 32)
    QCOMPARE(model().index(3, 2).data(Qt::AccessibleTextRole).toString(), QStringLiteral("layer 2, v"));
}

void TstMatrixGrid::manyLayersScrollUnderAFixedAllRow() {
    model().setModel(modelOf(96));
    QCoreApplication::processEvents();
    QVERIFY(m_layers->verticalScrollBar()->maximum() > 0);
    m_layers->scrollToBottom();
    QVERIFY(m_all->visualRect(model().index(0, 0)).isValid());
    for (int column = 0; column < 4; ++column)
        QCOMPARE(m_all->columnViewportPosition(column), m_layers->columnViewportPosition(column));
    click(95, 0);
    QCOMPARE(model().targets(), (engine::TargetMap{{"q", {95}}}));
}

QTEST_MAIN(TstMatrixGrid)
#include "tst_matrix_grid.moc"
