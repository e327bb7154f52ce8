#include "ui/widgets/charts/axis_text.h"

#include "ui/format/units.h"

#include <QLocale>

#include <cmath>

namespace ui::axis_text {
namespace {

QString withStep(double value, double step) {
    if (std::abs(value) < step * 1e-9) return QStringLiteral("0");
    if (step < 1e-3 || std::abs(value) >= 1e7) return units::number(value, 4);
    const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    return QLocale().toString(value, 'f', decimals);
}

// "5.00 k" beside "20.0 k" reads worse than "5 k" beside "20 k".
QString withoutTrailingZeros(QString text) {
    const auto point = text.indexOf(QLocale().decimalPoint());
    if (point < 0) return text;
    auto end = point + 1;
    while (end < text.size() && text[end].isDigit()) ++end;
    auto keep = end;
    while (keep > point + 1 && text[keep - 1] == QLatin1Char('0')) --keep;
    if (keep == point + 1) keep = point;
    return text.remove(keep, end - keep);
}

}  // namespace

AxisText number() {
    return
        [](double value, double step) { return step > 0 ? withStep(value, step) : units::number(value, 4); };
}

AxisText integer() {
    return [](double value, double step) {
        if (step > 0 && std::abs(value - std::round(value)) > 1e-6) return QString();
        return units::count(static_cast<std::int64_t>(std::llround(value)));
    };
}

AxisText shortCount() {
    return [](double value, double step) {
        const QString text = units::shortCount(static_cast<std::int64_t>(std::llround(value)));
        return step > 0 ? withoutTrailingZeros(text) : text;
    };
}

AxisText bytes() {
    return [](double value, double) { return units::bytes(static_cast<std::int64_t>(std::llround(value))); };
}

AxisText loss() {
    return [](double value, double step) { return step > 0 ? withStep(value, step) : units::loss(value); };
}

}  // namespace ui::axis_text
