// SQL on exports.
#pragma once

#include "database.h"

#include <catalog/records.h>

#include <string>
#include <vector>

namespace catalog::export_table {

ExportRecord insert(Database& database, ExportRecord record);
std::vector<ExportRecord> list(Database& database, const std::string& adapter_id);

}  // namespace catalog::export_table
