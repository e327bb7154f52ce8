// The base model as its headers describe it, and the ways to choose another one: shipped, recent, a folder, a
// drop.
#pragma once

#include "ui/widgets/card.h"

class QLabel;
class QMenu;
class QPushButton;

namespace workbench {
class Workbench;
}

namespace ui {

class ExperimentPresenter;

class ModelCard : public Card {
    Q_OBJECT

  public:
    ModelCard(const Theme& theme, workbench::Workbench& workbench, ExperimentPresenter& presenter,
              QWidget* parent = nullptr);

    void browse();  // asks for a folder

  private:
    void refresh();
    void showExports();
    void fillMenu();

    const Theme& m_theme;
    workbench::Workbench& m_workbench;
    ExperimentPresenter& m_presenter;
    QPushButton* m_choose;
    QMenu* m_menu;
    QLabel* m_name;
    QLabel* m_facts;
    QLabel* m_checks;
    QLabel* m_exports;
};

}  // namespace ui
