// SQL on the table of runs. Functions that write are part of a transaction of their caller or make their own.
#pragma once

#include "database.h"

#include <catalog/records.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::run_table {

RunRecord insert(Database& database, RunRecord run);
void update(Database& database, const std::string& id, const RunUpdate& update);
void remove(Database& database, const std::string& id);

bool exists(Database& database, const std::string& id);
RunRecord find(Database& database, std::string_view id_or_name);
std::vector<RunRecord> list(Database& database, const RunFilter& filter);

// In run_owner_table.cpp. take: this process holds the run from now on, in this state.
void take(Database& database, const std::string& id, RunState state);
bool claim(Database& database, const std::string& id);
std::optional<RunRecord> claim_next_queued(Database& database);
bool cancel_queued(Database& database, const std::string& id);
void order_queue(Database& database, const std::vector<std::string>& ids);

bool heartbeat(Database& database, const std::string& id);
std::vector<std::string> mark_interrupted(Database& database, double older_than_s);

}  // namespace catalog::run_table
