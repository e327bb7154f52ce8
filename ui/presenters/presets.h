// Named starting points for the form. A preset changes method, targets, adapter and optimiser; never model or
// data.
#pragma once

#include "engine/experiment_spec.h"

#include <QString>

#include <vector>

class QSettings;

namespace ui {

struct Preset {
    QString name;
    QString meaning;  // for the tooltip: where the numbers come from
    engine::ExperimentSpec spec;
    bool own = false;  // saved by the person, may be removed
};

std::vector<Preset> builtinPresets();
// Saved ones are kept as JSON under "presets/".
std::vector<Preset> savedPresets(QSettings& settings);
void savePreset(QSettings& settings, const QString& name, const engine::ExperimentSpec& spec);
void removePreset(QSettings& settings, const QString& name);

// spec with the preset's choices; targets that the model does not have are left out.
engine::ExperimentSpec applyPreset(const Preset& preset, engine::ExperimentSpec spec,
                                   const std::vector<std::string>& kinds);

}  // namespace ui
