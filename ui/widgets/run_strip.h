// At the bottom of the window while something trains: which run, how far, loss, speed, time left, pause and
// stop.
#pragma once

#include "engine/events.h"

#include <QFrame>
#include <QString>

class QLabel;
class QProgressBar;
class QToolButton;

namespace ui {

class Theme;

class RunStrip : public QFrame {
    Q_OBJECT

  public:
    explicit RunStrip(const Theme& theme, QWidget* parent = nullptr);

    void begin(const QString& name, qint64 totalSteps);
    void showStep(const engine::StepMetrics& step);
    void showState(const QString& state);
    void setPaused(bool paused);
    void showStopping();

  Q_SIGNALS:
    void pauseToggled(bool paused);
    void stopRequested();
    void opened();  // the person wants to see the run

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void restyle();

    const Theme& m_theme;
    QLabel* m_name;
    QLabel* m_state;
    QProgressBar* m_progress;
    QLabel* m_steps;
    QLabel* m_loss;
    QLabel* m_speed;
    QLabel* m_eta;
    QToolButton* m_pause;
    QToolButton* m_stop;
    qint64 m_total = 0;
    double m_lastLoss = 0;
    bool m_paused = false;
};

}  // namespace ui
