// Rank, scaling, optimiser, batches, device: the fields of an experiment beside model, matrices and data.
// Each field writes to the presenter as one types and shows what the presenter holds after it was replaced.
#pragma once

#include "ui/widgets/card.h"

#include <functional>
#include <vector>

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QMenu;
class QSettings;
class QSlider;
class QPushButton;
class QToolButton;

namespace engine {
struct ExperimentSpec;
}

namespace ui {

class DeviceCombo;
class ExperimentPresenter;
class Machine;
class NumberField;

class TrainingForm : public Card {
    Q_OBJECT

  public:
    TrainingForm(const Theme& theme, QSettings& settings, Machine& machine, ExperimentPresenter& presenter,
                 QWidget* parent = nullptr);

    void savePreset();  // asks for a name

  private:
    using Read = std::function<double(const engine::ExperimentSpec&)>;
    using Write = std::function<void(engine::ExperimentSpec&, double)>;

    void buildAdapterRows();
    void buildOptimizerRows();
    void buildBatchRows();
    void buildMachineRows();
    void buildMoreRows();
    NumberField* field(const char* name, const QString& toolTip, bool whole, double least, double most,
                       Read read, Write write);
    QComboBox* choice(const char* name, const QString& toolTip, const QStringList& texts, Read read,
                      Write write);
    QLabel* row(const QString& label, QWidget* buddy, std::initializer_list<QWidget*> widgets);
    QLabel* hint(const QString& text);
    void fillPresets();
    void showSpec();
    void showConsequences();
    void unfoldMore(bool open);
    void showMore();
    void fillModules();

    const Theme& m_theme;
    QSettings& m_settings;
    ExperimentPresenter& m_presenter;
    QMenu* m_presets;
    QGridLayout* m_grid;
    std::vector<std::function<void(const engine::ExperimentSpec&)>> m_readers;
    NumberField* m_rank = nullptr;
    QSlider* m_slider = nullptr;
    QLabel* m_scaling = nullptr;
    NumberField* m_amount = nullptr;
    QLabel* m_steps = nullptr;
    DeviceCombo* m_device;
    QLabel *m_deviceReason = nullptr, *m_precisionHint = nullptr;
    QLineEdit* m_name = nullptr;
    QToolButton* m_more = nullptr;
    bool m_moreOpen = false;
    std::vector<QWidget*> m_moreRows;
    QLabel *m_biasHint = nullptr, *m_modulesHint = nullptr;
    QLineEdit* m_modules = nullptr;
    QMenu* m_moduleMenu = nullptr;
};

}  // namespace ui
