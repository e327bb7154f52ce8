// A row of buttons, one per series, that wraps when it gets long: shows how a series looks, hides and shows
// it. GUI thread.
#pragma once

#include "ui/widgets/charts/series_style.h"

#include <QLayout>
#include <QList>
#include <QWidget>

class QToolButton;

namespace ui {

// Lays widgets out like words of a text.
class FlowLayout : public QLayout {
  public:
    explicit FlowLayout(QWidget* parent = nullptr, int horizontalGap = 4, int verticalGap = 2);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    Qt::Orientations expandingDirections() const override { return {}; }
    void setGeometry(const QRect& area) override;

  private:
    int arrange(const QRect& area, bool apply) const;

    QList<QLayoutItem*> m_items;
    int m_horizontalGap, m_verticalGap;
};

class LegendBar : public QWidget {
    Q_OBJECT

  public:
    explicit LegendBar(const Theme& theme, QWidget* parent = nullptr);

    void clear();
    void add(int series, const QString& name, const SeriesStyle& style, bool shown = true);
    void restyle();  // after a change of theme

  Q_SIGNALS:
    void toggled(int series, bool shown);

  private:
    struct Entry {
        QToolButton* button;
        SeriesStyle style;
    };
    void paint(const Entry& entry) const;

    const Theme& m_theme;
    QList<Entry> m_entries;
};

}  // namespace ui
