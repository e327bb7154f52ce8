// Row lengths of a data file in tokens, with a line at the length where rows are cut.
#pragma once

#include "engine/data.h"

#include <QWidget>

#include <vector>

namespace ui {

class Theme;

class LengthHistogram : public QWidget {
    Q_OBJECT

  public:
    explicit LengthHistogram(const Theme& theme, QWidget* parent = nullptr);

    // cutOff in tokens; 0 draws no line.
    void setBins(std::vector<engine::HistogramBin> bins, qint64 cutOff);

    QSize sizeHint() const override { return {240, 84}; }
    QSize minimumSizeHint() const override { return {120, 72}; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

  private:
    QRectF plotArea() const;
    double xOf(double tokens) const;

    const Theme& m_theme;
    std::vector<engine::HistogramBin> m_bins;
    qint64 m_cutOff = 0;
    qint64 m_end = 1;   // tokens at the right edge
    qint64 m_most = 1;  // rows in the fullest bin
};

}  // namespace ui
