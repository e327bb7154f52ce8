// A small matrix of numbers as colours, rows × columns, with a colour scale beside it: ||dW|| per layer and
// matrix. Colours rise evenly in brightness (close to viridis). A cell without value stays empty. GUI thread.
#pragma once

#include <QAbstractScrollArea>
#include <QStringList>
#include <QVector>

namespace ui {

class Theme;

// t in 0..1.
QColor heatColor(double t);

class HeatMap : public QAbstractScrollArea {
    Q_OBJECT

  public:
    explicit HeatMap(const Theme& theme, QWidget* parent = nullptr);

    void setTitles(const QString& rowTitle, const QString& valueTitle);
    void setEmptyText(const QString& text);
    // values: row after row, NaN where there is none.
    void setData(const QStringList& rows, const QStringList& columns, QVector<double> values);
    void clear();
    bool isEmpty() const { return m_values.isEmpty(); }
    double value(int row, int column) const;
    QString csv() const;

    QSize minimumSizeHint() const override { return {160, 60}; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool viewportEvent(QEvent* event) override;

  private:
    QRect cell(int row, int column) const;
    int rowHeight() const;
    int columnWidth() const;
    int leftMargin() const;
    int topMargin() const;
    int legendWidth() const;
    void updateScrollBar();
    void paintScale(QPainter& painter) const;

    const Theme& m_theme;
    QString m_rowTitle, m_valueTitle, m_emptyText;
    QStringList m_rows, m_columns;
    QVector<double> m_values;
    double m_low = 0, m_high = 1;
};

}  // namespace ui
