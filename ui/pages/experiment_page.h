// Setting up an experiment in one view: model, data, matrices, training, and what it takes. Cards stand in
// three columns that become two and one as the window narrows; Start stays in sight below them. Folders and
// files can be dropped anywhere on the page.
#pragma once

#include "ui/page.h"

#include <QStringList>

class QLabel;
class QLineEdit;
class QPushButton;
class QScrollArea;

namespace ui {

class Card;
class DataCard;
class ExperimentPresenter;
class Machine;
class MatrixCard;
class ModelCard;
class PlanCard;
class TrainingForm;

class ExperimentPage : public Page {
    Q_OBJECT

  public:
    ExperimentPage(const AppContext& context, Machine& machine, QWidget* parent = nullptr);

    ExperimentPresenter& presenter() { return *m_presenter; }
    void useSpec(const engine::ExperimentSpec& spec);
    void openModel();
    void openData();
    void savePreset();
    void start();

    void refresh() override;

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    QWidget* buildFooter();
    void arrange(int columns);
    void showBlocker();
    void startRanks();
    void showQueued(const QStringList& runIds);

    ExperimentPresenter* m_presenter;
    ModelCard* m_modelCard;
    DataCard* m_dataCard;
    MatrixCard* m_matrixCard;
    TrainingForm* m_form;
    PlanCard* m_planCard;
    QScrollArea* m_scroll;
    QWidget* m_columns;
    int m_columnCount = 0;
    QLabel* m_hint;
    QLineEdit* m_ranks;
    QPushButton* m_rankStudy;
    QPushButton* m_start;
};

}  // namespace ui
