#include "ui/format/parameters.h"

#include "ui/format/units.h"

#include <QCoreApplication>

namespace ui {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ui::Parameters)
};

}  // namespace

QString adapterParameters(const catalog::AdapterRecord& adapter) {
    if (adapter.whole_params <= 0) return units::count(adapter.trainable_params);
    return Words::tr("%1 + %2").arg(units::count(adapter.trainable_params - adapter.whole_params), units::count(adapter.whole_params));
}

QString adapterParametersMeaning(const catalog::AdapterRecord& adapter) {
    if (adapter.whole_params <= 0) return {};
    const QString pairs = units::count(adapter.trainable_params - adapter.whole_params), whole = units::count(adapter.whole_params);
    // Only a classifier is judged by figures beside its loss.
    return adapter.metrics.empty() ? Words::tr("%1 in low-rank pairs, %2 in whole modules and biases").arg(pairs, whole)
                                   : Words::tr("%1 in low-rank pairs, %2 in the head and other whole modules").arg(pairs, whole);
}

}  // namespace ui
