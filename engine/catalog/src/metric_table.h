// SQL on the curves of runs.
#pragma once

#include "database.h"

#include <catalog/records.h>

#include <string>
#include <string_view>
#include <vector>

namespace catalog::metric_table {

void append(Database& database, const std::string& run_id, const std::vector<MetricSample>& samples);
void discard_after(Database& database, const std::string& run_id, std::int64_t step);
std::vector<MetricPoint> series(Database& database, const std::string& run_id, std::string_view key,
                                std::size_t max_points, std::int64_t after_step);
std::vector<std::string> keys(Database& database, const std::string& run_id, std::string_view prefix);
std::vector<MetricSample> last_points(Database& database, const std::string& run_id, std::string_view prefix);

}  // namespace catalog::metric_table
