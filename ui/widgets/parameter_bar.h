// How much of the model is trained, as one thin bar. A share too small to see still shows as a sliver.
#pragma once

#include <QWidget>

namespace ui {

class Theme;

class ParameterBar : public QWidget {
    Q_OBJECT

  public:
    explicit ParameterBar(const Theme& theme, QWidget* parent = nullptr);

    void setValue(qint64 trainable, qint64 total);

    QSize sizeHint() const override { return {160, 8}; }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    const Theme& m_theme;
    double m_share = 0;
};

}  // namespace ui
