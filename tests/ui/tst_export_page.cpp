#include "page_fixture.h"
#include "ui/pages/export_page.h"
#include "ui/widgets/adapter_picker.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/target_card.h"
#include "ui/widgets/verdict_card.h"

#include <QComboBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>

using ui::ExportPage;

// On adapters that the engine really trains: two steps on a model of a few kilobytes.
class TstExportPage : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init() { m_fixture = std::make_unique<PageFixture>(); }
    void cleanup() { m_fixture.reset(); }

    void withoutAdaptersThePageLeadsToTheExperiment();
    void theNewestAdapterAndAFolderAreSuggested();
    void aFolderThatRefusesWritesKeepsTheForm();
    void mergedModelIsWrittenAndTested();
    void peftFolderIsWrittenAndListed();
    void aFolderInUseIsRefusedBeforeTheStart();
    void aMissingAdapterFolderIsExplained();
    void theTargetIsChosenByKeyboard();
    void ggufIsWrittenInATypeOfItsOwn();
    void whatIsNotPossibleSaysWhy();

  private:
    void train(const char* name);
    QPushButton& exportButton() { return *m_fixture->find<QPushButton>("startExport"); }
    QLineEdit& folder() { return *m_fixture->find<QLineEdit>("exportFolder"); }
    QTableView& former() { return *m_fixture->find<QTableView>("formerExports"); }

    std::unique_ptr<PageFixture> m_fixture;
};

void TstExportPage::train(const char* name) {
    auto spec = m_fixture->spec({.name = name, .rank = 2, .steps = 2});
    spec.data.seq_len = 32;
    spec.batch_size = 2;
    auto& workbench = m_fixture->context().workbench;
    const auto id = workbench.create_run(spec);
    if (!id) qFatal("%s", id.error().message.c_str());
    struct : engine::RunObserver {
        void on_event(const engine::Event&) override {}
    } observer;
    engine::RunControl control;
    const auto outcome = workbench.execute_run(*id, observer, control);
    if (!outcome) qFatal("%s", outcome.error().message.c_str());
}

void TstExportPage::withoutAdaptersThePageLeadsToTheExperiment() {
    ExportPage& page = m_fixture->show<ExportPage>();
    auto* action = m_fixture->find<QPushButton>("emptyStateAction");
    QTRY_VERIFY(action->isVisible());
    QSignalSpy wanted(&page, &ExportPage::experimentPageRequested);
    QTest::mouseClick(action, Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
}

void TstExportPage::theNewestAdapterAndAFolderAreSuggested() {
    train("First one");
    m_fixture->show<ExportPage>();
    QTRY_COMPARE(m_fixture->find<QComboBox>("exportAdapterPicker")->currentText().isEmpty(), false);
    QTRY_VERIFY(folder().text().contains(QLatin1String("First-one")));
    QTRY_VERIFY(exportButton().isEnabled());
}

void TstExportPage::aFolderThatRefusesWritesKeepsTheForm() {
    train("keep me");
    ExportPage& page = m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().isEnabled());
    folder().selectAll();
    QTest::keyClicks(&folder(), QStringLiteral("/proc/exports/merged"));  // root cannot write there either
    QTRY_VERIFY(!exportButton().isEnabled() && !exportButton().toolTip().isEmpty());

    // What goes wrong only after the folder was looked at.
    const QString parent = m_fixture->path("exports here"), target = parent + QStringLiteral("/merged");
    QVERIFY(QDir().mkpath(parent));
    folder().selectAll();
    QTest::keyClicks(&folder(), target);
    QTRY_VERIFY(exportButton().isEnabled());
    QVERIFY(QDir().rmdir(parent));
    support::writeFile(parent, "a file");
    QTest::mouseClick(&exportButton(), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(page.messageBar().kind(), ui::MessageBar::Kind::Error, 60'000);
    QVERIFY2(page.messageBar().text().contains(parent), qPrintable(page.messageBar().text()));
    QCOMPARE(folder().text(), target);
    QVERIFY(exportButton().isVisible());
    QVERIFY(m_fixture->catalog().exports().empty());
    QVERIFY(QFile::remove(parent));
    QTest::keyClicks(&folder(), QStringLiteral("2"));
    QTRY_VERIFY(exportButton().isEnabled());
}

void TstExportPage::mergedModelIsWrittenAndTested() {
    train("merge me");
    ExportPage& page = m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().isEnabled());
    const QString target = folder().text();
    QTest::mouseClick(&exportButton(), Qt::LeftButton);
    QVERIFY(!exportButton().isVisible());
    auto* headline = m_fixture->find<QLabel>("verdictHeadline");
    QTRY_VERIFY_WITH_TIMEOUT(headline->isVisible() || !page.messageBar().text().isEmpty(), 60'000);
    QVERIFY2(headline->isVisible(), qPrintable(page.messageBar().text()));
    QVERIFY2(m_fixture->find<ui::VerdictCard>("verdictCard")->passed(),
             qPrintable(m_fixture->find<QLabel>("verdictSentence")->text()));
    QVERIFY(QFileInfo::exists(target + QStringLiteral("/config.json")));
    QVERIFY(QFileInfo::exists(target + QStringLiteral("/export_report.json")));
    QTRY_COMPARE(former().model()->rowCount(), 1);
    QVERIFY(exportButton().isVisible());
    // The next suggestion does not point at what is there now.
    QTRY_VERIFY(folder().text() != target);
}

void TstExportPage::peftFolderIsWrittenAndListed() {
    train("carry me");
    ExportPage& page = m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().isEnabled());
    QTest::mouseClick(m_fixture->find<ui::TargetCard>("targetPeft"), Qt::LeftButton);
    QVERIFY(!m_fixture->find<QComboBox>("exportDtype")->isEnabled());
    QVERIFY(!m_fixture->find<QComboBox>("exportDtype")->toolTip().isEmpty());
    QTRY_VERIFY(folder().text().endsWith(QLatin1String("-peft")));
    QTRY_VERIFY(exportButton().isEnabled());
    const QString target = folder().text();
    QTest::mouseClick(&exportButton(), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(former().model()->rowCount(), 1, 60'000);
    QVERIFY(QFileInfo::exists(target + QStringLiteral("/adapter_config.json")));
    const auto exports = m_fixture->catalog().exports();
    QCOMPARE(exports.size(), std::size_t{1});
    QVERIFY(exports[0].passed);
    // The verdict of a former export is shown again when it is chosen.
    page.showAdapter(QString::fromStdString(exports[0].adapter_id));
    former().selectRow(0);
    QVERIFY(m_fixture->find<QLabel>("verdictPath")->text().remove(QChar(0x200b)).contains(target));
}

void TstExportPage::aFolderInUseIsRefusedBeforeTheStart() {
    train("one");
    m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().isEnabled());
    folder().setFocus();
    folder().selectAll();
    QTest::keyClicks(&folder(), m_fixture->path("resources/samples"));
    QTRY_VERIFY2(exportButton().toolTip().contains(QLatin1String("not empty")),
                 qPrintable(exportButton().toolTip()));
    QVERIFY(!exportButton().isEnabled());
    QCOMPARE(m_fixture->find<QLabel>("folderHint")->text(), exportButton().toolTip());
    folder().selectAll();
    QTest::keyClicks(&folder(), QStringLiteral("relative"));
    QTRY_VERIFY(exportButton().toolTip().contains(QLatin1String("whole path")));
    folder().selectAll();
    QTest::keyClicks(&folder(), m_fixture->path("fresh"));
    QTRY_VERIFY(exportButton().isEnabled());
}

void TstExportPage::aMissingAdapterFolderIsExplained() {
    m_fixture->add({.name = "lost"});
    m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().toolTip().contains(QLatin1String("lost")));
    QVERIFY(!exportButton().isEnabled());
}

void TstExportPage::theTargetIsChosenByKeyboard() {
    train("one");
    m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().isEnabled());
    auto* peft = m_fixture->find<ui::TargetCard>("targetPeft");
    peft->setFocus();
    QTest::keyClick(peft, Qt::Key_Space);
    QVERIFY(peft->isChecked());
    QVERIFY(!m_fixture->find<ui::TargetCard>("targetMerged")->isChecked());
}

