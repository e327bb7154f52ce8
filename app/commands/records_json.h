// Values of engine and catalog as JSON: the keys that scripts rely on.
#pragma once

#include "catalog/records.h"
#include "output.h"
#include "workbench/workbench.h"

#include <engine/events.h>
#include <engine/export.h>

namespace commands {

Json to_json(const catalog::RunRecord& run);
Json to_json(const catalog::AdapterRecord& adapter);
Json to_json(const catalog::ExportRecord& record);
Json to_json(const engine::Event& event);  // {"event": "step", ...}
Json to_json(const engine::SelfTest& test);
Json to_json(const engine::ExportReport& report);

}  // namespace commands
