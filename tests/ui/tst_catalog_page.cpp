#include "page_fixture.h"
#include "ui/models/adapter_table_model.h"
#include "ui/pages/catalog_page.h"
#include "ui/widgets/message_bar.h"

#include <QClipboard>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QToolButton>

using ui::AdapterTableModel;
using ui::CatalogPage;

class TstCatalogPage : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init() { m_fixture = std::make_unique<PageFixture>(); }
    void cleanup() { m_fixture.reset(); }

    void emptyCatalogLeadsToTheExperiment();
    void filtersAsOneTypes();
    void aFilterThatCannotBeUnderstoodIsExplained();
    void sortsByClickingAHeader();
    void columnsAreChosenAndKept();
    void namesAreWholeWhereThereIsRoom();
    void starsWithAClick();
    void tagsNotesAndNameAreStored();
    void deletedAdaptersComeBackWithUndo();
    void theTrashRestoresAndEmpties();
    void selectionOffersWhatCanBeDone();
    void rowsAreCopied();
    void changesOfAnotherProgramAppear();
    void tenThousandAdaptersFilterWithoutLag();
    void runAgainCopiesTheConfiguration();

  private:
    QTableView& table() { return *m_fixture->find<QTableView>("adapterTable"); }
    void click(int row, int column = AdapterTableModel::Name, Qt::KeyboardModifiers modifiers = {}) {
        const QRect cell = table().visualRect(table().model()->index(row, column));
        QTest::mouseClick(table().viewport(), Qt::LeftButton, modifiers, cell.center());
    }
    QString name(int row) { return table().model()->index(row, AdapterTableModel::Name).data().toString(); }
    int rows() { return table().model()->rowCount(); }
    CatalogPage& openWithThree();
    catalog::AdapterRecord adapter(const char* wanted) { return m_fixture->catalog().adapter(wanted); }

    std::unique_ptr<PageFixture> m_fixture;
};

// Newest first: three, two, one.
CatalogPage& TstCatalogPage::openWithThree() {
    m_fixture->add({.name = "one", .rank = 1, .finalLoss = 1.9});
    m_fixture->add({.name = "two", .rank = 8, .targets = "q", .finalLoss = 1.5});
    m_fixture->add({.name = "three", .rank = 64, .finalLoss = 1.7});
    CatalogPage& page = m_fixture->show<CatalogPage>();
    [&] { QTRY_COMPARE(rows(), 3); }();
    return page;
}

void TstCatalogPage::emptyCatalogLeadsToTheExperiment() {
    CatalogPage& page = m_fixture->show<CatalogPage>();
    auto* action = m_fixture->find("emptyState")->findChild<QPushButton*>();
    QTRY_VERIFY(action->isVisible());
    QSignalSpy wanted(&page, &CatalogPage::experimentPageRequested);
    QTest::mouseClick(action, Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
}

void TstCatalogPage::filtersAsOneTypes() {
    CatalogPage& page = openWithThree();
    QVERIFY(page.focusSearch());
    auto* filter = m_fixture->find<QLineEdit>("catalogFilter");
    QTest::keyClicks(filter, QStringLiteral("rank:8"));
    QTRY_COMPARE(rows(), 1);
    QCOMPARE(name(0), QStringLiteral("two"));
    filter->clear();
    QTRY_COMPARE(rows(), 3);
    QTest::keyClicks(filter, QStringLiteral("loss<1.8 -two"));
    QTRY_COMPARE(rows(), 1);
    QCOMPARE(name(0), QStringLiteral("three"));
    QVERIFY(m_fixture->find<QLabel>("catalogFooter")->text().contains(QLatin1String("1 of 3")));
    filter->clear();
    QTest::keyClicks(filter, QStringLiteral("nothing like that"));
    QTRY_VERIFY(!table().isVisible());  // and the page says so
}

void TstCatalogPage::aFilterThatCannotBeUnderstoodIsExplained() {
    openWithThree();
    auto* filter = m_fixture->find<QLineEdit>("catalogFilter");
    auto* hint = m_fixture->find<QLabel>("filterHint");
    QVERIFY(!hint->isVisible());
    QTest::keyClicks(filter, QStringLiteral("rank:eight"));
    QVERIFY(hint->isVisible());
    QVERIFY2(hint->text().contains(QLatin1String("eight")), qPrintable(hint->text()));
    QCOMPARE(rows(), 3);
    filter->clear();
    QVERIFY(!hint->isVisible());
}

void TstCatalogPage::sortsByClickingAHeader() {
    openWithThree();
    QHeaderView* header = table().horizontalHeader();
    const auto clickOn = [&](int column) {
        const int x = header->sectionViewportPosition(column) + header->sectionSize(column) / 2;
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, {x, header->height() / 2});
    };
    clickOn(AdapterTableModel::Rank);
    const QString first = name(0);
    clickOn(AdapterTableModel::Rank);
    QVERIFY(name(0) != first);
    QCOMPARE((QSet<QString>{first, name(0)}),
             (QSet<QString>{QStringLiteral("one"), QStringLiteral("three")}));
}