void TstExportPage::ggufIsWrittenInATypeOfItsOwn() {
    train("for llama.cpp");
    ExportPage& page = m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().isEnabled());
    auto* types = m_fixture->find<QComboBox>("exportDtype");
    const int eightBits = static_cast<int>(engine::StoredDtype::q8_0);
    QCOMPARE(types->findData(eightBits), -1);
    QTest::mouseClick(m_fixture->find<ui::TargetCard>("targetGguf"), Qt::LeftButton);
    types->setCurrentIndex(types->findData(eightBits));
    QCOMPARE(types->currentData().toInt(), eightBits);
    QTRY_VERIFY(folder().text().endsWith(QLatin1String("-gguf")));
    QTRY_VERIFY(exportButton().isEnabled());
    const QString target = folder().text();
    QTest::mouseClick(&exportButton(), Qt::LeftButton);
    auto* headline = m_fixture->find<QLabel>("verdictHeadline");
    QTRY_VERIFY_WITH_TIMEOUT(headline->isVisible() || !page.messageBar().text().isEmpty(), 60'000);
    QVERIFY2(headline->isVisible(), qPrintable(page.messageBar().text()));
    QVERIFY(m_fixture->find<ui::VerdictCard>("verdictCard")->passed());
    QVERIFY(QFileInfo::exists(target + QStringLiteral("/model.gguf")));
    // Another format does not know that type.
    QTest::mouseClick(m_fixture->find<ui::TargetCard>("targetMerged"), Qt::LeftButton);
    QCOMPARE(types->findData(eightBits), -1);
    QTest::mouseClick(m_fixture->find<ui::TargetCard>("targetGgufAdapter"), Qt::LeftButton);
    QVERIFY(!types->isEnabled());
}

void TstExportPage::whatIsNotPossibleSaysWhy() {
    train("mute");
    for (const char* name : {"tokenizer.json", "tokenizer_config.json"})
        QVERIFY(QFile::remove(m_fixture->path("resources/models/tiny/") + QLatin1String(name)));
    m_fixture->show<ExportPage>();
    QTRY_VERIFY(exportButton().isEnabled());
    auto* gguf = m_fixture->find<ui::TargetCard>("targetGguf");
    QVERIFY(!gguf->isEnabled() && !gguf->isPossible());
    QVERIFY2(gguf->accessibleDescription().contains(QLatin1String("tokenizer")),
             qPrintable(gguf->accessibleDescription()));
    QVERIFY(m_fixture->find<ui::TargetCard>("targetGgufAdapter")->isEnabled());
}

QTEST_MAIN(TstExportPage)
#include "tst_export_page.moc"
