// How numbers are written along an axis and in a cursor read-out. step: distance between two ticks, so that
// labels carry just the digits that tell them apart; 0 in a read-out, where the value itself matters.
#pragma once

#include <QString>

#include <functional>

namespace ui {

using AxisText = std::function<QString(double value, double step)>;

namespace axis_text {

AxisText number();      // 1.5, 250, 2e-4
AxisText integer();     // 12,500
AxisText shortCount();  // 4.1 M
AxisText bytes();       // 98 kB
AxisText loss();        // as number(), but with four decimals in a read-out

}  // namespace axis_text
}  // namespace ui
