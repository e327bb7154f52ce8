#include "ui/widgets/primary_button.h"

#include "ui/theme/theme.h"

namespace ui {

PrimaryButton::PrimaryButton(const Theme& theme, const QString& text, QWidget* parent)
    : QPushButton(text, parent) {
    const auto paint = [this, &theme] {
        QPalette palette;
        for (const auto group : {QPalette::Active, QPalette::Inactive}) {
            palette.setColor(group, QPalette::Button, theme.accent());
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
