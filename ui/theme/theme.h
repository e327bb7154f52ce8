// Colours and icons. Fusion with our own light and dark palettes; follows the system or a fixed choice,
// switchable while the window is open. GUI thread only. One object, made by app/application.cpp before the
// first widget.
#pragma once

#include <QColor>
#include <QIcon>
#include <QObject>

class QSettings;

namespace ui {

class SystemScheme;

class Theme : public QObject {
    Q_OBJECT

  public:
    enum class Mode { System, Light, Dark };

    // Reads the mode from settings ("appearance/mode"), sets style and palette of the application.
    explicit Theme(QSettings& settings, QObject* parent = nullptr);

    Mode mode() const { return m_mode; }
    void setMode(Mode mode);  // remembered
    bool isDark() const { return m_dark; }

    // Okabe & Ito's colours, ordered for contrast and adjusted per palette; i >= 0, repeats after 8.
    QColor seriesColor(int i) const;
    // Goes with the colour, so that curves can be told apart without it.
    Qt::PenStyle seriesLine(int i) const;

    QColor accent() const;
    QColor text() const;           // on window and surface
    QColor secondaryText() const;  // units, hints; still 4.5:1
    QColor window() const;
    QColor surface() const;  // cards, charts, tables
    QColor border() const;
    QColor grid() const;  // chart grid lines
    QColor success() const;
    QColor warning() const;
    QColor danger() const;
    // 0..1 between two colours; used for shading.
    static QColor mix(const QColor& a, const QColor& b, double t);

    // resources/icons/NAME.svg drawn in the palette's text colour (or the given one), crisp at any scale. An
    // icon made here does not change afterwards: ask again on changed().
    QIcon icon(const QString& name) const;
    QIcon icon(const QString& name, const QColor& color) const;

  Q_SIGNALS:
    void changed();  // palette is already set

  private:
    void apply();

    QSettings& m_settings;
    SystemScheme* m_system;
    Mode m_mode = Mode::System;
    bool m_dark = false;
};

}  // namespace ui
