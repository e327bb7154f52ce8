// SQL on adapters and their tags.
#pragma once

#include "database.h"

#include <catalog/records.h>

#include <string>
#include <string_view>
#include <vector>

namespace catalog::adapter_table {

AdapterRecord insert(Database& database, AdapterRecord adapter);
AdapterRecord find(Database& database, std::string_view id_or_name);
std::vector<AdapterRecord> list(Database& database, const AdapterFilter& filter);
std::string unique_name(Database& database, const std::string& wanted);

void rename(Database& database, const std::string& id, const std::string& name);
void set_path(Database& database, const std::string& id, const std::string& path, std::int64_t size_bytes,
              const std::string& hash);
void set_eval_loss(Database& database, const std::string& id, std::optional<double> eval_loss);
void set_tags(Database& database, const std::string& id, const std::vector<std::string>& tags);
void set_notes(Database& database, const std::string& id, const std::string& notes);
void set_starred(Database& database, const std::string& id, bool starred);
void set_trashed(Database& database, const std::string& id, bool trashed);
std::vector<TagCount> tags(Database& database);

std::vector<std::string> purge(Database& database, const std::string& id);
std::vector<std::string> purge_trash(Database& database);

}  // namespace catalog::adapter_table
