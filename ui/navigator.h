// How pages send a person to another page without knowing it: a page emits, the main window shows and
// forwards. GUI thread only.
#pragma once

#include "engine/experiment_spec.h"

#include <QObject>
#include <QStringList>

namespace ui {

class Navigator : public QObject {
    Q_OBJECT

  public:
    using QObject::QObject;

  Q_SIGNALS:
    void experimentRequested(const engine::ExperimentSpec& spec);  // use as new experiment
    void runRequested(const QString& runId);
    void adapterRequested(const QString& adapterId);  // in the catalog
    void compareRequested(const QStringList& adapterIds);
    void exportRequested(const QString& adapterId);
};

}  // namespace ui
