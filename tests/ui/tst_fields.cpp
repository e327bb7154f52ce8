#include "ui/format/english_plurals.h"
#include "ui/format/units.h"
#include "ui/widgets/number_field.h"
#include "ui/widgets/wheel_guard.h"

#include <QComboBox>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <QtTest/qtestspontaneevent.h>

using ui::NumberField;
namespace units = ui::units;

class TstFields : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void takesWhatPeopleType_data();
    void takesWhatPeopleType();
    void keepsTheLastGoodValue();
    void stepsAlongTheLadder();
    void wheelChangesNothingWithoutFocus();
    void writesNumbersForPeople();
    void writesPluralsInEnglish();
};

void TstFields::takesWhatPeopleType_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<double>("value");
    QTest::newRow("scientific") << QStringLiteral("2e-4") << 2e-4;
    QTest::newRow("decimal comma") << QStringLiteral("0,0002") << 2e-4;
    QTest::newRow("decimal point") << QStringLiteral("0.0002") << 2e-4;
    QTest::newRow("spaces") << QStringLiteral(" 1 000 ") << 1000.0;
    QTest::newRow("no-break space") << QStringLiteral("1\u00a0000") << 1000.0;
    QTest::newRow("both marks") << QStringLiteral("1,234.5") << 1234.5;
    QTest::newRow("both marks, other way") << QStringLiteral("1.234,5") << 1234.5;
    QTest::newRow("capital exponent") << QStringLiteral("1E-3") << 1e-3;
}

void TstFields::takesWhatPeopleType() {
    QFETCH(QString, text);
    QFETCH(double, value);
    NumberField field(NumberField::Kind::Real, 0, 1e6);
    QSignalSpy edited(&field, &NumberField::edited);
    field.show();
    auto* line = field.findChild<QLineEdit*>();
    line->selectAll();
    QTest::keyClicks(line, text);
    QCOMPARE(field.value(), value);
    QVERIFY(edited.count() > 0);
}

void TstFields::keepsTheLastGoodValue() {
    NumberField field(NumberField::Kind::Integer, 1, 64);
    field.setValue(8);
    field.show();
    auto* line = field.findChild<QLineEdit*>();
    line->selectAll();
    QTest::keyClicks(line, QStringLiteral("1000"));
    QCOMPARE(field.value(), 10.0);  // 1, then 10; 100 is too much
    QVERIFY(!line->toolTip().isEmpty());
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(line->text(), QStringLiteral("10"));
    QVERIFY(line->toolTip().isEmpty());
    line->selectAll();
    QTest::keyClicks(line, QStringLiteral("2.5"));
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(field.value(), 2.0);
}

void TstFields::stepsAlongTheLadder() {
    NumberField rate(NumberField::Kind::Real, 1e-9, 10);
    rate.setSteps(NumberField::Steps::Ladder);
    rate.setValue(2e-4);
    QTest::keyClick(&rate, Qt::Key_Up);
    QCOMPARE(rate.value(), 5e-4);
    QTest::keyClick(&rate, Qt::Key_Up);
    QCOMPARE(rate.value(), 1e-3);
    QTest::keyClick(&rate, Qt::Key_Down);
    QTest::keyClick(&rate, Qt::Key_Down);
    QTest::keyClick(&rate, Qt::Key_Down);
    QCOMPARE(rate.value(), 1e-4);
    NumberField rank(NumberField::Kind::Integer, 1, 100);
    rank.setSteps(NumberField::Steps::Ladder);
    rank.setValue(6);
    QTest::keyClick(&rank, Qt::Key_Up);
    QCOMPARE(rank.value(), 8.0);
    QTest::keyClick(&rank, Qt::Key_Down);
    QCOMPARE(rank.value(), 4.0);
}

void TstFields::wheelChangesNothingWithoutFocus() {
    ui::WheelGuard guard;
    qApp->installEventFilter(&guard);
    QWidget window;
    auto* box = new QVBoxLayout(&window);
    auto* field = new NumberField(NumberField::Kind::Integer, 1, 100, &window);
    auto* combo = new QComboBox(&window);
    auto* slider = new QSlider(Qt::Horizontal, &window);
    auto* other = new QLineEdit(&window);
    for (QWidget* widget : {static_cast<QWidget*>(other), static_cast<QWidget*>(field),
                            static_cast<QWidget*>(combo), static_cast<QWidget*>(slider)})
        box->addWidget(widget);
    combo->addItems({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")});
    combo->setCurrentIndex(1);
    field->setValue(50);
    slider->setValue(50);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    other->setFocus();
    const auto turn = [&](QWidget* widget) {
        const QPoint place = widget->rect().center();
        QWheelEvent event(place, widget->mapToGlobal(place), {}, QPoint(0, -120), Qt::NoButton, {},
                          Qt::NoScrollPhase, false);
        QSpontaneKeyEvent::setSpontaneous(&event);  // as from a real wheel
        qApp->notify(widget, &event);
    };
    turn(field);
    turn(field);
    turn(combo);
    turn(slider);
    QCOMPARE(field->value(), 50.0);
    QCOMPARE(combo->currentIndex(), 1);
    QCOMPARE(slider->value(), 50);
    combo->setFocus();
    turn(combo);
    QCOMPARE(combo->currentIndex(), 1);  // closed
    field->setFocus();
    turn(field);
    QVERIFY(field->value() != 50.0);
}

void TstFields::writesNumbersForPeople() {
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    const QChar nbsp(QChar::Nbsp);
    QCOMPARE(units::count(24576), QStringLiteral("24,576"));
    QCOMPARE(units::shortCount(4'100'000), QStringLiteral("4.10") + nbsp + QStringLiteral("M"));
    QCOMPARE(units::bytes(98'000), QStringLiteral("98.0") + nbsp + QStringLiteral("kB"));
    QCOMPARE(units::percent(0.6), QStringLiteral("0.60") + nbsp + QStringLiteral("%"));
    QCOMPARE(units::duration(100), QStringLiteral("1:40"));
    QCOMPARE(units::duration(7390), QStringLiteral("2:03:10"));
    QCOMPARE(units::number(0.0002), QStringLiteral("2e-4"));
    QCOMPARE(units::number(2.0), QStringLiteral("2"));
    QCOMPARE(units::loss(std::nan("")), QStringLiteral("–"));
}

void TstFields::writesPluralsInEnglish() {
    const ui::EnglishPlurals english;
    const auto say = [&](const char* source, int n) { return english.translate("", source, nullptr, n); };
    QCOMPARE(say("%n row(s) of (many)", 1), QStringLiteral("%n row of (many)"));
    QCOMPARE(say("%n row(s) (is|are) here", 2), QStringLiteral("%n rows are here"));
    QCOMPARE(say("%n matri(x|ces)", 1), QStringLiteral("%n matrix"));
    QVERIFY(say("what is written (s)", -1).isNull());
}

QTEST_MAIN(TstFields)
#include "tst_fields.moc"
