// The memory forecast by part, against what the device has free: a stacked bar with a mark at the limit, and
// a legend.
#pragma once

#include "engine/plan.h"

#include <QWidget>

#include <vector>

namespace ui {

class Theme;

class MemoryBar : public QWidget {
    Q_OBJECT

  public:
    enum class Fit { Unknown, Good, Tight, TooMuch };  // Tight: above 85 % of what is free

    explicit MemoryBar(const Theme& theme, QWidget* parent = nullptr);

    void setForecast(const engine::MemoryForecast& forecast);
    static Fit fitOf(const engine::MemoryForecast& forecast);

    QSize sizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

  private:
    struct Part {
        QString name;
        qint64 bytes;
        QString meaning;
    };
    // Places the legend; returns the height. Paints when a painter is given.
    int layLegend(int width, class QPainter* painter) const;

    const Theme& m_theme;
    engine::MemoryForecast m_forecast;
    std::vector<Part> m_parts;
};

}  // namespace ui
