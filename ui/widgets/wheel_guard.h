// One event filter for the whole application: a wheel that turns over a closed combo box, or over a spin box
// or slider that does not have the keyboard focus, scrolls the page instead of changing the value.
#pragma once

#include <QObject>

namespace ui {

class WheelGuard : public QObject {
    Q_OBJECT

  public:
    // Install with qApp->installEventFilter().
    using QObject::QObject;

    bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace ui
