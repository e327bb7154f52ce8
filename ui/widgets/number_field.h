// A field for one number. Takes what people type or paste: 2e-4, "0,0002", "1 000". Keeps the last good value
// while the text is not a number in range, and says so in red. Wheel and arrow keys step, additively or along
// 1-2-5.
#pragma once

#include <QAbstractSpinBox>

namespace ui {

class NumberField : public QAbstractSpinBox {
    Q_OBJECT

  public:
    enum class Kind { Integer, Real };
    enum class Steps { Additive, Ladder };  // Ladder: 1, 2, 5, 10, 20 ...; for Integer 1, 2, 4, 8 ...

    NumberField(Kind kind, double minimum, double maximum, QWidget* parent = nullptr);

    void setRange(double minimum, double maximum);  // value is clamped
    void setSteps(Steps steps, double additive = 1);
    double minimum() const { return m_minimum; }
    double maximum() const { return m_maximum; }

    double value() const { return m_value; }
    void setValue(double value);  // clamped; does not emit edited

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    void stepBy(int steps) override;
    QValidator::State validate(QString& text, int& position) const override;

  Q_SIGNALS:
    void edited(double value);  // by the person, for every good value while typing

  protected:
    StepEnabled stepEnabled() const override;
    void changeEvent(QEvent* event) override;

  private:
    bool read(double* value) const;
    void typed();
    void showValue();
    void markBad(bool bad);

    const Kind m_kind;
    double m_minimum;
    double m_maximum;
    Steps m_steps = Steps::Additive;
    double m_additive = 1;
    double m_value;
    bool m_bad = false;
};

}  // namespace ui
