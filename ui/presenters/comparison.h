// What the Compare page shows of one adapter, read from the catalog; and which look it has while it is on the
// page.
#pragma once

#include "ui/widgets/charts/series_style.h"

#include <catalog/records.h>
#include <engine/experiment_spec.h>
#include <workbench/workbench.h>

#include <QMap>
#include <QPointF>
#include <QStringList>

#include <optional>
#include <string>
#include <vector>

namespace ui {

struct ComparedAdapter {
    catalog::AdapterRecord record;
    std::optional<engine::ExperimentSpec> spec;  // none for imported adapters
    std::vector<QPointF> trainLoss, evalLoss;    // (step, loss)
    std::vector<QPointF> score;                  // (step, main figure of a classifier)

    QString id() const { return QString::fromStdString(record.id); }
    QString name() const { return QString::fromStdString(record.name); }
};

// Any thread. Adapters that are gone or in the trash are left out.
std::vector<ComparedAdapter> readComparison(workbench::Workbench& workbench, const QStringList& ids);

// What the newest adapter can be compared with: those that learned the same base the same data, as many of the newest as there
// are colours, it included, by rank.
struct Comparable {
    QStringList ids;  // empty when it is alone
    QString model, data;
};
Comparable comparableWithTheNewest(workbench::Workbench& workbench);  // any thread

// What adapters can be judged by: the name of a figure of classifiers, empty for the evaluation loss.
struct Measure {
    std::string metric;

    bool moreIsBetter() const { return !metric.empty(); }
    std::optional<double> of(const catalog::AdapterRecord& adapter) const;  // empty: not measured, or not finite
    bool operator==(const Measure&) const = default;
};

// The loss, then every figure that occurs.
std::vector<Measure> measuresOf(const std::vector<ComparedAdapter>& adapters);
// What their task is judged by: the main figure that all of them share, else the loss.
Measure mainMeasure(const std::vector<ComparedAdapter>& adapters);

// An adapter keeps its look while others come and go; a freed look is given to the next one.
class LookBook {
  public:
    void keepOnly(const QStringList& ids);
    SeriesStyle look(const QString& id);

  private:
    QMap<QString, int> m_taken;
};

}  // namespace ui
