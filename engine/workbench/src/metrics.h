// What the engine measures beside the loss, as the catalog keeps it.
#pragma once

#include <catalog/records.h>
#include <engine/events.h>

namespace workbench {

inline catalog::Metrics catalog_metrics(const std::vector<engine::NamedValue>& values) {
    catalog::Metrics metrics;
    for (const engine::NamedValue& value : values) metrics.push_back({value.name, value.value});
    return metrics;
}

}  // namespace workbench
