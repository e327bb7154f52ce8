// Charts of one run read as one: the cursor stands at the same x on all of them, and zooming one in x zooms
// the rest. GUI thread.
#pragma once

#include <QList>
#include <QObject>

namespace ui {

class Chart;

class ChartLink : public QObject {
    Q_OBJECT

  public:
    using QObject::QObject;
    void add(Chart* chart);  // not owned; leaves by itself when destroyed

  private:
    template <class Action>
    void others(const Chart* source, Action action);

    QList<Chart*> m_charts;
};

}  // namespace ui
