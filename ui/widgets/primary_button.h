// The one button of a page that the person came for: filled with the accent colour.
#pragma once

#include <QPushButton>

namespace ui {

class Theme;

class PrimaryButton : public QPushButton {
    Q_OBJECT

  public:
    PrimaryButton(const Theme& theme, const QString& text, QWidget* parent = nullptr);
};

}  // namespace ui
