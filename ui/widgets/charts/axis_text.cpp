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
    return [](double value, double) {
        return units::shortCount(static_cast<std::int64_t>(std::llround(value)));
    };
}

AxisText bytes() {
    return [](double value, double) { return units::bytes(static_cast<std::int64_t>(std::llround(value))); };
}

AxisText loss() {
    return [](double value, double step) { return step > 0 ? withStep(value, step) : units::loss(value); };
}

}  // namespace ui::axis_text
