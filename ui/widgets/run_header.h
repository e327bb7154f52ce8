// The state of a run to be read from some metres away: name and state, six figures, a progress bar.
#pragma once

#include <catalog/records.h>
#include <engine/events.h>

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QProgressBar;

namespace ui {

class Theme;

class RunHeader : public QWidget {
    Q_OBJECT

  public:
    explicit RunHeader(const Theme& theme, QWidget* parent = nullptr);

    void setRun(const catalog::RunRecord& run);
    void setStep(const engine::StepMetrics& step);
    void setEvaluation(const engine::EvalMetrics& evaluation);
    void clear();

  private:
    struct Figure {
        QLabel *value, *caption;
        QLayout* column = nullptr;
    };
    Figure addFigure(QHBoxLayout& row, const QString& name, const QString& caption);
    void setSteps(std::int64_t done);
    void restyle();
    // The main figure of a classifier; hidden where there is none.
    void showScore(const catalog::Metrics& metrics, const QString& toolTip);
    // Beside the peak of a run that has ended; 0: not known.
    void showMemoryFloor(std::int64_t bytes);

    const Theme& m_theme;
    QLabel *m_name, *m_state;
    QHBoxLayout* m_figures;
    Figure m_step, m_loss, m_evalLoss, m_score, m_speed, m_time, m_memory;
    QProgressBar* m_progress;
    QString m_runId;
    std::int64_t m_totalSteps = 0;
};

}  // namespace ui
