#include "ui/format/units.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <array>
#include <cmath>

namespace ui::units {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("units", text);
}

QLocale locale() {
    QLocale here;
    // In the "C" locale nobody chose grouping; long counts need it all the same.
    here.setNumberOptions(here.numberOptions() & ~QLocale::OmitGroupSeparator);
    return here;
}

// Three significant digits: 4.12, 41.2, 412.
QString three(double value) {
    const double magnitude = std::abs(value);
    return locale().toString(value, 'f', magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0);
}

template <std::size_t N>
QString scaled(double value, double base, const std::array<const char*, N>& names) {
    std::size_t i = 0;
    while (i + 1 < N && std::abs(value) >= base * 0.9995) {
        value /= base;
        ++i;
    }
    const QString digits = i == 0 ? locale().toString(value, 'f', 0) : three(value);
    const QString name = tr(names[i]);
    return name.isEmpty() ? digits : digits + QChar(QChar::Nbsp) + name;
}

}  // namespace

QString count(std::int64_t value) {
    return locale().toString(static_cast<qlonglong>(value));
}

QString shortCount(std::int64_t value) {
    static constexpr std::array<const char*, 5> names{
        "", QT_TRANSLATE_NOOP("units", "k"), QT_TRANSLATE_NOOP("units", "M"), QT_TRANSLATE_NOOP("units", "B"),
        QT_TRANSLATE_NOOP("units", "T")};
    return scaled(static_cast<double>(value), 1000, names);
}

QString bytes(std::int64_t value) {
    static constexpr std::array<const char*, 5> names{
        QT_TRANSLATE_NOOP("units", "B"), QT_TRANSLATE_NOOP("units", "kB"), QT_TRANSLATE_NOOP("units", "MB"),
        QT_TRANSLATE_NOOP("units", "GB"), QT_TRANSLATE_NOOP("units", "TB")};
    return scaled(static_cast<double>(value), 1000, names);
}

QString memory(std::int64_t value) {
    static constexpr std::array<const char*, 5> names{
        QT_TRANSLATE_NOOP("units", "B"), QT_TRANSLATE_NOOP("units", "KiB"), QT_TRANSLATE_NOOP("units", "MiB"),
        QT_TRANSLATE_NOOP("units", "GiB"), QT_TRANSLATE_NOOP("units", "TiB")};
    return scaled(static_cast<double>(value), 1024, names);
}

QString percent(double percent) {
    const double magnitude = std::abs(percent);
    const int decimals = magnitude == 0      ? 0
                         : magnitude < 0.095 ? 3
                         : magnitude < 9.95  ? 2
                         : magnitude < 99.95 ? 1
                                             : 0;
    return locale().toString(percent, 'f', decimals) + QChar(QChar::Nbsp) + QLatin1Char('%');
}

QString duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return QStringLiteral("–");
    if (seconds < 9.95) return tr("%1 s").arg(locale().toString(seconds, 'f', 1));
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 60) return tr("%1 s").arg(whole);
    const auto two = [](qint64 n) { return QStringLiteral("%1").arg(n, 2, 10, QLatin1Char('0')); };
    if (whole < 3600) return QStringLiteral("%1:%2").arg(whole / 60).arg(two(whole % 60));
    return QStringLiteral("%1:%2:%3").arg(whole / 3600).arg(two(whole / 60 % 60), two(whole % 60));
}

QString rate(double perSecond) {
    if (!std::isfinite(perSecond)) return QStringLiteral("–");
    return locale().toString(perSecond, 'f', perSecond < 99.5 ? 1 : 0);
}

QString number(double value, int digits) {
    if (!std::isfinite(value)) return QStringLiteral("–");
    const double magnitude = std::abs(value);
    if (value != 0 && (magnitude < 1e-3 || magnitude >= 1e9)) {
        // 2e-4 rather than 2e-04: as people write it.
        QString text = QString::number(value, 'e', digits - 1);
        const qsizetype e = text.indexOf(QLatin1Char('e'));
        QString mantissa = text.left(e);
        if (mantissa.contains(QLatin1Char('.'))) {
            while (mantissa.endsWith(QLatin1Char('0'))) mantissa.chop(1);
            if (mantissa.endsWith(QLatin1Char('.'))) mantissa.chop(1);
        }
        mantissa.replace(QLatin1Char('.'), locale().decimalPoint());
        return mantissa + QLatin1Char('e') + QString::number(text.mid(e + 1).toInt());
    }
    return locale().toString(value, 'g', digits);
}

QString loss(double value) {
    return std::isfinite(value) ? locale().toString(value, 'f', std::abs(value) < 99.995 ? 4 : 2)
                                : QStringLiteral("–");
}

QString dateTime(double unixSeconds) {
    if (unixSeconds <= 0) return QStringLiteral("–");
    const auto time = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(unixSeconds * 1000));
    return time.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
}

bool parse(const QString& text, double* value) {
    QString plain;
    for (const QChar c : text)
        if (!c.isSpace() && c != QLatin1Char('_') && c != QLatin1Char('\'')) plain += c;
    plain.replace(QChar(0x2212), QLatin1Char('-'));
    const qsizetype commas = plain.count(QLatin1Char(','));
    const qsizetype points = plain.count(QLatin1Char('.'));
    if (commas && points) {
        // The last of the two is the decimal mark, the other one groups.
        const bool comma = plain.lastIndexOf(QLatin1Char(',')) > plain.lastIndexOf(QLatin1Char('.'));
        plain.remove(comma ? QLatin1Char('.') : QLatin1Char(','));
        plain.replace(QLatin1Char(','), QLatin1Char('.'));
    } else if (commas > 1) {
        plain.remove(QLatin1Char(','));
    } else if (commas == 1) {
        plain.replace(QLatin1Char(','), QLatin1Char('.'));
    }
    bool ok = false;
    const double parsed = QLocale::c().toDouble(plain, &ok);
    if (!ok || !std::isfinite(parsed)) return false;
    *value = parsed;
    return true;
}

bool parse(const QString& text, std::int64_t* value) {
    // A whole number has no decimals, so "1,000" can only be a thousand here.
    QString plain = text;
    const qsizetype comma = plain.indexOf(QLatin1Char(','));
    if (comma > 0 && plain.mid(comma + 1).trimmed().size() == 3) plain.remove(QLatin1Char(','));
    double number = 0;
    if (!parse(plain, &number) || number != std::floor(number) || std::abs(number) > 9.0e15) return false;
    *value = static_cast<std::int64_t>(number);
    return true;
}

}  // namespace ui::units
