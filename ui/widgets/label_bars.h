// How often each label comes in a data file: a bar for each, its name in front and the rows behind.
#pragma once

#include "engine/data.h"

#include <QWidget>

#include <vector>

namespace ui {

class Theme;

class LabelBars : public QWidget {
    Q_OBJECT

  public:
    explicit LabelBars(const Theme& theme, QWidget* parent = nullptr);

    // rows: of the file; a row with several labels counts for each of them.
    void setLabels(std::vector<engine::DataReport::LabelCount> labels, qint64 rows);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

  private:
    int shown() const;  // labels with a line of their own
    int lineHeight() const;

    const Theme& m_theme;
    std::vector<engine::DataReport::LabelCount> m_labels;
    qint64 m_rows = 0;
};

}  // namespace ui
