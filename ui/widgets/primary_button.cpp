#include "ui/widgets/primary_button.h"

#include "ui/theme/theme.h"

namespace ui {

PrimaryButton::PrimaryButton(const Theme& theme, const QString& text, QWidget* parent)
    : QPushButton(text, parent) {
    const auto paint = [this, &theme] {
        QPalette palette;
        for (const auto group : {QPalette::Active, QPalette::Inactive}) {
            // The style lightens a button's colour; on the darker one white words keep a contrast of 4.5.
            palette.setColor(group, QPalette::Button,
                             theme.isDark() ? theme.accent() : theme.accent().darker(140));
            palette.setColor(group, QPalette::ButtonText,
                             theme.isDark() ? QColor(0xff101417) : QColor(Qt::white));
        }
        setPalette(palette);
    };
    paint();
    connect(&theme, &Theme::changed, this, paint);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    setFont(bold);
    setMinimumWidth(96);
}

}  // namespace ui