void TstCatalogPage::columnsAreChosenAndKept() {
    openWithThree();
    QVERIFY(table().isColumnHidden(AdapterTableModel::Score));  // no classifier here
    QVERIFY(table().isColumnHidden(AdapterTableModel::Alpha));
    QHeaderView* header = table().horizontalHeader();
    Q_EMIT header->customContextMenuRequested({10, 10});
    auto* menu = m_fixture->find<QMenu>("columnMenu");
    const QString alpha = table().model()->headerData(AdapterTableModel::Alpha, Qt::Horizontal).toString();
    for (QAction* action : menu->actions())
        if (action->text() == alpha) action->trigger();
    menu->close();
    QVERIFY(!table().isColumnHidden(AdapterTableModel::Alpha));
    m_fixture->closePage();
    m_fixture->show<CatalogPage>();
    QVERIFY(!table().isColumnHidden(AdapterTableModel::Alpha));
}

void TstCatalogPage::namesAreWholeWhereThereIsRoom() {
    m_fixture->add({.name = "a name that is as long as those of studies are, r16 lr 0.004"});
    auto& page = m_fixture->show<CatalogPage>(QSize(1110, 640));
    const auto width = [&] { return table().columnWidth(AdapterTableModel::Name); };
    const auto scrolls = [&] { return table().horizontalScrollBar()->maximum() > 0; };
    QTRY_VERIFY(table().model()->rowCount() == 1);
    const int whole = static_cast<QAbstractItemView&>(table()).sizeHintForColumn(AdapterTableModel::Name);
    QVERIFY(width() < whole && !scrolls());
    page.resize(1900, 640);
    QTRY_COMPARE(width(), whole);
    page.resize(1110, 640);
    QTRY_VERIFY(width() < whole);
    QVERIFY(!scrolls());
    table().horizontalHeader()->resizeSection(AdapterTableModel::Name, 77);  // by hand
    page.resize(1900, 640);
    QTest::qWait(50);
    QCOMPARE(width(), 77);
}

void TstCatalogPage::starsWithAClick() {
    openWithThree();
    click(0, AdapterTableModel::Star);
    QTRY_VERIFY(adapter("three").starred);
    click(0, AdapterTableModel::Star);
    QTRY_VERIFY(!adapter("three").starred);
}

void TstCatalogPage::tagsNotesAndNameAreStored() {
    openWithThree();
    click(0);
    auto* tags = m_fixture->find<QLineEdit>("adapterTags");
    auto* notes = m_fixture->find<QPlainTextEdit>("adapterNotes");
    auto* title = m_fixture->find<QLineEdit>("adapterName");
    QCOMPARE(title->text(), QStringLiteral("three"));
    tags->setFocus();
    QTest::keyClicks(tags, QStringLiteral("good, paper"));
    QTest::keyClick(tags, Qt::Key_Return);
    QTRY_COMPARE(adapter("three").tags, (std::vector<std::string>{"good", "paper"}));
    notes->setFocus();
    QTest::keyClicks(notes, QStringLiteral("Best so far"));
    QTRY_COMPARE(adapter("three").notes, std::string("Best so far"));
    title->selectAll();
    QTest::keyClicks(title, QStringLiteral("third"));
    QTest::keyClick(title, Qt::Key_Return);
    QTRY_COMPARE(name(0), QStringLiteral("third"));
    // A name that is taken is refused with a sentence; the old one stays.
    title->selectAll();
    QTest::keyClicks(title, QStringLiteral("one"));
    QTest::keyClick(title, Qt::Key_Return);
    auto& page = *qobject_cast<CatalogPage*>(table().window());
    QTRY_COMPARE(page.messageBar().kind(), ui::MessageBar::Kind::Error);
    QCOMPARE(adapter("third").rank, std::int64_t{64});
}

void TstCatalogPage::deletedAdaptersComeBackWithUndo() {
    CatalogPage& page = openWithThree();
    click(0);
    click(1, AdapterTableModel::Name, Qt::ControlModifier);
    QCOMPARE(page.selectedIds().size(), 2);
    table().setFocus();
    QTest::keyClick(&table(), Qt::Key_Delete);
    QTRY_COMPARE(rows(), 1);
    QVERIFY(adapter("three").trashed);
    QPushButton* undo = nullptr;
    for (QPushButton* button : page.messageBar().findChildren<QPushButton*>())
        if (button->isVisible()) undo = button;
    QVERIFY(undo);
    QTest::mouseClick(undo, Qt::LeftButton);
    QTRY_COMPARE(rows(), 3);
    QVERIFY(!adapter("three").trashed);
}

