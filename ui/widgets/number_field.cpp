#include "ui/widgets/number_field.h"

#include "ui/format/units.h"

#include <QEvent>
#include <QLineEdit>
#include <QStyleOptionSpinBox>

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

double nextOnLadder(double value, bool up, bool integer) {
    if (integer) {
        const double power = std::log2(std::max(value, 1.0));
        return std::exp2(up ? std::floor(power + 1e-9) + 1 : std::ceil(power - 1e-9) - 1);
    }
    const double tens = std::pow(10, std::floor(std::log10(value) + 1e-9));
    const double mantissa = value / tens;
    if (up) return (mantissa < 2 - 1e-9 ? 2 : mantissa < 5 - 1e-9 ? 5 : 10) * tens;
    return (mantissa > 5 + 1e-9 ? 5 : mantissa > 2 + 1e-9 ? 2 : mantissa > 1 + 1e-9 ? 1 : 0.5) * tens;
}

}  // namespace

NumberField::NumberField(Kind kind, double minimum, double maximum, QWidget* parent)
    : QAbstractSpinBox(parent), m_kind(kind), m_minimum(minimum), m_maximum(maximum), m_value(minimum) {
    setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    connect(lineEdit(), &QLineEdit::textEdited, this, &NumberField::typed);
    connect(this, &QAbstractSpinBox::editingFinished, this, &NumberField::showValue);
    showValue();
}

void NumberField::setRange(double minimum, double maximum) {
    m_minimum = minimum;
    m_maximum = std::max(minimum, maximum);
    setValue(m_value);
}

void NumberField::setSteps(Steps steps, double additive) {
    m_steps = steps;
    m_additive = additive;
}

void NumberField::setValue(double value) {
    m_value = std::clamp(m_kind == Kind::Integer ? std::round(value) : value, m_minimum, m_maximum);
    showValue();
}

bool NumberField::read(double* value) const {
    if (m_kind == Kind::Real) return units::parse(lineEdit()->text(), value);
    std::int64_t whole = 0;
    if (!units::parse(lineEdit()->text(), &whole)) return false;
    *value = static_cast<double>(whole);
    return true;
}

void NumberField::typed() {
    double value = 0;
    const bool good = read(&value) && value >= m_minimum && value <= m_maximum;
    markBad(!good);
    if (!good || value == m_value) return;
    m_value = value;
    Q_EMIT edited(value);
}

void NumberField::showValue() {
    const QString text = m_kind == Kind::Integer ? units::count(static_cast<std::int64_t>(m_value))
                                                 : units::number(m_value, 6);
    if (lineEdit()->text() != text) lineEdit()->setText(text);
    markBad(false);
}

void NumberField::markBad(bool bad) {
    if (bad == m_bad) return;
    m_bad = bad;
    QPalette colours;  // empty: everything from the parent
    if (bad) {
        colours.setColor(QPalette::Text, palette().color(QPalette::BrightText));
        const auto write = [this](double v) {
            return m_kind == Kind::Integer ? units::count(static_cast<std::int64_t>(v)) : units::number(v);
        };
        lineEdit()->setToolTip(tr("A number from %1 to %2. %3 is kept.")
                                   .arg(write(m_minimum), write(m_maximum), write(m_value)));
    } else {
        lineEdit()->setToolTip({});
    }
    lineEdit()->setPalette(colours);
}

void NumberField::stepBy(int steps) {
    double value = m_value;
    for (int i = 0; i < std::abs(steps); ++i) {
        if (m_steps == Steps::Additive)
            value += steps > 0 ? m_additive : -m_additive;
        else if (value <= 0)
            value = steps > 0 ? (m_minimum > 0 ? m_minimum : m_kind == Kind::Integer ? 1 : 1e-6) : value;
        else
            value = nextOnLadder(value, steps > 0, m_kind == Kind::Integer);
    }
    if (m_kind == Kind::Real) value = QString::number(value, 'g', 12).toDouble();  // 0.1 + 0.2
    const double before = m_value;
    setValue(value);
    selectAll();
    if (m_value != before) Q_EMIT edited(m_value);
}

QAbstractSpinBox::StepEnabled NumberField::stepEnabled() const {
    return (m_value < m_maximum ? StepUpEnabled : StepNone) |
           (m_value > m_minimum ? StepDownEnabled : StepNone);
}

QValidator::State NumberField::validate(QString& text, int&) const {
    // Anything that can become a number may be typed; typed() judges.
    for (const QChar c : std::as_const(text))
        if (!c.isDigit() && !c.isSpace() && !QStringLiteral("+-.,eE_'−").contains(c))
            return QValidator::Invalid;
    return QValidator::Acceptable;
}

QSize NumberField::sizeHint() const {
    ensurePolished();
    QStyleOptionSpinBox option;
    initStyleOption(&option);
    const QSize text(fontMetrics().horizontalAdvance(QStringLiteral("000000")) + 4,
                     fontMetrics().height() + 2);
    return style()->sizeFromContents(QStyle::CT_SpinBox, &option, text + QSize(20, 0), this);
}

QSize NumberField::minimumSizeHint() const {
    return sizeHint();
}

void NumberField::changeEvent(QEvent* event) {
    QAbstractSpinBox::changeEvent(event);
    if (event->type() == QEvent::LocaleChange) showValue();
}

}  // namespace ui
