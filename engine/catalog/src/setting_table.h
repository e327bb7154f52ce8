// SQL on settings and recently used models.
#pragma once

#include "database.h"

#include <catalog/records.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::setting_table {

std::optional<std::string> get(Database& database, std::string_view key);
void set(Database& database, const std::string& key, const std::string& value);

void touch_model(Database& database, const std::string& ref, const std::string& name);
std::vector<RecentModel> recent_models(Database& database, std::size_t limit);
void forget_model(Database& database, const std::string& ref);

}  // namespace catalog::setting_table