void TstCatalogPage::theTrashRestoresAndEmpties() {
    openWithThree();
    auto* trash = m_fixture->find<QToolButton>("showTrash");
    QTRY_VERIFY(!trash->isEnabled());
    click(0);
    QTest::mouseClick(m_fixture->find<QPushButton>("deleteAdapter"), Qt::LeftButton);
    QTRY_VERIFY(trash->isEnabled());
    QTest::mouseClick(trash, Qt::LeftButton);
    QTRY_COMPARE(rows(), 1);
    QCOMPARE(name(0), QStringLiteral("three"));
    click(0);
    auto* purge = m_fixture->find<QPushButton>("purgeAdapter");
    QTRY_VERIFY(purge->isEnabled());
    QTest::mouseClick(purge, Qt::LeftButton);
    auto* question = m_fixture->find<QMessageBox>("purgeQuestion");
    QVERIFY(question->text().contains(QLatin1String("three")));
    for (QAbstractButton* button : question->buttons())
        if (question->buttonRole(button) == QMessageBox::DestructiveRole)
            QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE(m_fixture->catalog().adapters({.scope = catalog::AdapterScope::all}).size(), std::size_t{2});
}

void TstCatalogPage::selectionOffersWhatCanBeDone() {
    openWithThree();
    auto* compare = m_fixture->find<QPushButton>("compareAdapters");
    auto* exporting = m_fixture->find<QPushButton>("exportAdapter");
    QVERIFY(!compare->isEnabled());
    QVERIFY(!compare->toolTip().isEmpty());
    click(0);
    QVERIFY(exporting->isEnabled() && !compare->isEnabled());
    QSignalSpy exported(&m_fixture->context().navigator, &ui::Navigator::exportRequested);
    QTest::mouseClick(exporting, Qt::LeftButton);
    QCOMPARE(exported.value(0).value(0).toString().toStdString(), adapter("three").id);
    table().setFocus();
    QTest::keyClick(&table(), Qt::Key_A, Qt::ControlModifier);
    QVERIFY(compare->isEnabled() && !exporting->isEnabled());
    QSignalSpy compared(&m_fixture->context().navigator, &ui::Navigator::compareRequested);
    QTest::mouseClick(compare, Qt::LeftButton);
    QCOMPARE(compared.value(0).value(0).toStringList().size(), 3);
    QVERIFY(m_fixture->find<QLabel>("selectionSummary")->text().contains(QLatin1Char('3')));
}

void TstCatalogPage::rowsAreCopied() {
    openWithThree();
    click(1);
    table().setFocus();
    QTest::keyClick(&table(), Qt::Key_C, Qt::ControlModifier);
    const QStringList lines = QGuiApplication::clipboard()->text().split(QLatin1Char('\n'));
    QCOMPARE(lines.size(), 2);
    QVERIFY(lines[0].contains(QLatin1String("Rank\tParameters")));
    QVERIFY(lines[1].contains(QLatin1String("two\ttiny\tq\t8\t24,576")));
}

void TstCatalogPage::changesOfAnotherProgramAppear() {
    openWithThree();
    click(0);
    // Its own connection, as lwb has.
    auto other = catalog::Catalog::open(m_fixture->context().workbench.paths().catalog_file());
    other.set_tags(adapter("two").id, {"changed elsewhere"});
    QTRY_COMPARE(table().model()->index(1, AdapterTableModel::Tags).data().toString(),
                 QStringLiteral("changed elsewhere"));
    // What was selected stays selected.
    QCOMPARE(table().selectionModel()->selectedRows().value(0).row(), 0);
}

void TstCatalogPage::tenThousandAdaptersFilterWithoutLag() {
    auto& catalog = m_fixture->catalog();
    catalog.in_transaction([&] {
        for (int i = 0; i < 10'000; ++i) {
            catalog::AdapterRecord a;
            a.name = "adapter " + std::to_string(i);
            a.model_name = "tiny";
            a.rank = 1 + i % 64;
            a.targets = "q,v";
            a.eval_loss = 1 + i * 1e-4;
            a.created_at = 1'700'000'000 + i;
            catalog.insert_adapter(a);
        }
    });
    m_fixture->show<CatalogPage>();
    QTRY_COMPARE(rows(), 10'000);
    // The longest time the event loop does not come round, while typing and sorting.
    qint64 longest = 0;
    QElapsedTimer sinceBeat;
    QTimer beat;
    connect(&beat, &QTimer::timeout, this, [&] { longest = std::max(longest, sinceBeat.restart()); });
    beat.start(0);
    sinceBeat.start();
    QTest::keyClicks(m_fixture->find<QLineEdit>("catalogFilter"), QStringLiteral("rank:8"));
    QTRY_VERIFY(rows() < 200);
    m_fixture->find<QLineEdit>("catalogFilter")->clear();
    QTRY_COMPARE(rows(), 10'000);
    qInfo("10,000 adapters: the window was never busy longer than %lld ms while filtering", longest);
    QVERIFY(longest < 1000);
}

void TstCatalogPage::runAgainCopiesTheConfiguration() {
    openWithThree();
    click(1);
    QSignalSpy wanted(&m_fixture->context().navigator, &ui::Navigator::experimentRequested);
    QTest::mouseClick(m_fixture->find<QPushButton>("runAgain"), Qt::LeftButton);
    QTRY_COMPARE(wanted.count(), 1);
    const auto spec = wanted[0][0].value<engine::ExperimentSpec>();
    QCOMPARE(spec.lora.rank, std::int64_t{8});
    QCOMPARE(spec.name, std::string("two"));
}

QTEST_MAIN(TstCatalogPage)
#include "tst_catalog_page.moc"
