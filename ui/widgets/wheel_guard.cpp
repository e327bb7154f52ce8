#include "ui/widgets/wheel_guard.h"

#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QScrollBar>

namespace ui {

namespace {

// The field that would take the wheel: the widget itself or, for the line edit inside of a spin box, its
// parent.
QWidget* fieldOf(QObject* watched) {
    auto* widget = qobject_cast<QWidget*>(watched);
    if (widget && qobject_cast<QAbstractSpinBox*>(widget->parentWidget())) widget = widget->parentWidget();
    if (widget && qobject_cast<QComboBox*>(widget->parentWidget())) widget = widget->parentWidget();
    if (qobject_cast<QScrollBar*>(widget)) return nullptr;
    const bool field = qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QComboBox*>(widget) ||
                       qobject_cast<QAbstractSlider*>(widget);
    return field ? widget : nullptr;
}

}  // namespace

bool WheelGuard::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Polish) {
        // Qt's default lets a wheel give the focus first, and a focused field would then turn.
        QWidget* field = fieldOf(watched);
        if (field == watched && field && field->focusPolicy() == Qt::WheelFocus)
            field->setFocusPolicy(Qt::StrongFocus);
    } else if (event->type() == QEvent::Wheel) {
        QWidget* field = fieldOf(watched);
        if (field && (qobject_cast<QComboBox*>(field) || !field->hasFocus())) {
            event->ignore();  // goes on to the parent, which may scroll
            return true;
        }
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace ui
