#include "ui/widgets/charts/nice_ticker.h"

#include <cmath>

namespace ui {

double NiceTicker::getTickStep(const QCPRange& range) {
    const double exact = range.size() / std::max(mTickCount, 1);
    const double power = std::pow(10.0, std::floor(std::log10(exact)));
    // The nearest by ratio: the limits are the geometric means of 1, 2, 5 and 10.
    const double mantissa = exact / power;
    m_step = power * (mantissa < 1.414 ? 1 : mantissa < 3.162 ? 2 : mantissa < 7.071 ? 5 : 10);
    if (m_integers) m_step = std::max(m_step, 1.0);
    return m_step;
}

int NiceTicker::getSubTickCount(double) {
    return 0;
}

QString NiceTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    return m_text(tick, m_step);
}

// A logarithmic axis over less than a decade reads best with evenly valued ticks.
bool NiceTicker::byDecades(const QCPRange& range) const {
    return m_logarithmic && range.lower > 0 && range.upper / range.lower >= 8;
}

QVector<double> NiceTicker::createTickVector(double tickStep, const QCPRange& range) {
    if (!m_fixed.isEmpty()) {
        m_step = 0;
        return m_fixed;
    }
    if (!byDecades(range)) return QCPAxisTicker::createTickVector(tickStep, range);
    const int first = static_cast<int>(std::floor(std::log10(range.lower)));
    const int last = static_cast<int>(std::ceil(std::log10(range.upper)));
    const int decades = last - first;
    const int every = std::max(1, decades / std::max(mTickCount, 1));
    QVector<double> ticks;
    for (int exponent = first; exponent <= last; exponent += every) {
        const double power = std::pow(10.0, exponent);
        ticks << power;
        if (decades <= 3 && mTickCount >= 3) ticks << 2 * power << 5 * power;
    }
    m_step = 0;
    return ticks;
}

QVector<double> NiceTicker::createSubTickVector(int, const QVector<double>&) {
    return {};
}

}  // namespace ui
