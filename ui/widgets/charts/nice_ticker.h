// Ticks at 1, 2 or 5 times a power of ten, on linear and on logarithmic axes. Private to the charts.
#pragma once

#include "ui/widgets/charts/axis_text.h"
#include "ui/widgets/plot_library.h"

namespace ui {

class NiceTicker : public QCPAxisTicker {
  public:
    void setText(AxisText text) { m_text = std::move(text); }
    void setIntegers(bool on) { m_integers = on; }
    void setLogarithmic(bool on) { m_logarithmic = on; }
    // Ticks exactly here (the ranks of an experiment) instead; empty: computed.
    void setFixed(QVector<double> ticks) { m_fixed = std::move(ticks); }

  protected:
    double getTickStep(const QCPRange& range) override;
    int getSubTickCount(double tickStep) override;
    QString getTickLabel(double tick, const QLocale&, QChar, int) override;
    QVector<double> createTickVector(double tickStep, const QCPRange& range) override;
    QVector<double> createSubTickVector(int subTickCount, const QVector<double>& ticks) override;

  private:
    bool byDecades(const QCPRange& range) const;

    AxisText m_text = axis_text::number();
    QVector<double> m_fixed;
    double m_step = 0;
    bool m_integers = false;
    bool m_logarithmic = false;
};

}  // namespace ui
