#include "ui/theme/theme.h"

#include "ui/theme/system_scheme.h"

#include <QApplication>
#include <QFile>
#include <QPainter>
#include <QSettings>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QToolTip>

#include <array>

// Outside of namespaces, as Q_INIT_RESOURCE asks.
static void loadResources() {
    Q_INIT_RESOURCE(resources);
}

namespace ui {

namespace {

const QString modeKey = QStringLiteral("appearance/mode");

// One row per role: light, dark. Contrasts of text on window and surface are at least 7:1, of
// secondaryText 4.5:1.
struct Pair {
    QRgb light;
    QRgb dark;
    QColor pick(bool isDark) const { return QColor(isDark ? dark : light); }
};
constexpr Pair windowPair{0xfff3f5f7, 0xff1d2125};
constexpr Pair surfacePair{0xffffffff, 0xff262b30};
constexpr Pair fieldPair{0xffffffff, 0xff2e343a};
constexpr Pair alternatePair{0xfff7f9fa, 0xff333a41};
constexpr Pair buttonPair{0xfffafbfc, 0xff32383e};
constexpr Pair textPair{0xff1b2126, 0xffe4e8eb};
constexpr Pair secondaryPair{0xff57616a, 0xffa3adb5};
constexpr Pair disabledPair{0xff949da5, 0xff818c94};
constexpr Pair borderPair{0xffd3d9de, 0xff3d454c};
constexpr Pair gridPair{0xffe4e8eb, 0xff363d43};
constexpr Pair accentPair{0xff0b6bb5, 0xff4da3e0};
constexpr Pair successPair{0xff00795a, 0xff35b98f};
constexpr Pair warningPair{0xff9a6200, 0xffe5a93b};
constexpr Pair dangerPair{0xffb93400, 0xfff0764a};

// Okabe & Ito 2002, https://jfly.uni-koeln.de/color/ ; yellow is too pale on white and blue and black too
// deep on a dark ground, so these three differ between the palettes.
constexpr std::array<Pair, 8> series{{{0xff0072b2, 0xff56a6e0},
                                      {0xffe69f00, 0xffe69f00},
                                      {0xff009e73, 0xff1fb88c},
                                      {0xffd55e00, 0xfff0762a},
                                      {0xffcc79a7, 0xffdb8fbb},
                                      {0xff56b4e9, 0xff9ad4f5},
                                      {0xffa89b00, 0xfff0e442},
                                      {0xff1b2126, 0xffe4e8eb}}};

}  // namespace

Theme::Theme(QSettings& settings, QObject* parent)
    : QObject(parent), m_settings(settings), m_system(new SystemScheme(this)) {
    loadResources();
    const QString saved = settings.value(modeKey).toString();
    m_mode = saved == QLatin1String("dark")    ? Mode::Dark
             : saved == QLatin1String("light") ? Mode::Light
                                               : Mode::System;
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    connect(m_system, &SystemScheme::changed, this, [this] {
        if (m_mode == Mode::System) apply();
    });
    apply();
}

void Theme::setMode(Mode mode) {
    m_mode = mode;
    m_settings.setValue(modeKey, mode == Mode::Dark    ? QStringLiteral("dark")
                                 : mode == Mode::Light ? QStringLiteral("light")
                                                       : QStringLiteral("system"));
    apply();
}

void Theme::apply() {
    m_dark = m_mode == Mode::Dark || (m_mode == Mode::System && m_system->isDark());

    QPalette p;
    const auto set = [&](QPalette::ColorRole role, const Pair& pair) { p.setColor(role, pair.pick(m_dark)); };
    set(QPalette::Window, windowPair);
    set(QPalette::WindowText, textPair);
    set(QPalette::Base, fieldPair);
    set(QPalette::AlternateBase, alternatePair);
    set(QPalette::Text, textPair);
    set(QPalette::Button, buttonPair);
    set(QPalette::ButtonText, textPair);
    set(QPalette::BrightText, dangerPair);
    set(QPalette::PlaceholderText, disabledPair);
    set(QPalette::ToolTipBase, surfacePair);
    set(QPalette::ToolTipText, textPair);
    set(QPalette::Link, accentPair);
    set(QPalette::LinkVisited, accentPair);
    set(QPalette::Highlight, accentPair);
    p.setColor(QPalette::HighlightedText, m_dark ? QColor(0xff101417) : QColor(Qt::white));
    p.setColor(QPalette::Light, m_dark ? QColor(0xff3d454c) : QColor(Qt::white));
    p.setColor(QPalette::Midlight, m_dark ? QColor(0xff363d43) : QColor(0xffeceff2));
    p.setColor(QPalette::Mid, m_dark ? QColor(0xff2b3036) : QColor(0xffc3cad0));
    p.setColor(QPalette::Dark, m_dark ? QColor(0xff14171a) : QColor(0xffa9b2ba));
    p.setColor(QPalette::Shadow, m_dark ? QColor(0xff0b0d0f) : QColor(0xff7d8790));
    for (const auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, disabledPair.pick(m_dark));
    p.setColor(QPalette::Disabled, QPalette::Base, windowPair.pick(m_dark));
    p.setColor(QPalette::Disabled, QPalette::Highlight, borderPair.pick(m_dark));
    QApplication::setPalette(p);
    QToolTip::setPalette(p);
    Q_EMIT changed();
}

QColor Theme::seriesColor(int i) const {
    return series[static_cast<std::size_t>(i) % series.size()].pick(m_dark);
}

Qt::PenStyle Theme::seriesLine(int i) const {
    // The second round of colours is dashed, the third dotted.
    static constexpr std::array<Qt::PenStyle, 4> styles{Qt::SolidLine, Qt::DashLine, Qt::DotLine,
                                                        Qt::DashDotLine};
    return styles[static_cast<std::size_t>(i) / series.size() % styles.size()];
}

QColor Theme::accent() const {
    return accentPair.pick(m_dark);
}
QColor Theme::text() const {
    return textPair.pick(m_dark);
}
QColor Theme::secondaryText() const {
    return secondaryPair.pick(m_dark);
}
QColor Theme::window() const {
    return windowPair.pick(m_dark);
}
QColor Theme::surface() const {
    return surfacePair.pick(m_dark);
}
QColor Theme::border() const {
    return borderPair.pick(m_dark);
}
QColor Theme::grid() const {
    return gridPair.pick(m_dark);
}
QColor Theme::success() const {
    return successPair.pick(m_dark);
}
QColor Theme::warning() const {
    return warningPair.pick(m_dark);
}
QColor Theme::danger() const {
    return dangerPair.pick(m_dark);
}

QColor Theme::mix(const QColor& a, const QColor& b, double t) {
    const auto blend = [t](int from, int to) { return static_cast<int>(from + (to - from) * t + 0.5); };
    return QColor(blend(a.red(), b.red()), blend(a.green(), b.green()), blend(a.blue(), b.blue()));
}

QIcon Theme::icon(const QString& name) const {
    return icon(name, text());
}

QIcon Theme::icon(const QString& name, const QColor& color) const {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) {
        qWarning("There is no icon named %s.", qPrintable(name));
        return {};
    }
    const QByteArray svg = file.readAll();
    const auto render = [&](const QColor& ink, int size) {
        QByteArray coloured = svg;
        coloured.replace("currentColor", ink.name().toLatin1());
        QSvgRenderer renderer(coloured);
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        renderer.render(&painter, QRectF(0, 0, size, size));
        return pixmap;
    };
    QIcon icon;
    for (const int size : {16, 20, 24, 32, 40, 48, 64}) {
        icon.addPixmap(render(color, size), QIcon::Normal);
        icon.addPixmap(render(disabledPair.pick(m_dark), size), QIcon::Disabled);
    }
    return icon;
}

}  // namespace ui
