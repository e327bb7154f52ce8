// What every page is given. References that outlive the window; app/application.cpp owns the objects behind
// them.
#pragma once

#include "workbench/run_queue.h"
#include "workbench/workbench.h"

class QSettings;

namespace ui {

class Navigator;
class RunBridge;
class TaskRunner;
class Theme;

struct AppContext {
    workbench::Workbench& workbench;  // milliseconds per call, except training, export and data inspection
    workbench::RunQueue& queue;       // after enqueue, move or cancel: bridge.announceQueueChanged()
    TaskRunner& tasks;
    RunBridge& bridge;
    Theme& theme;
    Navigator& navigator;
    QSettings& settings;  // window.ini in the data folder
};

}  // namespace ui
