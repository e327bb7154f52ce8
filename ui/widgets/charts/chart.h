// What every chart of the window has in common: a title row with legend and log switch, a plot that is zoomed
// by dragging or by the wheel, fitted by a double click, copied and saved by its context menu, a read-out
// under the cursor, a sentence instead of empty axes, and colours that follow the theme. Subclasses bring the
// data. GUI thread. Redraws are queued: however often data arrives, the plot is drawn once per round of the
// event loop.
#pragma once

#include "ui/widgets/charts/axis_text.h"
#include "ui/widgets/charts/series_style.h"

#include <QImage>
#include <QList>
#include <QWidget>

#include <utility>

class QCPItemStraightLine;
class QCPPainter;
class QCustomPlot;
class QFrame;
class QHBoxLayout;
class QLabel;
class QMenu;
class QStackedLayout;
class QToolButton;

namespace ui {

class LegendBar;
class NiceTicker;

class Chart : public QWidget {
    Q_OBJECT

  public:
    ~Chart() override;

    void setTitle(const QString& title);
    QString title() const;
    void setXAxis(const QString& title, AxisText text, bool integers = false);
    void setYAxis(const QString& title, AxisText text);
    void setRightAxis(const QString& title, AxisText text);  // shows it
    void hideRightAxis();
    void setEmptyText(const QString& text);
    void setLegendVisible(bool visible);
    void setLogSwitchVisible(bool visible);
    void addHeaderWidget(QWidget* widget);  // left of the log switch; taken over

    void setLogY(bool on);
    bool logY() const { return m_logY; }

    // Everything in view, and following new data from now on.
    void fit();
    bool fitted() const { return m_autoX && m_autoY; }
    void setXRange(double lower, double upper);
    std::pair<double, double> xRange() const;
    std::pair<double, double> yRange() const;

    // The cursor at x on the plot (the nearest value is shown); snapped to a point where the subclass can.
    void setCursor(double x);
    void clearCursor();
    QString readout() const;  // plain text of what the cursor shows; empty without cursor

    // With title and legend. path ends in .png, .svg or .csv; the error is a sentence for the person.
    bool saveTo(const QString& path, QString* error) const;
    QImage picture(QSize size, qreal scale = 2) const;
    virtual QString csv() const = 0;
    virtual bool isEmpty() const = 0;

    QSize sizeHint() const override { return {420, 240}; }
    QSize minimumSizeHint() const override { return {200, 110}; }

  Q_SIGNALS:
    void logYChanged(bool on);
    void fitRequested();                            // by the person
    void xRangeChosen(double lower, double upper);  // by the person
    void cursorMoved(double x);                     // by the person
    void cursorLeft();
    void saveFailed(const QString& message);

  protected:
    Chart(const Theme& theme, QWidget* parent);

    struct Range {
        double lower = 0, upper = 0;
        bool valid = false;
        void include(double value);
    };
    struct LegendEntry {
        int id = 0;
        QString name;
        SeriesStyle style;
        bool shown = true;
    };

    // Just before drawing: put the visible data into the plot.
    virtual void prepare() = 0;
    virtual Range dataXRange() const = 0;
    virtual Range dataYRange(bool right) const = 0;  // of what is in view, after prepare()
    virtual void restyle() = 0;                      // colours of the data, after a change of theme
    virtual QList<LegendEntry> legendEntries() const = 0;
    virtual void setSeriesShown(int id, bool shown) = 0;
    // What to show for the cursor at x: sets x to the place of the line; html for the read-out, empty for
    // none.
    virtual QString readoutAt(double& x) const = 0;
    // Follows the pointer in both directions (scatter charts); default: only x counts.
    virtual QString readoutNear(QPointF) const { return {}; }
    virtual bool hasCursorLine() const { return true; }
    virtual void extendMenu(QMenu&) {}

    const Theme& theme() const { return m_theme; }
    QCustomPlot& plot() const { return *m_plot; }
    NiceTicker& xTicker() const { return *m_xTicker; }
    AxisText xText() const { return m_xText; }
    AxisText yText(bool right) const { return right ? m_rightText : m_yText; }
    bool isRightShown() const { return m_rightShown; }
    void setLogX(bool on);
    void legendChanged();
    void dataChanged();  // queues a redraw
    int plotWidth() const;

    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

  private:
    int headHeight() const;
    void buildPlot();
    void beforeReplot();
    void applyTheme();
    void applyAutoRange();
    void zoomTo(const QRect& area);
    void zoomBy(double factor, QPointF at, bool vertical);
    void panBy(QPoint pixels);
    void panByFraction(double fraction);
    void userChangedX();
    void userFit();
    void showReadout(const QString& html, QPointF at);
    void moveCursor(QPoint position);
    void copyPicture();
    void copyData();
    void saveInteractively(const QString& suffix);
    void paintPicture(QCPPainter& painter, QSize size) const;
    bool writePicture(const QString& path, QString* error) const;

    const Theme& m_theme;
    QHBoxLayout* m_head;
    QLabel* m_title;
    LegendBar* m_legend;
    QToolButton* m_log;
    QStackedLayout* m_stack;
    QFrame* m_frame;
    QLabel* m_empty;
    QLabel* m_readout;
    QCustomPlot* m_plot;
    QCPItemStraightLine* m_cursorLine;
    NiceTicker *m_xTicker, *m_yTicker, *m_rightTicker;  // the axes own them
    AxisText m_xText, m_yText, m_rightText;
    bool m_logY = false;
    bool m_logX = false;
    bool m_rightShown = false;
    bool m_autoX = true;
    bool m_autoY = true;
    bool m_panning = false;
    bool m_legendWanted = true;
    bool m_logWanted = true;
    QPoint m_panFrom;
};

}  // namespace ui
