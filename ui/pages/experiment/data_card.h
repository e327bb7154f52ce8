// The data file: where it comes from, what is good and bad in it, how long its rows are, and how the model
// will see them.
#pragma once

#include "engine/data.h"
#include "ui/widgets/card.h"

class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QToolButton;

namespace workbench {
class Workbench;
}

namespace ui {

class ExperimentPresenter;
class LabelBars;
class LengthHistogram;
class NumberField;
class TaskField;
class TokenPreview;

class DataCard : public Card {
    Q_OBJECT

  public:
    DataCard(const Theme& theme, workbench::Workbench& workbench, ExperimentPresenter& presenter,
             QWidget* parent = nullptr);

    void browse();

  private:
    void buildFields();
    void fillMenu();
    void showSpec();
    void showTask();
    void showReport();
    void browseHeldOut();
    void setChatTemplate(const QString& file);  // empty: the model's own
    void showBadRows();

    const Theme& m_theme;
    workbench::Workbench& m_workbench;
    ExperimentPresenter& m_presenter;
    QPushButton* m_choose;
    QMenu* m_menu;
    QLabel* m_file;
    QLabel* m_facts;
    QLabel* m_warning;
    QPushButton* m_look;
    LabelBars* m_labels;
    LengthHistogram* m_histogram;
    TaskField* m_task;
    QLabel* m_taskNote;
    QLabel* m_templateLabel;
    QLineEdit* m_template;
    NumberField* m_heldOut;
    QLabel* m_heldOutUnit;
    QLabel* m_heldOutFile;
    QToolButton* m_heldOutChoose;
    QLabel* m_legend;
    TokenPreview* m_preview;
};

// "\n" and "\t" as a person types them, and back.
QString escaped(const QString& text);
QString unescaped(const QString& text);

}  // namespace ui
