// How numbers are written everywhere in the window: locale aware, thousands separated. Nobody else formats.
#pragma once

#include <QString>

#include <cstdint>

namespace ui::units {

QString count(std::int64_t value);       // 24,576
QString shortCount(std::int64_t value);  // 24.6 k, 4.1 M, 175 B
QString bytes(std::int64_t value);       // 98 kB, 1.23 GB (powers of 1000, as file managers and drives count)
QString memory(std::int64_t value);      // 0.42 GiB, 312 MiB (powers of 1024, as memory is sold)
QString percent(double percent);         // 0.60 %
QString duration(double seconds);        // 0.8 s, 42 s, 1:40, 2:03:10
QString rate(double perSecond);          // 3,240 /s without unit of what
QString number(double value, int digits = 4);  // significant digits, no trailing zeros: 2, 0.0002 as 2e-4
QString loss(double value);                    // 1.8432; "–" when not finite
QString dateTime(double unixSeconds);          // 2024-05-03 14:02; "–" for 0

// What a person may type: 2e-4, "0,0002", "1 000", "1,000". False when it is no number.
bool parse(const QString& text, double* value);
bool parse(const QString& text, std::int64_t* value);

}  // namespace ui::units
