// Says how a run has ended, on whatever page the person is: one message bar of the window, where the run
// strip was, that leads to the run. Goes away when the person sees that run or it starts again; a failure
// stays until somebody has closed it or followed it, also when a later run ends well. GUI thread only.
#pragma once

#include "ui/context.h"

#include <QObject>
#include <QString>

namespace ui {

class MessageBar;

class RunNotice : public QObject {
    Q_OBJECT

  public:
    RunNotice(const AppContext& context, MessageBar& bar, QObject* parent = nullptr);

    // seen: the person has this run before them; then its adapter is what can be shown next.
    void runEnded(const QString& runId, const workbench::RunEnded& ended, bool seen);
    void runSeen(const QString& runId);
    void runStarted(const QString& runId);

  private:
    AppContext m_context;
    MessageBar& m_bar;
    QString m_runId;  // that the bar speaks of, or spoke of last
};

}  // namespace ui
