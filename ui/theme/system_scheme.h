// Whether the desktop is dark, and when that changes. Qt tells from 6.5 on; before that the desktop portal is
// asked (org.freedesktop.appearance, color-scheme), and where there is none the palette that the desktop gave
// to Qt decides. GUI thread only; never waits.
#pragma once

#include <QDBusVariant>
#include <QObject>

namespace ui {

class SystemScheme : public QObject {
    Q_OBJECT

  public:
    // To be made before the application's palette is replaced.
    explicit SystemScheme(QObject* parent = nullptr);

    bool isDark() const { return m_dark; }

  Q_SIGNALS:
    void changed();

  private Q_SLOTS:
    void portalChanged(const QString& space, const QString& key, const QDBusVariant& value);

  private:
    void askPortal();
    void adopt(bool dark);

    bool m_dark = false;
};

}  // namespace ui
